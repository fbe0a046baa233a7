"""Bytes to text: every declaration, every encoding, and bytes that contradict what is said of them."""

from __future__ import annotations

import gzip
import random
import re
import time
from pathlib import Path

import orjson
import pytest

from schemas.encoding.decode import UndecodableError, decode, decode_leniently

#: A text of a news page in each encoding that is detected; sentences of our own.
TEXTS: dict[str, str] = orjson.loads((Path(__file__).parents[1] / "fixtures" / "encodings.json").read_bytes())


def _page(text: str, declared: str = "") -> str:
    script = "<script>var a = {b: 'c', d: 1}; function e(f) { return f.g(h); }</script>" * 20
    return f"<html><head>{declared}<title>News</title>{script}</head><body><p>{text}</p><p>{text}</p></body></html>"


@pytest.mark.parametrize("codec", TEXTS)
@pytest.mark.parametrize("charset", [None, "utf-8", "iso-8859-1", "own", "nonsense"])
def test_every_encoding_whatever_the_header_says(codec: str, charset: str | None) -> None:
    page = _page(TEXTS[codec])
    content_type = f"text/html; charset={codec if charset == 'own' else charset}" if charset else None
    assert decode(page.encode(codec), content_type) == page


@pytest.mark.parametrize("codec", ["gb2312", "shift_jis", "windows-1251", "iso-8859-2", "euc-kr", "big5", "koi8-r"])
@pytest.mark.parametrize(
    "declaration", ['<meta charset="{}">', '<meta http-equiv="Content-Type" content="text/html; charset={}">', "xml"]
)
def test_what_the_page_declares(codec: str, declaration: str) -> None:
    wide = {"gb2312": "gb18030", "shift_jis": "cp932", "windows-1251": "cp1251", "iso-8859-2": "iso8859_2"}
    wide |= {"euc-kr": "cp949", "big5": "big5hkscs", "koi8-r": "koi8_r"}
    text = TEXTS[wide[codec]]
    page = _page(text, "" if declaration == "xml" else declaration.format(codec))
    if declaration == "xml":
        page = f'<?xml version="1.0" encoding="{codec}"?>{page}'
    assert text in decode(page.encode(wide[codec]), None)
    assert text in decode(page.encode(wide[codec]), "text/html; charset=utf-8")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("charset", [None, "iso-8859-1", "utf-8"])
def test_unicode_with_and_without_a_mark(codec: str, charset: str | None) -> None:
    page = _page(TEXTS["cp1251"])
    content_type = f"text/html; charset={charset}" if charset else None
    assert decode(page.encode(codec), content_type) == page


def test_bytes_that_are_utf8_are_utf8_whatever_is_declared() -> None:
    page = _page(TEXTS["gb18030"], '<meta charset="gb2312">')
    assert decode(page.encode(), "text/html; charset=iso-8859-1") == page


def test_iso_2022_jp() -> None:
    page = _page(TEXTS["cp932"])
    assert decode(page.encode("iso2022_jp"), None) == page


def test_control_characters_inside_words_are_gone() -> None:
    body = "<p>Ne\x00ws of\x07 the d\x1bay\x85 and\x7f more\r\nto come\t.</p>".encode()
    assert decode(body, None) == "<p>News of the day and more\r\nto come\t.</p>"


def test_a_few_broken_sequences_are_mended() -> None:
    good = _page(TEXTS["cp1252"] * 5).encode()
    cut = good.replace("é".encode(), b"\xc3", 1)
    assert "�" not in decode(cut, "text/html; charset=utf-8")
    quoted = good.replace("’".encode(), b"\x92", 1)
    assert decode(quoted, None) == good.decode()
    assert TEXTS["cp1252"] in decode(good + b"\xe2\x80", None)


def test_a_few_broken_sequences_of_another_encoding_too() -> None:
    text = decode(_page(TEXTS["gb18030"] * 5).encode("gb18030") + b"\xff", "text/html; charset=gbk")
    assert TEXTS["gb18030"] in text
    assert "�" not in text


@pytest.mark.parametrize(
    "body",
    [
        bytes(range(256)) * 50,
        b"\x89\x00\x01\x02\x03\x04" * 200,
        b"<p>" + bytes(random.Random(1).choices(range(0x80, 0x100), k=1000)),
        ("<p>" + "spoilt � text �� " * 50).encode(),
    ],
)
def test_what_is_no_text_is_an_error(body: bytes) -> None:
    with pytest.raises(UndecodableError):
        decode(body, "text/html; charset=utf-8")


def test_utf8_costs_little() -> None:
    """A limit far above what it takes (0.3 ms here), so that only a wrong order of the steps fails it."""
    body = _page(TEXTS["cp1251"] * 300).encode()
    started = time.perf_counter()
    for _ in range(20):
        decode(body, None)
    assert (time.perf_counter() - started) / 20 < 0.01


def test_every_page_of_the_corpus_is_decoded_and_the_bodies_are_there(shared: Path) -> None:
    """The labels of the Chinese pages, half of them not UTF-8, are found in the text."""
    for path in sorted((shared / "corpus" / "zh").glob("*.html.gz")):
        text = re.sub(r"<[^>]+>|&\w+;|\s", "", decode(gzip.decompress(path.read_bytes()), None))
        label = orjson.loads(path.with_name(path.name.replace(".html.gz", ".json")).read_bytes())
        words = re.findall(r"[\u4e00-\u9fff]{4,8}", label.get("body") or "")
        if words:
            assert sum(word in text for word in words) / len(words) > 0.9, path.name


@pytest.mark.parametrize(
    "body", [b"<script>" * 100_000, b"<!--" * 200_000, b"<" * 800_000, "<p>abÿc".encode() * 200_000, b"\xe4" * 800_000]
)
def test_broken_markup_and_broken_bytes_take_linear_time(body: bytes) -> None:
    """A limit far above the 0.3 s that each of these takes; a search of quadratic cost takes minutes."""
    started = time.perf_counter()
    decode_leniently(body.replace("ÿ".encode(), b"\xff", len(body) // 1000) + b"\xff\xe4\xf4", None)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("body", [bytes(range(256)) * 50, b"\xff\xfe<" * 99, random.Random(1).randbytes(4000), b"\xff"])
def test_a_listing_is_always_text(body: bytes) -> None:
    assert decode_leniently(body, "text/xml; charset=utf-16")


@pytest.mark.parametrize("codec", TEXTS)
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_a_short_listing_is_read_as_it_declares(codec: str, charset: str) -> None:
    name = {"gb18030": "gbk", "big5hkscs": "big5", "cp932": "shift_jis", "cp949": "euc-kr", "koi8_u": "koi8-u"}
    name |= {f"cp125{number}": f"windows-125{number}" for number in range(9)} | {"cp874": "tis-620"}
    listing = f'<?xml version="1.0" encoding="{name.get(codec, codec)}"?><title>{TEXTS[codec][:20]}</title>'
    assert decode_leniently(listing.encode(codec), f"text/xml; charset={charset}") == listing
