"""Pages to start from, ways to spoil them, and pages made to do harm."""

from __future__ import annotations

import codecs
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.sites.catalog import NAMES, load
from tests.sites.page import Page

#: Encodings in which pages are declared, declared wrongly, or not declared.
ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "iso-8859-1", "iso-8859-6"),
    *("iso-8859-8", "windows-1250", "windows-1251", "windows-1252", "windows-1256", "koi8-r", "shift_jis", "euc-jp"),
    *("iso-2022-jp", "euc-kr", "gb2312", "gb18030", "big5", "macintosh", "cp437", "hz", "x-user-defined", "nonsense"),
)

#: Pieces that parsers of HTML, XML, JSON, URLs, dates and encodings have stumbled over.
_PIECES = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x1b$B", b"\x1b[2J\x1b]0;x\x07"),
    *(b"&#0;", b"&#x1b;", b"&#xd800;", b"&#1114112;", b"&#99999999999999999999;", b"&lt", b"&;"),
    *(b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<!DOCTYPE x [", b"<?xml version='1.0' encoding='utf-32'?>", b"</"),
    *(b"<svg><p>", b"<math>", b"<template>", b"<plaintext>", b"<noscript>", b"<frameset>", b"<select>", b"<table><tr>"),
    *(b"</html>", b"</body>", b"<body>", b"<article>", b"</article>", b"<p>", b"<base href='http://[::1'>"),
    *(b"<a href='http://[bad/'>", b"<a href='//'>", b"<img src='data:,'>", b"<link rel=canonical href='http://a:b/'>"),
    *(b"<time datetime='99999-99-99T99:99'>", b"<time datetime='0000-00-00'>", b"<meta charset=utf-16>"),
    b"<meta property='article:published_time' content='-1'>",
    "\u202e\u200b\ufeff\ufffe\u0301".encode(),
    b'<script type="application/ld+json">{"@type": ["NewsArticle", null, 3], "headline": {"@value": [[]]}}</script>',
    b'<script type="application/ld+json">[[[{"@graph": {"@id": "x", "author": {"@id": "x"}}}]]]</script>',
)


def seeds() -> list[bytes]:
    """Pages of the bundled sites: articles, listings, feeds, robots.txt."""
    out = []
    for name in NAMES:
        site = load(name)
        for path in sorted(site):
            try:
                page: Page = site.page(path)
            except TypeError:  # a function answers
                continue
            if body := page.body if isinstance(page.body, bytes) else page.body.encode():
                out.append(body)
    return out


def corpus(shared: Path, count: int, dice: random.Random) -> list[bytes]:
    """At most `count` real pages of a corpus beside the project; none where there is none."""
    import gzip

    paths = sorted(path for path in (shared / "corpus").glob("*/**/*.html*") if path.is_file())
    out = []
    for path in dice.sample(paths, min(count, len(paths))):
        data = path.read_bytes()
        out.append(gzip.decompress(data) if path.suffix == ".gz" else data)
    return out


def spoil(body: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """`body` with some of the things done to it that networks, editors and enemies do."""
    for _ in range(dice.randint(1, 6)):
        body = dice.choice(_SPOILERS)(body, others, dice)
    return body[:4_000_000]


def _cut(body: bytes, _: list[bytes], dice: random.Random) -> bytes:
    start, end = sorted(dice.randrange(len(body) + 1) for _ in range(2))
    return body[:start] + body[end:] if dice.random() < 0.5 else body[: max(start, 1)]


def _flip(body: bytes, _: list[bytes], dice: random.Random) -> bytes:
    out = bytearray(body)
    for _time in range(dice.randint(1, 60) if out else 0):
        out[dice.randrange(len(out))] = dice.randrange(256)
    return bytes(out)


def _insert(body: bytes, _: list[bytes], dice: random.Random) -> bytes:
    for _time in range(dice.randint(1, 8)):
        at = dice.randrange(len(body) + 1)
        body = body[:at] + dice.choice(_PIECES) * dice.choice((1, 1, 1, 3, 200)) + body[at:]
    return body


def _repeat(body: bytes, _: list[bytes], dice: random.Random) -> bytes:
    start = dice.randrange(len(body) + 1)
    end = min(len(body), start + dice.randint(1, 2000))
    return body[:end] + body[start:end] * dice.choice((1, 5, 100)) + body[end:]


def _splice(body: bytes, others: list[bytes], dice: random.Random) -> bytes:
    other = dice.choice(others)
    return body[: dice.randrange(len(body) + 1)] + other[dice.randrange(len(other) + 1) :]


def _attribute(body: bytes, _: list[bytes], dice: random.Random) -> bytes:
    mark = dice.choice((b"content=", b"href=", b"class=", b"src=", b"datetime="))
    return body.replace(
        mark, mark + b'"' + dice.choice((b"A ", b"%", b"\xf0\x9f\x92\xa9", b"&#9;")) * 5000 + b'" x=', 2
    )


def _untag(body: bytes, _: list[bytes], dice: random.Random) -> bytes:
    return body.replace(dice.choice((b"</p>", b"</div>", b">", b'"', b"</script>", b"</title>")), b"")


def _encode(body: bytes, _: list[bytes], dice: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    declared = f"<meta charset='{dice.choice(ENCODINGS)}'>" if dice.random() < 0.5 else ""
    try:
        return (declared + text).encode(dice.choice(ENCODINGS), "replace")
    except (LookupError, UnicodeError):
        return declared.encode() + body


_SPOILERS: tuple[Callable[[bytes, list[bytes], random.Random], bytes], ...] = (
    *(_cut, _flip, _insert, _insert, _repeat, _splice, _attribute, _untag, _encode),
)


def _page(head: str = "", body: str = "") -> bytes:
    text = "<p>The council of Almera decided on Tuesday to rebuild the old bridge before the winter comes.</p>" * 4
    return (
        f"<html><head><title>The bridge</title>{head}</head><body><article><h1>The bridge</h1>{body}{text}</article>"
    ).encode("utf-8", "surrogatepass")


def _json_ld(text: str) -> bytes:
    return _page(f'<script type="application/ld+json">{text}</script>')


def hostile(scale: float = 1.0) -> Iterator[tuple[str, bytes]]:
    """Pages made to do harm, each with a name; `scale` makes what is much in them less."""

    def many(count: int) -> int:
        return int(count * scale)

    yield "nothing but NUL", b"\x00" * many(10_000)
    yield "NUL between all letters", b"\x00".join(bytes([each]) for each in _page())
    yield "every byte", bytes(range(256)) * 200
    yield (
        "control characters and escapes",
        _page("<title>\x1b]0;mine\x07\x1b[2J\r\nERROR fake line</title>", "\x1b[31m&#27;[2J"),
    )
    for tag in ("div", "b", "blockquote", "ul><li", "table><tr><td", "span", "font", "a", "svg", "section", "p", "q"):
        yield f"20,000 nested <{tag}>", _page("", f"<{tag}>" * many(20_000) + "deep")
    yield "200,000 nested <div>", b"<div>" * many(200_000)
    # more of them end as `timeout` at the worker: each costs the body model a third of a millisecond
    yield "20,000 siblings", _page("", "<p>x</p>" * many(20_000))
    yield "100,000 unclosed <p> with links", _page("", "<p><a href=/x>" * many(50_000))
    yield "200,000 line breaks", _page("", "<br>" * many(200_000))
    yield "20,000 headings", _page("", "<h1>The bridge</h1>" * many(20_000))
    yield "20,000 meta elements", _page("<meta property='og:title' content='The bridge'>" * many(20_000))
    yield "an attribute of 4 MB", _page(f"<meta name=author content='{'A b ' * many(1_000_000)}'>")
    yield "a class of 2 MB", _page("", f"<div class='{'article-body ' * many(160_000)}'>")
    yield "a title of 2 MB", _page(f"<title>{'bridge | ' * many(200_000)}</title>")
    yield "a date of 1 MB", _page(f"<meta property='article:published_time' content='{'2026-11-' * many(120_000)}'>")
    yield "an address of 1 MB", _page(f"<link rel=canonical href='http://a.example/{'%2e/' * many(250_000)}'>")
    yield "a word of 2 MB", _page("", f"<p>{'x' * many(2_000_000)}</p>")
    yield "2 MB of combining accents", _page("", f"<p>e{chr(0x301) * many(1_000_000)}</p>")
    yield "2 MB of spaces", _page("", f"<p>a{' ' * many(2_000_000)}b</p>")
    yield "100,000 attributes", _page("", "<p " + " ".join(f"a{n}=b" for n in range(many(100_000))) + ">")
    yield "lone surrogates", _page("<title>\ud800 bridge \udfff</title>", "\udc00&#xd800;&#55357;")
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 10}">' for n in range(12))
    yield "billion laughs", f"<?xml version='1.0'?><!DOCTYPE html [{entities}]><html><p>&e11;</p></html>".encode()
    outside = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>&x;</p></body></html>'
    yield "an entity from a file", f"<?xml version='1.0'?>{outside}".encode()
    yield "an encoding that is none", b"<?xml version='1.0' encoding='\xff\x00idna'?>" + _page()
    for declared in ("idna", "punycode", "base64", "rot13", "unicode_escape", "undefined", "mbcs", "utf-7"):
        yield f"declared as {declared}", _page(f"<meta charset={declared}>")
    yield "JSON-LD 100,000 deep", _json_ld('{"@graph":[' * many(100_000))
    yield "JSON-LD 20,000 deep and closed", _json_ld("[" * many(20_000) + "]" * many(20_000))
    author = '{"@type":"NewsArticle","author":' * 900 + '"x"' + "}" * 900
    yield "JSON-LD with 900 authors inside one another", _json_ld(author)
    yield "JSON-LD that refers to itself", _json_ld('{"@id":"a","@type":"NewsArticle","author":{"@id":"a"}}')
    ring = [{"@id": f"n{n}", "@type": "Person", "author": {"@id": f"n{(n + 1) % 500}"}} for n in range(500)]
    yield "JSON-LD in a ring", _json_ld(json.dumps({"@graph": [{"@type": "NewsArticle", "author": ring[0]}, *ring]}))
    fan = [{"@id": f"n{n}", "@type": "NewsArticle", "author": [{"@id": f"n{n + 1}"}] * 10} for n in range(60)]
    yield "JSON-LD that fans out", _json_ld(json.dumps({"@graph": fan}))
    yield (
        "JSON-LD with 100,000 nodes",
        _json_ld(json.dumps([{"@type": "NewsArticle", "headline": "x"}] * many(100_000))),
    )
    for value in ("null", "[]", "{}", "1e999", "-0", "true", '"\\ud800"', "NaN", '{"@type":{}}', "9" * many(5000)):
        fields = ("headline", "author", "datePublished", "image", "keywords", "mainEntityOfPage", "isAccessibleForFree")
        said = ",".join(f'"{name}":{value}' for name in (*fields, "@id", "@graph", "inLanguage", "articleSection"))
        yield f"JSON-LD whose values are {value[:12]}", _json_ld(f'{{"@type":"NewsArticle",{said}}}')
        yield f"JSON-LD whose type is {value[:12]}", _json_ld(f'{{"@type":{value},"headline":"x"}}')
    yield "JSON-LD of 8 MB", _json_ld(json.dumps({"@type": "NewsArticle", "articleBody": "word " * many(1_600_000)}))
    nested = "<div itemscope itemtype='https://schema.org/NewsArticle' itemprop=author>" * many(3000)
    yield "microdata 3,000 deep", _page("", nested)
    yield "10,000 empty scripts", _page('<script type="application/ld+json"></script>' * many(10_000))
    for name in ENCODINGS:
        with_text = "<html><body><h1>Brücke</h1><p>" + "Der Rat beschloß, die Brücke neu zu bauen — sofort. " * 9
        try:
            yield f"in {name}", codecs.encode(with_text, name, "replace")
        except (LookupError, UnicodeError):
            yield f"said to be {name}", f"<meta charset={name}>{with_text}".encode()
