"""The address guard: judged by table, and by canaries that must not see a request however it is spelt or led there."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from redis import Redis

from scrapers.fetch.guard import Guard, parse_networks
from tests.scrapers.crawling import books, crawl, plan_candidates, source
from tests.scrapers.server import Server, answer, article, redirect


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3"),
        *(
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
        ),
        *("fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
        *(
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "not an address",
            "",
        ),
    ],
)
def test_refused_addresses(address: str) -> None:
    assert not Guard().permits(address)


#: Every row of IANA's special-purpose registries of addresses (IPv4 and IPv6), and what stands outside them.
REGISTRIES = """
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24
192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
255.255.255.255/32
::1/128 ::/128 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128 2001:1::3/128
2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2620:4f:8000::/48
3fff::/20 5f00::/16 fc00::/7 fe80::/10
224.0.0.0/4 ff00::/8 fec0::/10 ::/96 4000::/3 e000::/4
""".split()


@pytest.mark.parametrize("row", REGISTRIES)
def test_no_address_of_a_special_purpose_is_public(row: str) -> None:
    (network,) = parse_networks([row])
    for address in (network[0], network[1 if network.num_addresses > 1 else 0], network[-1]):
        assert not Guard().permits(str(address))
        if address.version == 4:
            assert not Guard().permits(f"::ffff:{address}")
            assert not Guard().permits(f"64:ff9b::{address}")


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_permitted_addresses(address: str) -> None:
    assert Guard().permits(address)


@pytest.mark.parametrize(
    ("address", "permitted"),
    [
        ("127.0.1.1", True),
        ("127.0.1.255", True),
        ("::ffff:127.0.1.1", True),  # the same host on the wire
        ("127.0.0.1", False),
        ("127.0.2.1", False),
        ("64:ff9b::7f00:101", False),  # another way to it that was not named
        ("2002:7f00:101::", False),
        ("10.0.0.1", False),
        ("::1", False),
    ],
)
def test_a_network_that_is_named_is_opened_and_no_other(address: str, permitted: bool) -> None:
    assert Guard(parse_networks(["127.0.1.0/24"])).permits(address) is permitted


#: Spellings of 127.0.0.1 and its like that some system or other understands.
SPELLINGS = [
    *(
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7F.1",
        "017700000001",
        "0177.0.0.1",
    ),
    *(
        "0177.1",
        "0",
        "0.0.0.0",
        "00.00.00.00",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
    ),
    *(
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "127.0.0.1.",
        "１２７.0.0.1",
        "127。0。0。1",
    ),
    *("localhost", "localhost.", "LOCALHOST", "sub.localhost", "①②⑦.⓪.⓪.①"),
]


@pytest.mark.parametrize("host", [spelling for spelling in SPELLINGS if spelling.isascii() and spelling[0] != "s"])
def test_spellings_are_refused_before_they_are_resolved(host: str) -> None:
    assert not Guard().permits_host(host)


@pytest.mark.parametrize("host", ["example.com", "1and1.com", "360.cn", "localhost.example.com", "notlocalhost"])
def test_names_are_left_to_the_resolver(host: str) -> None:
    assert Guard().permits_host(host)


def test_canaries_see_nothing(valkey: Redis, valkey_url: str) -> None:
    with ExitStack() as stack:
        canary = stack.enter_context(Server("127.0.0.1", routes={"/": article("canary"), "/robots.txt": answer()}))
        others = [stack.enter_context(Server(address, canary.port)) for address in ("127.0.0.77", "::1")]
        site = stack.enter_context(Server("127.0.1.1"))
        port = canary.port
        spelt = [f"http://{host}:{port}/spelt/{number}" for number, host in enumerate(SPELLINGS)]
        names = ["rebinding.test", "later.test", "private.test", "mixed.test", "metadata.test"]
        answers = {
            "rebinding.test": [["127.0.1.1"], ["127.0.0.77"]],  # robots.txt is had, the page would be the canary's
            "later.test": [["127.0.0.77"], ["127.0.0.77"], ["127.0.0.77"], ["127.0.1.1"]],
            "private.test": [["127.0.0.77"]],
            "mixed.test": [["127.0.0.77", "127.0.1.1"]],
            "metadata.test": [["169.254.169.254"]],
        }
        named = [f"http://{name}:{port}/named" for name in names]
        stand_in = stack.enter_context(Server("127.0.1.1", port))  # where the names lead when they lead to us
        stand_in.routes = {
            "/robots.txt": answer("User-agent: *\nDisallow:\n", connection="close"),
            "/named": article(),
            "/user": article(),
        }
        site.routes = {
            "/": redirect(f"http://127.0.0.1:{port}/home"),
            "/sitemap.xml": redirect(f"http://[::1]:{port}/"),
        }
        site.routes |= {f"/to/{number}": redirect(url, 301 + number % 2) for number, url in enumerate(spelt + named)}
        site.routes |= {
            "/scheme": redirect("file:///etc/passwd"),
            "/gopher": redirect("gopher://127.0.0.1:70/"),
            "/port": redirect("http://127.0.1.1:22/"),
            "/relative": redirect(f"//127.0.0.1:{port}/relative"),
            "/user": redirect(f"http://127.0.1.1:{port}@127.0.0.1:{port}/user"),
            "/hop": redirect("/to/0"),
            "/metadata": redirect("http://169.254.169.254/latest/meta-data/"),
        }
        led = [site.url(target) for target in site.routes if target not in ("/", "/sitemap.xml")]
        tricks = [
            f"http://127.0.1.1:{port}@127.0.0.1:{port}/userinfo",
            f"http://127.0.1.1%40@127.0.0.1:{port}/escaped",
            f"http://a:b@127.0.1.1:{port}/user",
            f"http://127.0.0.1:{port}#@127.0.1.1/fragment",
            f"http://127.0.0.1:{port}\\@127.0.1.1/backslash",
        ]
        urls = [*spelt, *named, *led, *tricks]
        plan_candidates(valkey, "site", urls)
        home = source("site", site.url(), feeds=[f"http://2130706433:{port}/feed"])
        done = crawl(
            valkey,
            valkey_url,
            [home],
            module="tests.scrapers.crawl_with_names",
            environ={"NAMES": json.dumps(answers)},
            retry_times=0,
        )
        assert done.status == 0, done.errors
        for server in (canary, *others):
            assert server.targets == []
        assert all("authorization" not in request.headers for request in stand_in.log)
        for url, page in done.pages.items():
            assert page.url.startswith(("http://127.0.1.1:", "http://mixed.test:", "http://later.test:")), url
        assert {reject.reason for reject in done.rejects.values()} <= {"blocked", "http_error"}
        assert len(done.pages) + len(done.rejects) == books(valkey, "site").discovered
        assert done.reason(spelt[0]) == "blocked"
        assert "--allow-net" in (done.rejects[named[2]].detail or "")
        assert done.reason(named[3]) == "page"
        assert done.reason(named[0]) == "blocked"
        assert done.pages[f"http://a:b@127.0.1.1:{port}/user"].url == f"http://127.0.1.1:{port}/user"


def test_redirects_and_what_they_carry(valkey: Redis, valkey_url: str) -> None:
    with Server() as site, Server("127.0.1.2") as other:
        site.routes = {"/": answer(), "/loop": redirect("/loop"), "/cookie": answer("x", set_cookie="a=b; Path=/")}
        site.routes |= {f"/hop/{number}": redirect(f"/hop/{number - 1}") for number in range(1, 8)}
        site.routes |= {"/hop/0": article(), "/forbidden": redirect(other.url("/private/1"))}
        site.routes |= {"/elsewhere": redirect(other.url("/public")), "/away": redirect("/nowhere", 301)}
        other.routes = {"/robots.txt": answer("User-agent: *\nDisallow: /private"), "/public": article()}
        urls = [
            site.url(target) for target in ("/cookie", "/hop/5", "/hop/6", "/loop", "/forbidden", "/elsewhere", "/away")
        ]
        plan_candidates(valkey, "site", urls)
        done = crawl(valkey, valkey_url, [source("site", site.url())], concurrent_requests_per_domain=1)
        assert done.status == 0, done.errors
        assert done.pages[site.url("/hop/5")].url == site.url("/hop/0")
        assert done.rejects[site.url("/hop/6")].detail == "more than 5 redirects"
        assert done.rejects[site.url("/loop")].detail == "more than 5 redirects"
        assert site.targets.count("/loop") == 6
        assert done.rejects[site.url("/forbidden")].reason == "blocked"
        assert done.pages[site.url("/elsewhere")].url == other.url("/public")
        assert done.pages[site.url("/away")].status == 404
        assert other.targets == ["/robots.txt", "/public", "/.well-known/tdmrep.json"]
        for request in site.log + other.log:
            assert not {"cookie", "authorization", "referer"} & set(request.headers)


def test_behind_a_proxy(valkey: Redis, valkey_url: str) -> None:
    with Server("127.0.0.1") as canary, Server("127.0.1.9") as proxy:
        page = article()
        proxy.routes = {f"http://news.test{target}": page for target in ("/", "/a")}
        proxy.routes["http://news.test/led"] = redirect(canary.url("/led"))
        proxy.routes["http://news.test/local"] = redirect(f"http://localhost:{canary.port}/local")
        refused = [
            canary.url("/a"),
            f"http://localhost:{canary.port}/b",
            proxy.url("/itself"),
            f"https://127.0.0.1:{canary.port}/c",
        ]
        urls = [
            "http://news.test/a",
            "http://news.test/led",
            "http://news.test/local",
            *refused,
            "https://news.test/secure",
        ]
        plan_candidates(valkey, "news", urls)
        environ = {"http_proxy": proxy.url(), "https_proxy": proxy.url()}
        done = crawl(
            valkey, valkey_url, [source("news", "http://news.test/")], environ=environ, allow_net=[], retry_times=0
        )
        assert done.status == 0, done.errors
        assert canary.targets == []
        assert done.reason("http://news.test/a") == "page"
        assert [done.reason(url) for url in urls[1:-1]] == ["blocked"] * 6
        assert done.reason(urls[-1]) == "http_error"
        sent = {(request.method, request.target) for request in proxy.log}
        assert ("CONNECT", "news.test:443") in sent
        assert not [target for _, target in sent if not target.startswith(("http://news.test/", "news.test:443"))]
