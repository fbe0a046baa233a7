"""Bytes to text: byte order mark, UTF-8, then header, meta and XML declaration, then what explains the bytes best.

What is declared is a claim: bytes that are UTF-8 are read as UTF-8, and an encoding that gives characters which none of
its languages uses loses against one that does (alphabets.toml). What no encoding explains is an error, never a text
full of replacement characters.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

#: Control characters, without tab and line ends: of no use in HTML, and inside words on pages that filters have eaten.
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0C, 0x0D})
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
#: Share of control characters over which bytes are no text.
_MOST_CONTROLS = 0.1
#: Bytes at the start of the page that are looked at for UTF-16 without a byte order mark.
_UTF16_BYTES = 2000
#: Bytes of text that an encoding is judged by, and the fewest characters beyond ASCII that say something.
_SAMPLE_BYTES = 30_000
#: An encoding is good enough, or a claim is better than a guess, from this share of what is usual for it.
_CONVINCING, _BELIEVED = 0.95, 0.8
#: Under these a claim and a guess explain nothing: random bytes reach 0.7.
_POOR_CLAIM, _POOR_GUESS = 0.4, 0.75
#: Broken sequences for each character beyond ASCII that a text may have and be what it seems.
_MOST_BROKEN = 0.05
#: U+FFFD for each character beyond ASCII over which a page was spoilt before it was sent.
_MOST_REPLACED = 0.2

_MARKUP = re.compile(rb"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.I | re.S)
_ASCII_ONLY = re.compile(rb"[\x00-\x1a\x1c-\x7f]{20,}")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
#: Where letters beyond ASCII stand: one to three at a time among ASCII, or in words of their own.
_AMONG_ASCII = re.compile(r"(?<![^\x00-\x7f])[^\x00-\x7f]{1,3}(?![^\x00-\x7f])")
_ON_THEIR_OWN = re.compile(r"(?<![A-Za-z])[^\x00-\x7f]+(?![A-Za-z])")
_C1_IN_UTF8 = re.compile(rb"\xc2[\x80-\x9f]")
_ESCAPES_OF_ISO_2022_JP = re.compile(rb"\x1b[$(][@B]")


class UndecodableError(ValueError):
    """No encoding turns these bytes into text."""


@dataclass(frozen=True)
class _Alphabet:
    codecs: tuple[str, ...]
    share: float
    latin: bool
    letters: frozenset[str]


def _alphabets() -> list[_Alphabet]:
    table = tomllib.loads(files(__package__).joinpath("alphabets.toml").read_text("utf-8"))
    typography = table["typography"]
    return [
        _Alphabet(tuple(row["codecs"]), row["share"], row["latin"], frozenset(row["letters"] + typography))
        for row in table["alphabet"]
    ]


_BY_CODEC: dict[str, list[_Alphabet]] = {}
for _alphabet in _alphabets():
    for _codec in _alphabet.codecs:
        _BY_CODEC.setdefault(_codec, []).append(_alphabet)
#: Codecs that browsers, and so authors, take for others that hold more (WHATWG Encoding, section 4.2).
_WIDER = {
    **dict.fromkeys(("gb2312", "gbk", "hz"), "gb18030"),
    **dict.fromkeys(("big5", "cp950"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift_jis_2004"), "cp932"),
    **dict.fromkeys(("euc_kr", "johab"), "cp949"),
    **dict.fromkeys(("ascii", "iso8859-1", "latin-1", "iso8859-15"), "cp1252"),
    **{"iso8859-9": "cp1254", "iso8859-8": "cp1255", "iso8859-11": "cp874", "tis-620": "cp874"},
    **{"iso8859-13": "cp1257", "koi8-r": "koi8_u", "koi8-u": "koi8_u"},
    **{f"iso8859-{part}": f"iso8859_{part}" for part in (2, 4, 5, 6, 7)},
}


def decode(body: bytes, content_type: str | None) -> str:
    """`body` as text, without control characters.

    Raises:
        UndecodableError: the bytes are no text in any encoding that is declared or detected.
    """
    marked, mark = read_bom(body)
    if marked and mark is not None:
        return _without_controls(_read(body[len(mark) :], marked))
    if wide := _utf16(body):
        return _without_controls(_read(body, wide))
    if b"\x1b" in body and _ESCAPES_OF_ISO_2022_JP.search(body) and body.isascii():
        return _without_controls(_read(body, "iso2022_jp_ext"))
    clean = body.translate(None, _CONTROLS)
    if len(body) - len(clean) > _MOST_CONTROLS * len(body):
        raise UndecodableError("more control characters than text")
    try:
        text = clean.decode("utf-8")
    except UnicodeDecodeError:
        text = _mended(clean) or _read(clean, _legacy(body, content_type))
        return _unspoilt(_without_controls(text))
    if text.isascii():  # known without looking
        return text
    return _unspoilt(_without_controls(text) if b"\xc2" in clean and _C1_IN_UTF8.search(clean) else text)


def _utf16(body: bytes) -> str | None:
    """UTF-16 without a byte order mark: every other byte of its markup is NUL."""
    head = body[:_UTF16_BYTES]
    if head.count(0) < len(head) // 4:
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _mended(body: bytes) -> str | None:
    """UTF-8 with a few broken sequences, as pages that were cut or glued have them; None for what is not UTF-8."""
    broken = 0
    parts = []
    start = 0
    most = max(2, int(_MOST_BROKEN * sum(map(body.count, range(0xC2, 0xF5)))))
    while True:
        try:
            parts.append(body[start:].decode("utf-8"))
            return "".join(parts)
        except UnicodeDecodeError as error:
            broken += 1
            if broken > most:
                return None
            parts.append(body[start : start + error.start].decode("utf-8"))
            if error.end - error.start == 1 and body[start + error.start] >= 0x80:
                # a single byte beyond ASCII comes from a text in the encoding of Western Windows
                parts.append(body[start + error.start : start + error.end].decode("cp1252", "ignore"))
            start += error.end


def _legacy(body: bytes, content_type: str | None) -> str:
    """The codec of bytes that are not UTF-8.

    Raises:
        UndecodableError: none explains them.
    """
    sample = _sample(body)
    scores: dict[str, float] = {}
    for codec in _declared(body, content_type):
        scores[codec] = _score(sample, codec)
        if scores[codec] >= _CONVINCING:
            return codec
    claim = max(scores, key=scores.__getitem__, default=None)
    for codec in _BY_CODEC:
        scores.setdefault(codec, _score(sample, codec))
    best = max(_BY_CODEC, key=scores.__getitem__)
    if claim and scores[claim] >= _BELIEVED * scores[best] and scores[claim] >= _POOR_CLAIM:
        return claim
    if scores[best] < _POOR_GUESS:
        raise UndecodableError(f"no encoding explains the bytes ({claim or 'none'} is declared)")
    return best


def _declared(body: bytes, content_type: str | None) -> Iterator[str]:
    """What header and page say, the header first, as codecs."""
    for name in (http_content_type_encoding(content_type), html_body_declared_encoding(body)):
        if name:
            codec = _WIDER.get(name, name)
            if codec in _BY_CODEC:
                yield codec


def _sample(body: bytes) -> bytes:
    """Text of the page that says most about its encoding: without markup and long runs of ASCII."""
    text = _MARKUP.sub(b" ", body)
    return _ASCII_ONLY.sub(b" ", text)[:_SAMPLE_BYTES]


def _score(sample: bytes, codec: str) -> float:
    """How well `codec` explains `sample`: 1 is as well as usual for a text that is in it, 0 not at all."""
    text = sample.decode(codec, "replace")
    beyond = len(_BEYOND_ASCII.findall(text))
    if not beyond:
        return 0.0
    broken = text.count("\ufffd")
    placed = {latin: "".join((_AMONG_ASCII if latin else _ON_THEIR_OWN).findall(text)) for latin in (True, False)}
    return max(
        max(0, sum(map(each.letters.__contains__, placed[each.latin])) - 4 * broken) / beyond / each.share
        for each in _BY_CODEC[codec]
    )


def _read(body: bytes, codec: str) -> str:
    """`body` in `codec`, without the few sequences that may be broken.

    Raises:
        UndecodableError: they are not few.
    """
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        text = body.decode(codec, "replace")
        broken = text.count("\ufffd")
        if broken > max(2, _MOST_BROKEN * len(_BEYOND_ASCII.findall(text))):
            raise UndecodableError(f"not {codec}: {broken} broken sequences") from None
        return text.replace("\ufffd", "")


def _without_controls(text: str) -> str:
    return _CONTROL.sub("", text)


def _unspoilt(text: str) -> str:
    if "\ufffd" not in text:
        return text
    replaced = text.count("\ufffd")
    if replaced > 20 and replaced > _MOST_REPLACED * len(_BEYOND_ASCII.findall(text)):
        raise UndecodableError(f"{replaced} replacement characters: spoilt before it was sent")
    return text
