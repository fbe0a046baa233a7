"""The text that a page states in JSON-LD."""

import pytest

from tests.workers.extraction.test_body import document_of
from workers.extraction.body.head_texts import read_head_texts
from workers.extraction.fields.found import Metadata

LONG = "The council votes on the pool next week. " * 6


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        (r"One\ttwo\nthree", "One two\nthree"),
        (r"Tom &amp; Ann&#8217;s &lt;em&gt;pool&lt;/em&gt;", "Tom & Ann’s \npool\n"),
        (r"She said \"no\" \/ \u201eno\u201c", 'She said "no" / „no“'),
        (r"Well done \ud83d\ude00, \ud83d", "Well done 😀, "),
    ],
)
def test_escapes_and_entities(stated: str, read: str) -> None:
    script = f'<script type="application/ld+json">{{"articleBody": "{stated} {LONG}"}}</script>'
    document = document_of(f"<html><head>{script}</head><body><p>x</p></body></html>")
    assert read_head_texts(document, Metadata()).article_body == f"{read} {LONG}"
