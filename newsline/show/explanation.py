"""The explanation of an article's body for people: every block, kept or removed, with kind, score and reason.

Texts of a page are shown and never obeyed: control characters are removed (schemas/text.py), rich markup and HTML are
escaped, and the HTML page may load and run nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rich.style import Style
from rich.table import Table
from rich.text import Text

from newsline.show.safe_text import safe_text
from schemas.text import one_line
from workers.extraction.body.select_blocks import DecidedBlock
from workers.extraction.draft import Draft

#: Most characters of a block on the terminal. The HTML page shows all characters.
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
    """Return a table of the page's blocks for a terminal, without blocks far from the article."""
    table = Table(title=Text(_title(draft)), caption=Text(_summary(draft)), expand=True)
    table.add_column("", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("why", ratio=2)
    table.add_column("text", ratio=5)
    for block in draft.body.decided:
        if not block.kept and block.kind is None:
            continue
        text = block.text if len(block.text) <= _SHOWN else block.text[:_SHOWN] + "…"
        table.add_row(
            "kept" if block.kept else "removed",
            safe_text(block.kind or ""),
            f"{block.score:.2f}",
            safe_text(block.reason),
            safe_text(text),
            style=_KEPT if block.kept else _REMOVED,
        )
    return table


def explain_html(draft: Draft) -> str:
    """Return an HTML page of the page's blocks, in order. The HTML page needs no other files."""
    return _PAGE.format(
        title=escape(_title(draft)), summary=escape(_summary(draft)), blocks="\n".join(_rows(draft.body.decided))
    )


def _rows(decided: list[DecidedBlock]) -> Iterator[str]:
    for block in decided:
        state = "kept" if block.kept else "removed" if block.kind else "far"
        label = "kept" if block.kept else f"removed: {block.kind}" if block.kind else "far from the article"
        reason = escape(one_line(block.reason))
        yield (
            f'<div class="b {state}"><span><b>{escape(label)}</b>{block.score:.2f} · {reason}</span>'
            f"<span>{escape(one_line(block.text))}</span></div>"
        )


def _title(draft: Draft) -> str:
    return one_line(draft.metadata.title.value) if draft.metadata.title else "A page without a headline"


def _summary(draft: Draft) -> str:
    body = draft.body
    kept = sum(block.kept for block in body.decided)
    removed = ", ".join(f"{count} {kind}" for kind, count in sorted(body.removed.items())) or "nothing"
    flags = f"; flags: {', '.join(body.flags)}" if body.flags else ""
    return f"{body.page_class}, confidence {body.confidence:.2f}: {kept} blocks kept; removed: {removed}{flags}"
