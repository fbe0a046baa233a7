"""robots.txt: rules by table, and servers that answer for it in every way there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from itertools import pairwise

import pytest
from redis import Redis

from scrapers.fetch.robots import parse, product_token
from tests.scrapers.crawling import books, crawl, health, plan_candidates, source
from tests.scrapers.server import Asked, Route, Server, answer, article, redirect


@pytest.mark.parametrize(
    ("body", "url", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: newsline\nDisallow: /b", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: newsline\nDisallow: /b", "/b", False),
        ("User-agent: NewsLine\nDisallow: /a", "/a", False),
        ("User-agent: newsline/1.0\nDisallow: /a", "/a", False),
        ("User-agent: newsline # that is us\nDisallow: /a", "/a", False),
        # the whole token, not its beginning or its end
        ("User-agent: news\nDisallow: /a", "/a", True),
        ("User-agent: newslinebot\nDisallow: /a", "/a", True),
        ("User-agent: line\nDisallow: /a", "/a", True),
        ("User-agent: newsline-images\nDisallow: /a", "/a", True),
        # several groups for us count as one (RFC 9309, 2.2.1)
        (
            "User-agent: newsline\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: newsline\nDisallow: /b",
            "/b",
            False,
        ),
        ("User-agent: other\nUser-agent: newsline\nDisallow: /a", "/a", False),
        # the longest match; Allow where they are as long
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", True),
        ("User-agent: *\nDisallow: /a/*/c", "/a/b/c/d", False),
        ("User-agent: *\nDisallow: /*?", "/a?b=c", False),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/café", False),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("\ufeffUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\r\nDisallow: /a\r\n", "/a", False),
        ("User-agent: *\rDisallow: /a\r", "/a", False),
        ("User-agent: *\n\n\nDisallow: /a", "/a", False),
        ("# a comment\nUser-agent: * # all\nDisallow: /a # not this", "/a", False),
        ("<!DOCTYPE html><html><body>User-agent: *\nDisallow: /</body></html>", "/a", True),
        ("  <html>Disallow: /", "/a", True),
        ("no rules here at all", "/a", True),
        ("\x00\x01\x02User-agent", "/a", True),
        ("Disallow: /a\nUser-agent: *\nDisallow: /b", "/a", True),
    ],
)
def test_rules(body: str, url: str, allowed: bool) -> None:
    assert parse(body.encode(), "newsline").can_fetch(f"https://example.org{url}", "newsline") is allowed


def test_crawl_delay_and_sitemaps_of_our_group() -> None:
    body = b"User-agent: *\nCrawl-delay: 30\n\nUser-agent: newsline\nCrawl-delay: 1.5\nSitemap: /sitemap.xml"
    rules = parse(body, "newsline")
    assert rules.crawl_delay("newsline") == 1.5
    assert list(rules.sitemaps) == ["/sitemap.xml"]


@pytest.mark.parametrize(
    ("agent", "token"),
    [
        ("newsline/0.1 (+https://x.org)", "newsline"),
        ("OurBot/2", "ourbot"),
        ("My-News_Bot", "my-news_bot"),
        ("", "newsline"),
    ],
)
def test_product_token(agent: str, token: str) -> None:
    assert product_token(agent) == token


async def _never(asked: Asked) -> AsyncIterator[bytes]:
    import asyncio

    await asyncio.sleep(60)
    yield b""


def _hangs(asked: Asked) -> AsyncIterator[bytes]:
    return _never(asked)


def test_every_answer(valkey: Redis, valkey_url: str) -> None:
    """One source for each way to answer for robots.txt; each has two pages, /open/1 and /closed/2."""
    rules = "User-agent: *\nDisallow: /closed"
    with ExitStack() as stack:
        elsewhere = stack.enter_context(Server("127.0.1.250", routes={"/rules": answer(rules)}))
        cases: dict[str, Route] = {
            "rules": answer(rules, content_type="text/plain"),
            "missing": answer(status=404),
            "gone": answer(status=410),
            "login": answer(status=401),
            "forbidden": answer(status=403),
            "html": answer("<html><body>User-agent: *\nDisallow: /</body></html>"),
            "bom": answer(b"\xef\xbb\xbf" + rules.replace("\n", "\r\n").encode()),
            "moved": redirect(elsewhere.url("/rules"), 301),
            "lost": redirect("/robots.txt"),
            "broken": answer(status=500),
            "overloaded": answer(status=503),
            "silent": _hangs,
            "huge": answer(rules.encode() + b"\n" + b"#" * 600_000),
        }
        sites = {}
        for number, (name, robots) in enumerate(cases.items()):
            pages = {"/": answer(), "/open/1": article(), "/closed/2": article()}
            site = stack.enter_context(Server(f"127.0.1.{number + 10}", routes={"/robots.txt": robots, **pages}))
            sites[name] = site
            plan_candidates(valkey, name, [site.url("/open/1"), site.url("/closed/2")])
        sources = [source(name, site.url()) for name, site in sites.items()]
        done = crawl(valkey, valkey_url, sources, download_timeout=2)
        assert done.status == 0, done.errors
        for name, site in sites.items():
            waits = name in ("broken", "overloaded", "silent")
            reasons = [] if waits else [done.reason(site.url(target)) for target in ("/open/1", "/closed/2")]
            if name in ("rules", "bom", "moved", "huge"):
                assert reasons == ["page", "blocked"], name
                assert "/closed/2" not in site.targets
            elif waits:
                # nothing is fetched for now, and nothing is lost
                assert set(site.targets) == {"/robots.txt"}, name
                assert books(valkey, name).todo == 2
                assert "robots.txt" in health(valkey, name)["robots"]
                assert "robots.txt" in health(valkey, name)["home_error"]
            else:
                assert reasons == ["page", "page"], name
        assert elsewhere.targets == ["/rules"]

        # kept for a day: the second crawl does not ask again
        sites["rules"].log.clear()
        plan_candidates(valkey, "rules", [sites["rules"].url("/open/3")])
        again = crawl(valkey, valkey_url, [source for source in sources if source.id == "rules"])
        assert again.pages[sites["rules"].url("/open/3")].status == 404
        assert "/robots.txt" not in sites["rules"].targets


def test_crawl_delay_is_kept(valkey: Redis, valkey_url: str) -> None:
    with Server() as slow, Server("127.0.1.2") as quick:
        slow.routes = {"/robots.txt": answer("User-agent: *\nCrawl-delay: 0.5"), "/": answer()}
        slow.routes |= {f"/{number}": article() for number in range(6)}
        quick.routes = {"/": answer()}
        quick.routes |= {f"/{number}": article() for number in range(60)}
        plan_candidates(valkey, "slow", [slow.url(f"/{number}") for number in range(6)])
        plan_candidates(valkey, "quick", [quick.url(f"/{number}") for number in range(60)])
        sources = [source("slow", slow.url()), source("quick", quick.url())]
        done = crawl(valkey, valkey_url, sources)
        assert done.status == 0, done.errors
        assert len(done.pages) == 66
        times = sorted(request.at for request in slow.log if request.target != "/robots.txt")
        gaps = [later - earlier for earlier, later in pairwise(times)]
        # a busy machine notes a request late, and then the next gap is short: the whole and the middle gap tell
        assert times[-1] - times[0] > 0.45 * len(gaps), gaps
        assert sorted(gaps)[len(gaps) // 2] > 0.45, gaps
        assert max(gaps) < 2, gaps
        # the other site did not wait for it
        assert (
            max(request.at for request in quick.log) - min(request.at for request in quick.log) < times[-1] - times[0]
        )
