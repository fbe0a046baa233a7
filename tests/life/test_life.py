"""An article's life on a demo site, from the first line to the last: exactly the right events, revisions and ids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from schemas.article import Article
from schemas.store.books import read_books
from schemas.store.visits import next_visit
from tests.life.newsroom import Newsroom
from tests.sites.catalog import expected, load
from tests.sites.server import serve

#: Each looks at the site up to eight times, and reads all of its pages: a busy machine needs minutes for that.
pytestmark = pytest.mark.timeout(600)

FERRY = "/2025/10/14/harbor-ferry-returns-after-two-years/"
BAKERY = "/2025/10/02/bakery-fire-on-mill-street/"


@pytest.fixture(params=["once", "twice"])
def room(request: pytest.FixtureRequest, valkey: Redis, valkey_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    site = load("ledger")
    with serve(site) as served:
        yield Newsroom(valkey, valkey_url, served, site, tmp_path, twice=request.param == "twice")


def _told(lines: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Of each line the path of the URL, the event and the revision."""
    for line in lines:
        Article.model_validate(line)
    return sorted(("/" + line["url"].split("/", 3)[3], line["event"], line["revision"]) for line in lines)


def test_edits_and_what_is_none(room: Newsroom) -> None:
    first = room.look(0)
    ids = {line["url_key"].removeprefix(room.site.base): line["id"] for line in first}
    assert set(ids) == {article.path for article in expected("ledger").articles}
    assert {(line["event"], line["revision"]) for line in first} == {("new", 1)}

    assert room.look(5) == [] and room.answered(FERRY) == [], "not due yet"

    assert room.look() == [], "nothing has changed"
    assert room.answered(FERRY) == [304] and room.pages == [], "and that cost no page job"

    room.edit(FERRY, "carrying 61 passengers", "carrying 64 passengers")
    [update] = room.look()
    assert _told([update]) == [(FERRY, "update", 2)]
    assert update["id"] == ids[FERRY] and "carrying 64 passengers" in update["text"]

    room.edit(BAKERY, "Fire Guts Bakery on Mill Street", "Fire Destroys Bakery on Mill Street")
    [update] = room.look()
    assert _told([update]) == [(BAKERY, "update", 2)]
    assert update["title"].startswith("Fire Destroys Bakery")

    room.edit(BAKERY, "<em>Related</em></h3><ul>", "<em>Related</em></h3><ul><li>A new one</li>")
    room.edit(FERRY, "2025-10-14T16:10:00-04:00", "2025-10-15T09:00:00-04:00")
    room.edit(FERRY, "</p>", "</p>\n\n")
    room.edit(BAKERY, "Share this:", "Share this: 1,204 shares")
    room.edit(BAKERY, '<div class="entry-content">', '<div class="entry-content"><div class="ad">Advertisement</div>')
    room.edit(FERRY, '<article class="post ', '<article data-build="77" class="post sticky ')
    assert room.look() == [], "related links, dateModified, white space, counters, ads and markup are no change"
    assert room.answered(FERRY) == [200] == room.answered(BAKERY)
    books = read_books(room.redis, "ledger")
    assert (books.emitted, books.updated) == (len(ids), 2)


def test_a_correction(room: Newsroom) -> None:
    room.look(0)
    notice = "An earlier version of this article gave the number of passengers as 61."
    footer = '<footer class="entry-footer">'
    room.edit(FERRY, "carrying 61 passengers", "carrying 64 passengers")
    room.edit(FERRY, footer, f"<p><em>Correction, Oct. 15: {notice}</em></p>{footer}")
    [update] = room.look()
    assert _told([update]) == [(FERRY, "update", 2)]
    assert "correction" in update["extraction"]["flags"] and notice not in update["text"]
    room.edit(FERRY, notice, f"{notice} We regret the error.")
    assert room.look() == [], "a notice is no text"


