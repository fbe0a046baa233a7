"""Why the body came out as it did: every block, kept or removed, with kind, score and reason; for people.

What a page says is shown as text and never obeyed: control characters are gone (schemas/text.py), rich markup and HTML
are escaped, and the HTML page may load and run nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rich.style import Style
from rich.table import Table
from rich.text import Text

from schemas.text import one_line
from workers.extraction.body.select_blocks import DecidedBlock
from workers.extraction.draft import Draft

#: Characters of a block that the terminal shows; the HTML page shows all.
_SHOWN = 160
_KEPT = Style(color="green")
_REMOVED = Style(color="red")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 Georgia, serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }}
h1 {{ font-size: 1.4em; }}
p.sum {{ color: #555; font: 14px/1.5 system-ui, sans-serif; }}
div.b {{ display: grid; grid-template-columns: 13em 1fr; gap: 1em; padding: .35em .6em; }}
div.b {{ border-left: 4px solid; margin: 2px 0; }}
div.kept {{ border-color: #2e7d32; background: #f0f7f0; }}
div.removed {{ border-color: #c62828; background: #fbeeee; color: #5d4444; }}
div.far {{ border-color: #ccc; color: #888; font-size: .8em; }}
div.b > span:first-child {{ font: 12px/1.5 system-ui, sans-serif; }}
div.b > span:last-child {{ overflow-wrap: anywhere; }}
b {{ display: block; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p class="sum">{summary}</p>
{blocks}
</body>
</html>
"""


def explain_table(draft: Draft) -> Table:
    """The blocks of the page as a table for a terminal; blocks far from the article are left out."""
    table = Table(title=Text(_title(draft)), caption=Text(_summary(draft)), expand=True)
    table.add_column("", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("why", ratio=2)
    table.add_column("text", ratio=5)
    for one in draft.body.decided:
        if not one.kept and one.kind is None:
            continue
        text = one.text if len(one.text) <= _SHOWN else one.text[:_SHOWN] + "…"
        table.add_row(
            Text("kept" if one.kept else "removed"),
            Text(one.kind or ""),
            Text(f"{one.score:.2f}"),
            Text(one_line(one.reason)),
            Text(one_line(text)),
            style=_KEPT if one.kept else _REMOVED,
        )
    return table


def explain_html(draft: Draft) -> str:
    """The blocks of the page, in its order, as one HTML page that needs nothing else."""
    return _PAGE.format(
        title=escape(_title(draft)), summary=escape(_summary(draft)), blocks="\n".join(_rows(draft.body.decided))
    )


def _rows(decided: list[DecidedBlock]) -> Iterator[str]:
    for one in decided:
        state = "kept" if one.kept else "removed" if one.kind else "far"
        what = "kept" if one.kept else f"removed: {one.kind}" if one.kind else "far from the article"
        yield (
            f'<div class="b {state}"><span><b>{escape(what)}</b>{one.score:.2f} · {escape(one_line(one.reason))}</span>'
            f"<span>{escape(one_line(one.text))}</span></div>"
        )


def _title(draft: Draft) -> str:
    return one_line(draft.metadata.title.value) if draft.metadata.title else "A page without a headline"


def _summary(draft: Draft) -> str:
    body = draft.body
    kept = sum(one.kept for one in body.decided)
    removed = ", ".join(f"{count} {kind}" for kind, count in sorted(body.removed.items())) or "nothing"
    flags = f"; flags: {', '.join(body.flags)}" if body.flags else ""
    return f"{body.page_class}, confidence {body.confidence:.2f}: {kept} blocks kept; removed: {removed}{flags}"
