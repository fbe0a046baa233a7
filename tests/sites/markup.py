"""The few signs in which the bundled articles are written, turned into HTML.

Blocks are parted by empty lines: `## ` begins a heading, `> ` a quotation, `- ` each line of a list, `%%name` stands
for a part of the site's templates, and what begins with `<` is HTML already. Everything else is a paragraph; inline
HTML may stand in all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

#: How a site writes its paragraphs: in `<p>`, in `<div>`, or as bare text parted by `<br><br>`.
Paragraphs = Literal["p", "div", "br"]


def to_html(text: str, part: Callable[[str], str], paragraphs: Paragraphs = "p") -> str:
    """The blocks of `text` as HTML; `part` renders a part of the templates by its name."""
    return "\n".join(_block(block, part, paragraphs) for block in text.strip().split("\n\n"))


def _block(block: str, part: Callable[[str], str], paragraphs: Paragraphs) -> str:
    if block.startswith("%%"):
        return part(block.removeprefix("%%"))
    if block.startswith("<"):
        return block
    if block.startswith("## "):
        return f"<h2>{block.removeprefix('## ')}</h2>"
    if block.startswith("> "):
        return f"<blockquote><p>{block.removeprefix('> ')}</p></blockquote>"
    if block.startswith("- "):
        items = "".join(f"<li>{line.removeprefix('- ')}</li>" for line in block.splitlines())
        return f"<ul>{items}</ul>"
    return f"{block}<br><br>" if paragraphs == "br" else f"<{paragraphs}>{block}</{paragraphs}>"