def test_gone_and_back_again(room: Newsroom) -> None:
    [ferry] = [line for line in room.look(0) if line["url"].endswith(FERRY)]
    page = room.article_page(FERRY)

    room.site.publish(FERRY, "", status=503)
    assert room.look(retry_times=0) == [], "what may pass says nothing"

    room.site.withdraw(FERRY, status=410)
    assert room.look() == [], "once may be a mistake"
    room.site.publish(FERRY, "", status=503)
    assert room.look(retry_times=0) == []
    room.site.withdraw(FERRY, status=404)
    [gone] = room.look()
    assert _told([gone]) == [(FERRY, "withdrawn", 2)]
    assert (gone["id"], gone["title"], gone["text"], gone["blocks"]) == (ferry["id"], ferry["title"], "", [])
    assert gone["extraction"]["flags"] == ["gone"]
    assert room.look() == [], "that is said once"

    room.site.publish(FERRY, page)
    [back] = room.look()
    assert _told([back]) == [(FERRY, "update", 3)]
    assert (back["id"], back["content_hash"]) == (ferry["id"], ferry["content_hash"])
    assert room.look() == []


def test_led_away_to_the_home_page_and_a_section(room: Newsroom) -> None:
    room.look(0)
    room.site.redirect(FERRY, "/", status=302)
    room.site.redirect(BAKERY, "/category/local/")
    assert _told(room.look()) == sorted([(BAKERY, "withdrawn", 2), (FERRY, "withdrawn", 2)])
    assert room.look() == []


def test_moved_and_edited_at_the_new_address(room: Newsroom) -> None:
    [ferry] = [line for line in room.look(0) if line["url"].endswith(FERRY)]
    moved = "/2025/10/harbor-ferry-is-back/"
    room.site.publish(moved, room.article_page(FERRY))
    room.edit(moved, f"{{{{base}}}}{FERRY}", f"{{{{base}}}}{moved}")
    room.site.redirect(FERRY, moved)
    room.edit("/feed/", FERRY, moved)
    room.edit("/", FERRY, moved)
    assert room.look() == [], "an address is no text"
    assert [reject["reason"] for reject in room.rejects if moved in reject["url"]] == ["duplicate"]

    room.edit(moved, "eleven bicycles", "twelve bicycles")
    [update] = room.look()
    assert _told([update]) == [(moved, "update", 2)]
    assert (update["id"], update["url_key"]) == (ferry["id"], ferry["url_key"])
    assert room.answered(FERRY) == [], "it is visited where it is now"

    room.site.withdraw(moved, status=410)
    room.look()
    assert _told(room.look()) == [(moved, "withdrawn", 3)]


def test_moved_and_found_by_a_listing_before_its_visit(room: Newsroom) -> None:
    [ferry] = [line for line in room.look(0) if line["url"].endswith(FERRY)]
    moved = "/2025/10/harbor-ferry-is-back/"
    room.site.publish(moved, room.article_page(FERRY))
    room.edit(moved, f"{{{{base}}}}{FERRY}", f"{{{{base}}}}{moved}")
    room.site.redirect(FERRY, moved)
    room.edit("/feed/", FERRY, moved)
    room.edit("/", FERRY, moved)
    assert room.look(0.1) == [], "it is the same title and text"
    assert room.answered(FERRY) == [], "not due yet"
    [duplicate] = [reject for reject in room.rejects if moved in reject["url"]]
    assert duplicate["reason"] == "duplicate" and ferry["id"] in duplicate["detail"]

    room.edit(moved, "eleven bicycles", "twelve bicycles")
    [update] = room.look()
    assert _told([update]) == [(moved, "update", 2)]
    assert (update["id"], update["url_key"]) == (ferry["id"], ferry["url_key"])


