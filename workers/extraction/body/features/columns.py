"""The shape of each group's features, and the numbers of tags in all groups."""

from __future__ import annotations

from collections.abc import Sequence

#: The name of a feature, and the value of each candidate.
Columns = dict[str, Sequence[float]]

#: Similar tags share a number.
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
