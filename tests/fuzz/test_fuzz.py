"""Whatever the bytes are: an article or a reject that its schema accepts, no exception, within the time limit."""

from __future__ import annotations

import json
import random
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas.encoding.decode import UndecodableError, decode
from schemas.page import Hints
from tests.fuzz.pages import ENCODINGS, hostile, seeds
from tests.fuzz.run import captured, check, spoiled
from workers.extraction.reading.document import EmptyPageError, parse

_few = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

#: Values as structured data may hold them, right and wrong.
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@id", "@graph", "@type", "@value", "name", "author", "headline", "url", "datePublished"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def test_hostile_pages() -> None:
    for name, body in hostile(scale=0.02):
        try:
            check(captured(body))
        except AssertionError as error:
            pytest.fail(f"{name}: {error}")


def test_spoiled_pages() -> None:
    pool = seeds()
    first = random.randrange(10**9)
    for seed in range(first, first + 60):
        try:
            check(spoiled(seed, pool))
        except AssertionError as error:
            pytest.fail(f"python -m tests.fuzz.run --corpus 0 --pages 1 --seed {seed}: {error}")


@_few
@given(st.binary(max_size=3000), st.sampled_from(["", *ENCODINGS]))
def test_any_bytes(body: bytes, charset: str) -> None:
    check(captured(body, f"text/html; charset={charset}" if charset else ""))


@settings(_few, max_examples=200)
@given(
    st.binary(max_size=500), st.none() | st.text(max_size=60) | st.sampled_from(ENCODINGS).map("a; charset=".__add__)
)
def test_decoding_gives_text_or_says_why_not(body: bytes, content_type: str | None) -> None:
    with suppress(UndecodableError):
        assert "\x00" not in decode(body, content_type)


@settings(_few, max_examples=100)
@given(st.text(max_size=300))
def test_parsing_gives_a_tree_or_says_that_there_is_none(text: str) -> None:
    with suppress(EmptyPageError, UndecodableError):
        etree.tostring(parse(captured(text.encode("utf-8", "replace"))).tree)


@_few
@given(_JSON)
def test_any_structured_data(value: object) -> None:
    said = json.dumps({"@type": "NewsArticle", "author": value, "headline": value, "image": value, "@graph": value})
    check(captured(f"<script type=application/ld+json>{said}</script><h1>A</h1><p>{'Words. ' * 40}".encode()))


@_few
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_hints(one: str, other: str) -> None:
    clean = (each.encode("utf-8", "replace").decode() for each in (one, other))
    title, date = clean
    hints = Hints(title=title, published=date, modified=title, language=date, tags=[title], authors=[date])
    check(captured(b"<p>" + b"The council decided to rebuild the bridge. " * 9, hints=hints))


def test_deep_markup_keeps_its_text() -> None:
    document = parse(captured(b"<html><body>" + b"<div>one " * 600 + b"the end"))
    assert str(document.tree.text_content()).count("one ") == 600
    depth, element = 0, document.tree
    while len(element):
        depth, element = depth + 1, element[-1]
    assert depth < 300
