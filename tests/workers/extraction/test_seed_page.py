"""The seed article as the page of a WordPress site: the same article as from its plain text."""

from __future__ import annotations

from pathlib import Path

from newsline.extract.corpus import clean_plain
from newsline.extract.manifest import page_from_bytes
from tests.sites.catalog import load
from workers.extraction.extract import extract


def test_the_seed_as_a_page(shared: Path) -> None:
    seed = clean_plain((shared / "seed" / "article.txt").read_text(encoding="utf-8"))
    site = load("ledger")
    path = next(path for path in site if "mexic" in path)
    body = site.page(path).body
    html = (body if isinstance(body, bytes) else body.encode()).replace(b"{{base}}", b"https://ledger.example")
    draft = extract(page_from_bytes(html, f"https://ledger.example{path}"))
    assert draft.body.text == seed["text"]
    assert draft.body.text.startswith("Mexican President Claudia Sheinbaum has publicly declined")
    assert draft.metadata.title
    assert draft.metadata.title.value == seed["title"]
    assert draft.metadata.standfirst
    assert draft.metadata.standfirst.value == seed["standfirst"]
    assert [block.kind for block in draft.body.blocks].count("heading") == 5
    assert draft.body.removed["credit"] == 1
    assert draft.body.removed["postal_address"] == 2
    assert draft.metadata.wire
    assert draft.metadata.wire.value == "ap"
