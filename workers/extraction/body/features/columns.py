"""The shape in which every group gives its features, and how tags become numbers in all of them."""

from __future__ import annotations

from collections.abc import Sequence

#: A feature's name and its value for each candidate.
Columns = dict[str, Sequence[float]]

#: Tags that are alike have one number.
TAGS = {
    tag: number
    for number, names in enumerate(
        (
            "p",
            "div",
            "li",
            "h1",
            "h2",
            "h3",
            "h4 h5 h6",
            "td tr th",
            "figcaption",
            "blockquote",
            "span a",
            "dt dd",
            "section article",
            "header",
            "time",
            "pre code",
        )
    )
    for tag in names.split()
}
OTHER_TAG = 20
