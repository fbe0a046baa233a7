"""A site with a memory is read by its template: the same text, without standing lines, in any order of pages."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from redis import Redis

from newsline.extract.manifest import page_from_bytes
from schemas.store.identity import article_id
from schemas.store.keys import site_key
from schemas.urls.url_key import url_key
from tests.series.site import SERIES, Series
from workers.extraction.body.article_body import Body
from workers.extraction.body.template import BY_TEMPLATE
from workers.extraction.extract import extract
from workers.extraction.site_memory import Note, learn
from workers.pages.sites import Sites

HARBOR = SERIES[0]
_BATCH = 5


def _visit(redis: Redis, series: Series, numbers: Iterable[int], change: Callable[[str], str] = str) -> dict[int, Body]:
    """Extract the pages `numbers` in this order, in batches, as workers do; `change` alters each page's markup."""
    bodies: dict[int, Body] = {}
    pages = list(numbers)
    for start in range(0, len(pages), _BATCH):
        sites = Sites(redis)
        for number in pages[start : start + _BATCH]:
            url = series.url(number)
            draft = extract(page_from_bytes(change(series.html(number)).encode(), url), site=sites.of(url))
            if draft.trace:
                sites.note(url, article_id(url_key(url)), draft.trace)
            bodies[number] = draft.body
        sites.keep()
    return bodies


def _by_template(body: Body) -> bool:
    return any(decision.reason == BY_TEMPLATE for decision in body.decided)


def _paragraphs(body: Body) -> list[str]:
    return body.text.split("\n\n")


@pytest.mark.parametrize("series", SERIES, ids=lambda series: series.name)
def test_a_known_site_gives_the_story_alone(valkey: Redis, series: Series) -> None:
    bodies = _visit(valkey, series, range(60))
    cold = _paragraphs(bodies[0])
    assert set(series.standing) <= set(cold), "one page alone must not tell, or this test shows nothing"
    later = {number: body for number, body in bodies.items() if number >= 20}
    assert {number for number, body in later.items() if _paragraphs(body) != series.story(number)} == set()
    assert {body.removed["site_repeat"] for body in later.values()} == {len(series.standing)}
    assert sum(map(_by_template, later.values())) > 0.8 * len(later)


@pytest.mark.parametrize("series", SERIES, ids=lambda series: series.name)
def test_once_warm_the_order_of_the_pages_does_not_matter(valkey: Redis, series: Series) -> None:
    texts = []
    for seed in (1, 2):
        valkey.flushall()
        order = list(range(30))
        random.Random(seed).shuffle(order)
        _visit(valkey, series, order)
        later = list(range(30, 55))
        random.Random(seed).shuffle(later)
        texts.append({number: body.text for number, body in _visit(valkey, series, later).items()})
    assert texts[0] == texts[1]


def test_another_template_is_noticed_and_learned(valkey: Redis) -> None:
    _visit(valkey, HARBOR, range(30))

    def redesign(markup: str) -> str:
        return markup.replace("entry-content", "story-body").replace("site-content", "page")

    bodies = _visit(valkey, HARBOR, range(30, 70), redesign)
    assert not any(_by_template(bodies[number]) for number in range(30, 35))
    for number, body in bodies.items():
        assert _paragraphs(body) == HARBOR.story(number)
    assert any(_by_template(bodies[number]) for number in range(45, 70))


def test_text_that_moves_out_of_its_box_is_not_lost(valkey: Redis) -> None:
    _visit(valkey, HARBOR, range(30))

    def two_boxes(markup: str) -> str:
        """Put the second half of each story into a box of its own, after the known box."""
        head, text, tail = markup.partition("<p>The Harbor Gazette tells")
        paragraphs = (text + tail).split("</p>\n")
        half = "</p>\n".join(paragraphs[:3]) + '</p>\n</div>\n<div class="continued">\n' + "</p>\n".join(paragraphs[3:])
        return head + half

    for number, body in _visit(valkey, HARBOR, range(30, 50), two_boxes).items():
        alone = extract(page_from_bytes(two_boxes(HARBOR.html(number)).encode(), HARBOR.url(number))).body
        assert not _by_template(body)
        assert _paragraphs(body) == [text for text in _paragraphs(alone) if text not in HARBOR.standing]


def test_a_new_standing_text_is_gone_when_enough_pages_show_it(valkey: Redis) -> None:
    advert = (
        "Do you like what you read here? Every week we write a letter to our readers, with the best of the coast, and "
        "it costs nothing. Leave us your address at the ferry hall and we will send it to you on Friday."
    )
    _visit(valkey, HARBOR, range(30))

    def with_advert(markup: str) -> str:
        return markup.replace('<div class="widget related">', f'<p>{advert}</p><div class="widget related">')

    bodies = _visit(valkey, HARBOR, range(30, 60), with_advert)
    assert advert in bodies[30].text, "one page alone must not tell, or this test shows nothing"
    for number, body in bodies.items():
        assert _paragraphs(body) in (HARBOR.story(number), [*HARBOR.story(number), advert])
        assert number < 50 or advert not in body.text


def test_a_line_that_a_rule_takes_out_may_be_in_two_minds_before(valkey: Redis) -> None:
    notice = (
        "Please follow us on Facebook and subscribe to our newsletter, so that you get the best of our stories "
        "about the harbor every week in your inbox."
    )

    def with_notice(markup: str) -> str:
        return markup.replace('<div class="widget related">', f'<p>{notice}</p><div class="widget related">')

    traces = []
    for number in range(30):
        page = page_from_bytes(with_notice(HARBOR.html(number)).encode(), HARBOR.url(number))
        trace = extract(page).trace
        assert trace
        by_rule, by_model = Note.RULED_LINE.note(notice.casefold()), Note.CUT_LINE.note(notice.casefold())
        assert by_rule in trace.notes, "the model must keep it, or this test shows nothing"
        # a site on which the model keeps the line on some pages and leaves it out on others
        notes = [by_model if number % 3 and note == by_rule else note for note in trace.notes]
        traces.append(replace(trace, notes=tuple(notes)))
    site = learn(traces)
    for number in range(30, 40):
        page = page_from_bytes(with_notice(HARBOR.html(number)).encode(), HARBOR.url(number))
        body = extract(page, site=site).body
        assert _by_template(body)
        assert _paragraphs(body) == HARBOR.story(number)


def test_what_pages_note_is_bounded(valkey: Redis) -> None:
    _visit(valkey, HARBOR, range(60))
    [key] = valkey.keys(site_key("harbor.example", 0)[:-1] + "*")
    assert 0 < int(str(valkey.memory_usage(key))) < 64 * 1024
    long = HARBOR.html(1).replace("<p>The Harbor", "".join(f"<p>Line {n} of all the lines.</p>" for n in range(2000)))
    assert len(extract(page_from_bytes(long.encode(), HARBOR.url(1))).body.notes) <= 256


def test_a_site_that_is_not_known_changes_nothing() -> None:
    page = page_from_bytes(HARBOR.html(1).encode(), HARBOR.url(1))
    alone = extract(page)
    assert alone.trace
    too_few = learn([alone.trace] * 3)
    assert extract(page, site=too_few).body.text == alone.body.text
