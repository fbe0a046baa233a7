"""The changes between two revisions for people: in colour on a terminal, as [-old-]{+new+} elsewhere."""

from __future__ import annotations

import re

from rich.console import Console
from rich.text import Text

from schemas.text import one_line
from workers.feed.revisions import Change, Record, compare

#: The compared fields besides the text, in the order of the output.
_FIELDS = ("title", "standfirst", "authors")
_BREAK = re.compile(r"\n+")
#: Marks around removed and added words, as in wdiff.
_GONE = ("[-", "-]")
_NEW = ("{+", "+}")


def print_diff(console: Console, older: Record, newer: Record) -> None:
    """Print both revisions' numbers and times, each changed field, and the changed paragraphs of the text."""
    console.print(Text(one_line(newer["url"]), style="bold"), soft_wrap=True)
    for record in (older, newer):
        header = f"revision {record['revision']}: {record['event']}, fetched {record['fetched_at']}"
        console.print(Text(header), soft_wrap=True)
    changed = False
    for field in (*_FIELDS, "text"):
        changes = compare(_string(older[field]), _string(newer[field]))
        if all(change.same for change in changes):
            continue
        changed = True
        console.print()
        shown = _shown(changes, in_colour=console.is_terminal and not console.no_color)
        console.print(Text(f"{field}: ", style="bold") + shown if field != "text" else shown, soft_wrap=True)
    if not changed:
        console.print("\nNothing changed in title, standfirst, authors and text.")


def _string(value: str | list[dict[str, str]] | None) -> str:
    return ", ".join(author["name"] for author in value) if isinstance(value, list) else value or ""


def _shown(changes: list[Change], *, in_colour: bool) -> Text:
    shown = Text()
    for number, change in enumerate(changes):
        if change.same:
            shown.append(_shortened(change.before, first=number == 0, last=number == len(changes) - 1))
        else:
            for text, style, begin, end in (
                (change.before, "red strike", *_GONE),
                (change.after, "green underline", *_NEW),
            ):
                if text:
                    shown.append(text if in_colour else f"{begin}{text}{end}", style=style)
    return shown


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """Return an unchanged stretch of text without the paragraphs in the middle, which no change touches.

    `first` and `last` say that the stretch begins or ends the article.
    """
    paragraphs = _BREAK.split(text)
    if len(paragraphs) == 1:
        return text
    untouched = sum(map(bool, paragraphs[not first : len(paragraphs) if last else -1]))
    note = f"[{untouched} paragraph{'s' * (untouched > 1)} as before]"
    return "\n\n".join([*paragraphs[:1][first:], *[note][: untouched > 0], *paragraphs[-1:][last:]])
