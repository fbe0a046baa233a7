"""Records: strict, published as JSON Schema, with clean text."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.json_schema import RECORDS, json_schema, schema_text
from schemas.page import Page, pack, unpack
from schemas.reject import Reject
from schemas.source import source_for, sources_for
from schemas.text import Text, clean_text, one_line
from schemas.timestamp import now_utc


def _page(body: bytes = b"<p>x</p>") -> Page:
    return Page(
        page_id="p1",
        url="http://a.example/x",
        requested_url="http://a.example/x",
        status=200,
        headers={"content-type": "text/html"},
        body=body,
        fetched_at=now_utc(),
        source_id="a.example",
        source_name="a.example",
    )


@pytest.mark.parametrize("name", RECORDS)
def test_shipped_schema_is_the_models(name: str) -> None:
    schema = json_schema(name)
    assert json.loads(schema_text(name)) == schema, "run make schemas"
    jsonschema.Draft202012Validator.check_schema(schema)


@given(st.binary())
def test_a_page_survives_the_journey(body: bytes) -> None:
    page = _page(body)
    assert unpack(pack(page)) == page


@pytest.mark.parametrize("blob", [b"", b"not zstd", pack(_page())[:-3]])
def test_a_broken_blob_is_a_value_error(blob: bytes) -> None:
    with pytest.raises(ValueError, match="not a packed page"):
        unpack(blob)


def test_records_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ValidationError):
        Reject(page_id="p", url="u", source_id="s", fetched_at=now_utc(), reason="bored", detail=None)  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Reject(page_id="p", url="u", source_id="s", fetched_at=now_utc(), reason="empty", detail="", more=1)  # type: ignore[call-arg]


CLEANED = [
    ("soft hyphen", "Zu\u00adsam\u00admen", "Zusammen"),
    ("zero-width space", "a\u200bb", "ab"),
    ("byte order mark", "\ufeffa", "a"),
    ("NUL and controls", "a\x00b\x07c", "abc"),
    ("decomposed", "e\u0301", "é"),
    ("line breaks", "a\r\nb\rc\u2028d", "a\nb\nc\nd"),
    ("bidi marks", "\u202aabc\u202c", "abc"),
    ("Persian keeps its joiner", "می\u200cشود", "می\u200cشود"),
    ("a joiner in Latin text goes", "ab\u200ccd", "abcd"),
    ("a family stays one", "👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ("lone surrogates", "a\ud800b", "ab"),
]


@pytest.mark.parametrize(("text", "cleaned"), [row[1:] for row in CLEANED], ids=[row[0] for row in CLEANED])
def test_clean_text(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@given(st.text())
def test_cleaned_text_is_accepted(text: str) -> None:
    adapter = TypeAdapter(Text)
    adapter.validate_python(clean_text(text))
    assert "\n" not in one_line(text)
    adapter.validate_python(one_line(text))


def test_sources_of_urls() -> None:
    sources = sources_for(
        ["https://www.a.example/", "https://a.example/sport", "http://b.example:8080", "http://B.example:8080"]
    )
    assert [(s.id, s.home, s.sections) for s in sources] == [
        ("a.example", "https://www.a.example/", ["https://a.example/sport"]),
        ("b.example-8080", "http://b.example:8080", []),
    ]


@pytest.mark.parametrize("url", ["a.example", "ftp://a.example", "http://", "http://[", "http://a.example:port/"])
def test_no_source(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        source_for(url)
