"""Postal addresses of publishers, from forty countries, in every layout, before and after a story: none stays in it.

And the same addresses in a sentence, which stays. The addresses are data (tests/fixtures/addresses.toml); the stories
around them are those of the fixture pages.
"""

import json
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from schemas.page import Hints
from workers.extraction.body.article_body import Body
from workers.extraction.body.extract_body import extract_body
from workers.extraction.metadata import extract_metadata
from workers.extraction.reading.document import parse_html

FIXTURES = Path(__file__).parents[2] / "fixtures"
ADDRESSES = tomllib.loads((FIXTURES / "addresses.toml").read_text(encoding="utf-8"))
#: Fixture pages whose story is told around the addresses of countries; English elsewhere.
STORIES = {
    "address-label-de": ("de", "at", "ch"),
    "address-one-line-a-paragraph-fr": ("fr", "be"),
    "address-before-es": ("es", "mx", "ar"),
    "address-pt": ("pt", "br"),
    "address-it": ("it",),
    "address-pl": ("pl",),
    "address-ru": ("ru", "ua"),
    "address-ar": ("eg", "ir"),
    "address-he": ("il",),
    "address-ja": ("jp",),
    "address-zh": ("cn", "tw"),
    "address-th": ("th",),
}

#: Where a line of bare spans, nothing but a space between name, street and place, is not understood yet.
RUN_TOGETHER = ("nz", "za", "at", "be", "dk", "hu", "ru", "ua", "ir", "tw", "ng")

Layout = Callable[[list[str]], str]
LAYOUTS: dict[str, Layout] = {
    "one line": lambda lines: f"<p>{', '.join(lines)}</p>",
    "br": lambda lines: f"<p>{'<br>'.join(lines)}</p>",
    "paragraphs": lambda lines: "".join(f"<p>{line}</p>" for line in lines),
    "divs": lambda lines: "<div>" + "".join(f"<div>{line}</div>" for line in lines) + "</div>",
    "spans": lambda lines: "<div>" + " ".join(f"<span>{line}</span>" for line in lines) + "</div>",
    "bare text": lambda lines: "<br>".join(lines),
    "list": lambda lines: "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>",
    "bold name": lambda lines: f"<div><b>{lines[0]}</b><br>{'<br>'.join(lines[1:])}</div>",
}


@cache
def story(country: str) -> tuple[str, list[str]]:
    """The headline and the paragraphs of the story that an address of `country` is put beside."""
    name = next((name for name, countries in STORIES.items() if country in countries), "address-after-lines-en")
    page = (FIXTURES / "body" / name / "page.html").read_text(encoding="utf-8")
    headline = page.partition("<h1>")[2].partition("</h1>")[0]
    return headline, json.loads((FIXTURES / "body" / name / "expected.json").read_text(encoding="utf-8"))["text"]


def extracted(headline: str, inside: str) -> Body:
    markup = (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{headline} | The Example</title>'
        f'<meta property="og:type" content="article"></head><body><header><a href="/">The Example</a></header>'
        f'<main><article><h1>{headline}</h1>{inside}</article></main><footer><a href="/about">About</a></footer>'
        "</body></html>"
    )
    document = parse_html(markup, url="https://news.example/2026/03/pool", headers={}, hints=Hints(), size=len(markup))
    return extract_body(document, extract_metadata(document))


def with_label(lines: list[str], label: str, layout: str) -> list[str]:
    return [f"{label}: {lines[0]}", *lines[1:]] if layout == "one line" else [f"{label}:", *lines]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("country", ADDRESSES)
def test_an_address_beside_the_story_is_taken_out(country: str, layout: str) -> None:
    address = ADDRESSES[country]
    headline, paragraphs = story(country)
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    wrong = []
    known = layout == "spans" and country in RUN_TOGETHER
    for labelled in (True,) if known else (True, False):
        lines = with_label(address["lines"], address["label"], layout) if labelled else address["lines"]
        block = LAYOUTS[layout](lines)
        for place, inside in (("before", block + text), ("after", text + block)):
            body = extracted(headline, inside)
            if body.text.split("\n\n") != paragraphs or not body.removed["postal_address"]:
                extra = [each for each in body.text.split("\n\n") if each not in paragraphs]
                wrong.append((place, "labelled" if labelled else "bare", extra, dict(body.removed)))
    assert not wrong


@pytest.mark.parametrize("country", ADDRESSES)
def test_an_address_in_a_sentence_stays(country: str) -> None:
    headline, paragraphs = story(country)
    for at in (0, 2, len(paragraphs)):
        told = [*paragraphs[:at], ADDRESSES[country]["sentence"], *paragraphs[at:]]
        body = extracted(headline, "".join(f"<p>{paragraph}</p>" for paragraph in told))
        assert body.text.split("\n\n") == told
