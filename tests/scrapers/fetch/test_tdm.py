"""TDMRep's file of an origin: rules by table, and a crawl whose pages bring its word with them."""

from __future__ import annotations

import json

import pytest
from redis import Redis

from scrapers.fetch.tdm import WELL_KNOWN, parse, rule_for
from tests.scrapers.crawling import crawl, plan_candidates, source
from tests.scrapers.server import Route, Server, answer, article, redirect

POLICY = "https://gazette.example/policy.json"


@pytest.mark.parametrize(
    ("location", "path", "matches"),
    [
        ("/", "/a/b", True),
        ("/a/", "/a/b", True),
        ("/a/", "/A/b", False),
        ("/a/", "/b/a/", False),
        ("*", "/a", True),
        ("/a/*.jpg", "/a/b/c.jpg", True),
        ("/a/*.jpg", "/a/b/c.png", False),
        ("/*.pdf$", "/x/y.pdf", True),
        ("/*.pdf$", "/x/y.pdf?z", False),
        ("/*a*b$", "/a/b/ab", True),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/*ab$", "/a", False),
        ("/caf%C3%A9", "/café", True),
        ("", "/a", True),
    ],
)
def test_locations(location: str, path: str, matches: bool) -> None:
    rules = parse(json.dumps([{"location": location, "tdm-reservation": 1}]).encode())
    assert (rule_for(rules, f"https://gazette.example{path}") is not None) is matches


def test_the_first_rule_that_matches_holds() -> None:
    rules = parse(
        json.dumps(
            [
                {"location": "/news/free/", "tdm-reservation": 0, "tdm-policy": POLICY},
                {"location": "/news/", "tdm-reservation": 1, "tdm-policy": POLICY},
                {"location": "/", "tdm-reservation": 0},
            ]
        ).encode()
    )
    found = [rule_for(rules, f"https://gazette.example{path}") for path in ("/news/free/a", "/news/a", "/a")]
    # a policy beside 0 is not processed
    assert [(rule.reserved, rule.policy) for rule in found if rule] == [(False, None), (True, POLICY), (False, None)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>not here</html>",
        b'{"location": "/", "tdm-reservation": 1}',
        b'[{"location": "/", "tdm-reservation": 2}]',
        b'[{"location": "/", "tdm-reservation": true}]',
        b'[{"tdm-reservation": 1}]',
        b'[{"location": ["/"], "tdm-reservation": 1}, 7, null]',
        b"[" * 100_000,
        b"[" + b" " * 200_000 + b']{"location": "/", "tdm-reservation": 1}',
    ],
)
def test_what_is_no_list_of_rules_says_nothing(body: bytes) -> None:
    assert parse(body) == ()


def test_pages_bring_the_word_of_their_origin(valkey: Redis, valkey_url: str) -> None:
    rules = answer(
        json.dumps(
            [
                {"location": "/open/", "tdm-reservation": 0},
                {"location": "/", "tdm-reservation": 1, "tdm-policy": POLICY},
            ]
        )
    )
    own = article(tdm_reservation="0")
    routes: dict[str, Route] = {
        "/": answer(),
        "/open/1": article(),
        "/closed/2": article(),
        "/closed/own": own,
        "/closed/4": article(),
    }
    with (
        Server("127.0.1.10", routes={WELL_KNOWN: rules, **routes}) as stating,
        Server(
            "127.0.1.11", routes={WELL_KNOWN: redirect("/elsewhere.json"), "/elsewhere.json": rules, **routes}
        ) as moved,
        Server("127.0.1.12", routes=routes) as silent,
        Server("127.0.1.13", routes={WELL_KNOWN: answer(status=500), **routes}) as broken,
        Server(
            "127.0.1.14",
            routes={"/robots.txt": answer("User-agent: *\nDisallow: /.well-known/"), WELL_KNOWN: rules, **routes},
        ) as closed,
    ):
        sites = {"stating": stating, "moved": moved, "silent": silent, "broken": broken, "closed": closed}
        for name, site in sites.items():
            plan_candidates(valkey, name, [site.url(path) for path in ("/open/1", "/closed/2", "/closed/own")])
        sources = [source(name, site.url()) for name, site in sites.items()]
        done = crawl(valkey, valkey_url, sources)
        assert done.status == 0, done.errors

        def said(site: Server, path: str) -> tuple[str | None, str | None]:
            headers = done.pages[site.url(path)].headers
            return headers.get("tdm-reservation"), headers.get("tdm-policy")

        for site in (stating, moved):
            assert said(site, "/open/1") == ("0", None)
            assert said(site, "/closed/2") == ("1", POLICY)
            assert said(site, "/closed/own")[0] == "0"  # a page's own header supersedes the file
        for site in (silent, broken, closed):
            assert said(site, "/closed/2") == (None, None)
            assert said(site, "/closed/own")[0] == "0"
        assert WELL_KNOWN not in closed.targets
        # one request for all pages of an origin, and none before robots.txt
        for site in (stating, silent, broken):
            assert site.targets.count(WELL_KNOWN) == 1
            assert site.targets[0] == "/robots.txt"

        # kept for a day, "there is none" too; a failure is not
        for name, site in sites.items():
            site.log.clear()
            plan_candidates(valkey, name, [site.url("/closed/4")])
        again = crawl(valkey, valkey_url, sources)
        assert again.pages[stating.url("/closed/4")].headers["tdm-reservation"] == "1"
        assert [WELL_KNOWN in site.targets for site in (stating, silent, broken)] == [False, False, True]
