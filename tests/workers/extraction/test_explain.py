"""Explanations show what a page says, and never obey it."""

import io
import re

from rich.console import Console

from newsline.show.explanation import explain_html, explain_table
from schemas.encoding.decode import decode
from schemas.page import Hints
from workers.extraction.body.extract_body import extract_body
from workers.extraction.draft import Draft
from workers.extraction.metadata import extract_metadata
from workers.extraction.reading.document import parse_html

HOSTILE = (
    "A line with <script>alert(1)</script> [red]markup[/red] \x1b[31m and an escape, "
    "longer than eighty characters so that it counts."
)


def draft() -> Draft:
    text = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
    paragraphs = "".join(f"<p>{text} {number} times over.</p>" for number in ("One", "Two", "Three"))
    markup = f"<html><body><main><h1>On escapes in pages</h1>{paragraphs}<div>Advertisement</div></main></body></html>"
    document = parse_html(
        decode(markup.encode(), None), url="https://news.example/a/b-c-d", headers={}, hints=Hints(), size=len(markup)
    )
    metadata = extract_metadata(document)
    return Draft(metadata=metadata, body=extract_body(document, metadata))


def test_the_html_page_shows_every_block_and_runs_nothing() -> None:
    page = explain_html(draft())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "\x1b" not in page
    assert "default-src 'none'" in page
    assert 'class="b kept"' in page
    assert 'class="b removed"' in page


def test_the_table_shows_kept_and_removed_without_escapes_of_the_page() -> None:
    out = io.StringIO()
    Console(file=out, width=160, force_terminal=True).print(explain_table(draft()))
    shown = out.getvalue()
    bare = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "kept" in bare
    assert "[red]markup[/red]" in re.sub(r"\s+", " ", bare)
    assert "\x1b[31m and" not in shown
