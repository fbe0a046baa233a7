"""What a person sees of the changes between two revisions: in colour on a terminal, as [-old-]{+new+} elsewhere."""

from __future__ import annotations

import re

from rich.console import Console
from rich.text import Text

from schemas.text import one_line
from workers.feed.revisions import Change, Record, compare

#: Fields that are compared before the text, with what makes a string of them.
_FIELDS = ("title", "standfirst", "authors")
_BREAK = re.compile(r"\n+")
#: Marks of what changed, as wdiff has them.
_GONE = ("[-", "-]")
_NEW = ("{+", "+}")


def print_diff(console: Console, before: Record, after: Record) -> None:
    """Print which revisions these are, and each field that changed; of the text, the paragraphs that did."""
    console.print(Text(one_line(after["url"]), style="bold"), soft_wrap=True)
    for record in (before, after):
        said = f"revision {record['revision']}: {record['event']}, fetched {record['fetched_at']}"
        console.print(Text(said), soft_wrap=True)
    changed = False
    for field in (*_FIELDS, "text"):
        changes = compare(_string(before[field]), _string(after[field]))
        if all(each.same for each in changes):
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
    for number, each in enumerate(changes):
        if each.same:
            shown.append(_shortened(each.before, first=number == 0, last=number == len(changes) - 1))
        else:
            for text, style, begin, end in (
                (each.before, "red strike", *_GONE),
                (each.after, "green underline", *_NEW),
            ):
                if text:
                    shown.append(text if in_colour else f"{begin}{text}{end}", style=style)
    return shown


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """`text`, in which nothing changed, without the paragraphs that no change touches; `first` and `last` of all."""
    paragraphs = _BREAK.split(text)
    if len(paragraphs) == 1:
        return text
    untouched = sum(map(bool, paragraphs[not first : len(paragraphs) if last else -1]))
    note = f"[{untouched} paragraph{'s' * (untouched > 1)} as before]"
    return "\n\n".join([*paragraphs[:1][first:], *[note][: untouched > 0], *paragraphs[-1:][last:]])
