"""Pages without end, no two alike: saved pages as they would stand on ever new sites.

Nine in ten are the small pages of tests/fixtures/body, in many languages, which cost little; the tenth is one of the
labelled pages of ../shared where there are any. Each time a page comes up it has another host, other words, numbers and
dates, other class names and other attributes, so that whatever remembers what it has seen sees something new.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from zlib import crc32

from tests.benchmarks.site import CORPUS, Saved

_FIXTURES = Path(__file__).parents[1] / "fixtures" / "body"
#: Of how many pages one is large.
_EVERY = 10
#: Paths of more characters than this are found in a page by their looks.
_LONG = 8

_ORIGIN = re.compile(rb"(https?:(?:\\?/){2}(?:www\.)?)(?=[a-z0-9])")
_CLASS = re.compile(rb"(?<=\sclass=\")([^\"<>]*)\"")
#: Text between tags; what has braces is script or style, and stays as it is but for the values below.
_TEXT = re.compile(rb"(?<=>)[^<>{}]+(?=<)")
_VALUE = re.compile(rb"(\"(?:headline|name|description|alternativeHeadline|keywords)\"\s*:\s*\")([^\"\\]+)(?=\")")
_WORD = re.compile(rb"(?<![&\w])[A-Za-z]{5,}(?!\w)")
_DAY = re.compile(rb"\b(19|20)(\d\d)-[01]\d-[0-3]\d")
_SMALL = re.compile(rb"(?<![\w&#.,:-])[1-9]\d?(?![\w.,:-])")
#: A quarter of the longer words end in two others of these.
_LETTERS = b"abcdefghiklmnoprstuv"


def varied_pages(most: int) -> Iterator[Saved]:
    """`most` pages; the same ones each time."""
    small = sorted(_FIXTURES.glob("*/page.html"))
    large = sorted(CORPUS.glob("*/*.html.gz"))
    random.Random(0).shuffle(large)
    for number in range(most):
        if large and number % _EVERY == 0:
            turn, which = divmod(number // _EVERY, len(large))
            path = large[which]
            url = json.loads(path.with_name(path.name.replace(".html.gz", ".json")).read_bytes())["url"]
            yield _vary(url, gzip.decompress(path.read_bytes()), turn)
        else:
            turn, which = divmod(number, len(small))
            path = small[which]
            yield _vary(f"https://{path.parent.name}.example/news/a-story-{turn}", path.read_bytes(), turn)


def retold(page: Saved, turn: int) -> Saved:
    """The page at another address of its site and with other words, another one at each turn; at the first as it is."""
    if not turn:
        return page
    address = page.url.partition("://")[2]
    host, _, path = re.split(r"[?#]", address)[0].partition("/")
    head, slash, name = path.rstrip("/").rpartition("/")
    other = f"{head}{slash}{turn}-{name}"
    body = _TEXT.sub(lambda text: _WORD.sub(partial(_other_word, turn), text[0]), page.body)
    if len(path) > _LONG:
        body = body.replace(f"/{path.rstrip('/')}".encode(), f"/{other}".encode())
    return Saved(page.url.replace(f"{host}/{path.rstrip('/')}", f"{host}/{other}", 1), body)


def _vary(url: str, body: bytes, turn: int) -> Saved:
    """The page as it is at the first turn, another one at each of the others."""
    if not turn:
        return Saved(url, body)
    chance = random.Random(f"{turn} {url}")
    site = random.Random(f"{turn} {urlsplit(url).netloc}").randbytes(4).hex().encode()

    word = partial(_other_word, turn)

    def day(match: re.Match[bytes]) -> bytes:
        return b"%s%s-%02d-%02d" % (match[1], match[2], chance.randint(1, 12), chance.randint(1, 28))

    def text(match: re.Match[bytes]) -> bytes:
        return _SMALL.sub(lambda _: b"%d" % chance.randint(1, 28), _WORD.sub(word, match[0]))

    body = _TEXT.sub(text, body)
    body = _VALUE.sub(lambda match: match[1] + _WORD.sub(word, match[2]), body)
    body = _DAY.sub(day, body)
    body = _CLASS.sub(lambda match: b'%s %s-%d" data-v-%s' % (match[1], site, chance.randint(0, 99), site), body)
    body = _ORIGIN.sub(rb"\g<1>" + site + b"-", body)
    return Saved(_ORIGIN.sub(rb"\g<1>" + site + b"-", url.encode()).decode(), body)


def _other_word(turn: int, match: re.Match[bytes]) -> bytes:
    """The word of `match`, a quarter of them with another end."""
    said = match[0]
    draw = crc32(said, turn)
    if draw % 4:
        return said
    return said[:-2] + bytes((_LETTERS[draw // 4 % 20], _LETTERS[draw // 80 % 20]))