def test_a_new_canonical_address_and_a_twin(room: Newsroom) -> None:
    [ferry] = [line for line in room.look(0) if line["url"].endswith(FERRY)]
    new = "/local/abigail-thorne-returns-to-gull-neck/"
    room.site.publish(new, room.article_page(FERRY))
    for path in (FERRY, new):
        room.edit(
            path, f'<link rel="canonical" href="{{{{base}}}}{FERRY}"', f'<link rel="canonical" href="{{{{base}}}}{new}"'
        )
        room.edit(path, "eleven bicycles", "twelve bicycles")
    [update] = room.look()
    assert (update["id"], update["event"], update["revision"]) == (ferry["id"], "update", 2)
    assert update["url"].endswith(new) and update["url_key"] == ferry["url_key"]

    twin = "/2025/10/14/harbor-ferry-returns-after-two-years/amp/"
    room.site.publish(twin, room.article_page(new))
    short = "/node/4711-harbor-ferry-returns-after-years/"
    room.site.publish(short, room.article_page(new))
    room.edit(
        "/feed/",
        "</channel>",
        f"<item><link>{{{{base}}}}{twin}</link></item><item><link>{{{{base}}}}{short}</link></item></channel>",
    )
    assert room.look() == [], "twins are one article"


def test_a_canonical_address_that_flips(room: Newsroom) -> None:
    [ferry] = [line for line in room.look(0) if line["url"].endswith(FERRY)]
    other = "/local/abigail-thorne-returns-to-gull-neck/"
    room.site.publish(other, room.article_page(FERRY))
    link = '<link rel="canonical" href="{{base}}%s"'
    for before, after in ((FERRY, other), (other, FERRY), (FERRY, other)):
        for path in (FERRY, other):
            room.edit(path, link % before, link % after)
        assert room.look() == [], "an address is no text"
    for path in (FERRY, other):
        room.edit(path, "eleven bicycles", "twelve bicycles")
    [update] = room.look()
    assert (update["id"], update["revision"], update["url_key"]) == (ferry["id"], 2, ferry["url_key"])


def test_redirects_in_a_circle_say_nothing(room: Newsroom) -> None:
    [ferry] = [line for line in room.look(0) if line["url"].endswith(FERRY)]
    page, other = room.article_page(FERRY), "/2025/10/harbor-ferry-is-back/"
    room.site.redirect(FERRY, other)
    room.site.redirect(other, FERRY)
    for _ in range(3):
        assert room.look() == []
    room.site.publish(FERRY, page)
    room.edit(FERRY, "eleven bicycles", "twelve bicycles")
    [update] = room.look()
    assert (update["id"], update["event"], update["revision"]) == (ferry["id"], "update", 2)


def test_two_that_become_one(room: Newsroom) -> None:
    first = {line["url"].removeprefix(room.site.base): line["id"] for line in room.look(0)}
    room.site.redirect(BAKERY, FERRY)
    assert room.look() == [], "nothing more is said of the first"
    room.edit(FERRY, "eleven bicycles", "twelve bicycles")
    [update] = room.look()
    assert (update["id"], update["revision"]) == (first[FERRY], 2)
    assert room.answered(BAKERY) == []


def test_visits_end_and_what_was_kept_for_them_goes(valkey: Redis, valkey_url: str, tmp_path: Path) -> None:
    site = load("ledger")
    with serve(site) as served:
        room = Newsroom(valkey, valkey_url, served, site, tmp_path, twice=False, revisit=["1h", "6h"])
        [ferry] = [line for line in room.look(0) if line["url"].endswith(FERRY)]
        soon = next_visit(valkey, "ledger")
        assert soon is not None
        room.look(7)
        assert room.answered(FERRY) == [304]
        assert next_visit(valkey, "ledger") is None, "both ages have passed"
        assert room.remembered(ferry["id"]) == set("rhbo")
        room.look(100)
        assert room.answered(FERRY) == []


def test_a_source_without_visits(valkey: Redis, valkey_url: str, tmp_path: Path) -> None:
    site = load("ledger")
    with serve(site) as served:
        room = Newsroom(valkey, valkey_url, served, site, tmp_path, twice=False, revisit=[])
        assert room.look(0)
        assert next_visit(valkey, "ledger") is None
