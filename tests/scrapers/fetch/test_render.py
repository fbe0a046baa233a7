"""Pages that are built in script, in a real Chromium that has no network but ours."""

from __future__ import annotations

import pytest
from redis import Redis

from scrapers.fetch.browser import why_not
from tests.scrapers.crawling import crawl, health, plan_candidates, source
from tests.scrapers.server import Server, answer, redirect

_SHELL = """<!DOCTYPE html><html><head><title>Loading</title>
<script src="/app.js"></script><script src="{canary}/canary.js"></script></head>
<body><div id="root">Please wait</div><img src="/image.png"><img src="{canary}/canary.png"></body></html>"""
_APP = """
document.addEventListener("DOMContentLoaded", async () => {
  const story = await (await fetch("/api/story")).json();
  document.title = story.title;
  document.getElementById("root").innerHTML = "<h1>" + story.title + "</h1><p>" + story.text + "</p>";
  for (const url of ["CANARY/fetched", "OTHER/private/data", "/secret/data"]) fetch(url).catch(() => 0);
  try { new WebSocket("CANARY".replace("http", "ws") + "/socket"); } catch (e) {}
  navigator.sendBeacon("CANARY/beacon", "x");
  const frame = document.createElement("iframe"); frame.src = "CANARY/frame"; document.body.append(frame);
});
"""


@pytest.mark.skipif(why_not() is not None, reason=why_not() or "")
def test_rendered(valkey: Redis, valkey_url: str) -> None:
    with Server() as site, Server("127.0.1.2") as other, Server("127.0.0.1") as canary, Server("127.0.1.3") as plain:
        app = _APP.replace("CANARY", canary.url("")).replace("OTHER", other.url(""))
        story = '{"title": "Größter Hafen öffnet", "text": "Everybody came to see the ships."}'
        shell = _SHELL.format(canary=canary.url(""))
        site.routes = {
            "/": answer(),
            "/robots.txt": answer("User-agent: *\nDisallow: /secret"),
            "/2026/story-1": answer(shell),
            "/2026/moved-2": redirect("/2026/story-1"),
            "/2026/loops-3": answer("<html><script>while (true) {}</script><body><p>Busy</p></body></html>"),
            "/2026/grows-4": answer("<html><body><script>document.body.append('x'.repeat(3e6))</script></body></html>"),
            "/2026/gone-5": answer(shell, status=410),
            "/app.js": answer(app, content_type="text/javascript"),
            "/api/story": answer(story, content_type="application/json; charset=utf-8"),
        }
        other.routes = {"/robots.txt": answer("User-agent: *\nDisallow: /private")}
        plain.routes = {"/": answer(), "/2026/story-1": answer(shell)}
        targets = ("/2026/story-1", "/2026/moved-2", "/2026/loops-3", "/2026/grows-4", "/2026/gone-5")
        plan_candidates(valkey, "site", [site.url(target) for target in targets])
        plan_candidates(valkey, "plain", [plain.url("/2026/story-1")])
        sources = [source("site", site.url(), render=True, concurrency=1), source("plain", plain.url())]
        done = crawl(
            valkey, valkey_url, sources, download_timeout=12, download_maxsize=2_000_000, retry_times=0, time_limit=100
        )
        assert done.status == 0, done.errors
        for target in targets[:2]:
            page = done.pages[site.url(target)]
            assert page.url == site.url("/2026/story-1")
            assert "<h1>Größter Hafen öffnet</h1><p>Everybody came to see the ships.</p>" in page.body.decode()
        assert done.reason(site.url("/2026/loops-3")) == "timeout"
        assert done.reason(site.url("/2026/grows-4")) == "too_large"
        assert done.pages[site.url("/2026/gone-5")].status == 410
        assert canary.targets == []
        assert set(other.targets) <= {"/robots.txt"}
        assert not {"/secret/data", "/image.png"} & set(site.targets)
        assert b"Please wait" in done.pages[plain.url("/2026/story-1")].body
        assert "/app.js" not in plain.targets
        assert all(request.headers["user-agent"].startswith("newsline/") for request in site.log)


def test_without_a_browser_the_source_says_so(
    valkey: Redis, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Server() as site, Server("127.0.1.2", routes={"/": answer()}) as other:
        plan_candidates(valkey, "other", [other.url("/2026/a-1")])
        sources = [source("site", site.url(), render=True), source("other", other.url())]
        done = crawl(valkey, valkey_url, sources, environ={"PATH": str(tmp_path_factory.mktemp("empty"))})
        assert done.status == 0, done.errors
        assert "render = true needs" in health(valkey, "site")["home_error"]
        assert site.targets == []
        assert done.reason(other.url("/2026/a-1")) == "page"
