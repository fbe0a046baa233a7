"""Decode the bytes of pages and listings: the only detector of encodings in the project.

Steps, in this order:

1. a byte order mark;
2. UTF-16 without a mark, and ISO-2022-JP by its escape sequences;
3. UTF-8, also with a few broken sequences;
4. in listings only: a claimed encoding of several bytes for each character, which wrong bytes rarely fit;
5. the encodings that HTTP header, meta element and XML declaration claim, each scored by the letters it yields;
6. every encoding of `alphabets.toml`, scored in the same way.

Declarations are claims. UTF-8 bytes are read as UTF-8 under any claim, and a claim with letters of no alphabet loses
against an encoding with the letters of an alphabet. `decode` raises an error for bytes that no encoding explains;
`decode_leniently` puts U+FFFD there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

#: Control characters except tab and line ends: useless in HTML, and left inside words by filters.
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0C, 0x0D})
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
#: Share of control characters above which the bytes are no text.
_MOST_CONTROLS = 0.1
#: Bytes at the start of the page in which NUL bytes are counted, to detect UTF-16 without a byte order mark.
_UTF16_BYTES = 2000
#: Size of the sample on which encodings are scored (bytes).
_SAMPLE_BYTES = 30_000
#: A claim wins at once from the first score, and against the best guess from the second share of the guess's score.
_CONVINCING, _BELIEVED = 0.95, 0.8
#: Scores below which a claim and a guess explain nothing: random bytes reach 0.7.
_POOR_CLAIM, _POOR_GUESS = 0.4, 0.75
#: Greatest share of broken sequences among the characters beyond ASCII.
_MOST_BROKEN = 0.05
#: U+FFFD for each character beyond ASCII above which the page was spoilt before the site sent the page.
_MOST_REPLACED = 0.2

#: Markup. An unclosed script or comment reaches to the end, as in browsers, so the search takes linear time.
_MARKUP = re.compile(rb"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--(?:-?>|.*?(?:-->|\Z))|<[^<>]*>", re.I | re.S)
_ASCII_ONLY = re.compile(rb"[\x00-\x1a\x1c-\x7f]{20,}")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
#: Places of letters beyond ASCII: one to three among ASCII letters, or in words of their own.
_AMONG_ASCII = re.compile(r"(?<![^\x00-\x7f])[^\x00-\x7f]{1,3}(?![^\x00-\x7f])")
_ON_THEIR_OWN = re.compile(r"(?<![A-Za-z])[^\x00-\x7f]+(?![A-Za-z])")
_C1_IN_UTF8 = re.compile(rb"\xc2[\x80-\x9f]")
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ESCAPES_OF_ISO_2022_JP = re.compile(rb"\x1b[$(][@B]")
#: A broken sequence in UTF-8 decoded with `surrogateescape` (byte b is U+DC00 + b): cut off (Unicode 3.9), or one byte.
_BROKEN = re.compile(
    "\udce0[\udca0-\udcbf]|\udced[\udc80-\udc9f]|[\udce1-\udcec\udcee\udcef][\udc80-\udcbf]"
    "|\udcf0[\udc90-\udcbf][\udc80-\udcbf]?|[\udcf1-\udcf3][\udc80-\udcbf]{1,2}|\udcf4[\udc80-\udc8f][\udc80-\udcbf]?"
    "|[\udc80-\udcff]"
)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>", re.I)


class UndecodableError(ValueError):
    """No encoding turns these bytes into text."""


@dataclass(frozen=True)
class _Alphabet:
    codecs: tuple[str, ...]
    share: float
    latin: bool
    letters: frozenset[str]


@cache
def _alphabets() -> dict[str, list[_Alphabet]]:
    """Return the alphabets of each codec. Read on first use, since most pages and listings are UTF-8."""
    table = tomllib.loads(files(__package__).joinpath("alphabets.toml").read_text("utf-8"))
    typography = table["typography"]
    alphabets: dict[str, list[_Alphabet]] = {}
    for row in table["alphabet"]:
        letters = frozenset(row["letters"] + typography)
        for codec in row["codecs"]:
            alphabet = _Alphabet(tuple(row["codecs"]), row["share"], row["latin"], letters)
            alphabets.setdefault(codec, []).append(alphabet)
    return alphabets


#: Wider codecs that browsers, and therefore authors, use in place of declared codecs (WHATWG Encoding, section 4.2).
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
#: Codecs of several bytes for each character: most bytes of other encodings are errors in these codecs.
_MULTIBYTE = frozenset({"gb18030", "big5hkscs", "cp932", "euc_jp", "cp949"})


def decode(body: bytes, content_type: str | None) -> str:
    """Return the text of the page `body`, without control characters. The header's claim is tried first.

    Raises:
        UndecodableError: the bytes are no text in any declared or detected encoding.
    """
    claims = [http_content_type_encoding(content_type), html_body_declared_encoding(body)]
    return _decode(body, claims, scored_only=True)


def decode_leniently(body: bytes, content_type: str | None) -> str:
    """Return the text of the listing `body`, with U+FFFD for bytes that no encoding explains.

    The document's claim is tried before the header's claim, which is wrong more often in feeds. A short listing has too
    few letters for scores and for a search of broken sequences, so claims are trusted more than in pages.
    """
    claims = [html_body_declared_encoding(body), http_content_type_encoding(content_type)]
    try:
        return _decode(body, claims, scored_only=False)
    except UndecodableError:
        marked, _ = read_bom(body)
        codecs = [name for name in claims if name and not name.startswith("utf")]
        return body.decode(marked or next(iter(codecs), "utf-8"), "replace")


def as_utf8(body: bytes, content_type: str | None) -> bytes:
    """Return `body` in UTF-8, for a parser: without byte order mark, XML declaration, NUL and leading white space."""
    text = decode_leniently(body, content_type).lstrip("\ufeff \t\r\n\x00").replace("\x00", "")
    return _XML_DECLARATION.sub("", text, count=1).lstrip().encode("utf-8", "replace")


def _decode(body: bytes, claims: Sequence[str | None], *, scored_only: bool) -> str:
    marked, mark = read_bom(body)
    if marked and mark is not None:
        return _without_controls(_read(body[len(mark) :], marked))
    if utf16 := _utf16(body):
        return _without_controls(_read(body, utf16))
    if b"\x1b" in body and _ESCAPES_OF_ISO_2022_JP.search(body) and body.isascii():
        return _without_controls(_read(body, "iso2022_jp_ext"))
    clean = body.translate(None, _CONTROLS)
    if len(body) - len(clean) > _MOST_CONTROLS * len(body):
        raise UndecodableError("more control characters than text")
    try:
        text = clean.decode("utf-8")
    except UnicodeDecodeError:
        return _unspoilt(_without_controls(_legacy(body, clean, claims, scored_only)))
    if text.isascii():  # CPython stores this answer with the string
        return text
    return _unspoilt(_without_controls(text) if b"\xc2" in clean and _C1_IN_UTF8.search(clean) else text)


def _utf16(body: bytes) -> str | None:
    """Return the codec of UTF-16 without a byte order mark, in which every other byte of the markup is NUL."""
    head = body[:_UTF16_BYTES]
    if not head or head.count(0) * 4 < len(head):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _legacy(body: bytes, clean: bytes, claims: Sequence[str | None], scored_only: bool) -> str:
    """Return the text of `clean`, which is not quite UTF-8; codecs are scored on `body`, with control characters."""
    codecs = [_WIDER.get(name, name) for name in claims if name and not name.startswith("utf")]
    text = None if scored_only else _by_claim(clean, codecs)
    if text is None and (scored_only or not codecs or _UTF8_SEQUENCE.search(clean)):
        text = _mended(clean)
    return text or _read(clean, _legacy_codec(body, codecs))


def _by_claim(body: bytes, codecs: list[str]) -> str | None:
    """Return `body` decoded by a claimed codec in which wrong bytes fail, or which has no alphabet for a score."""
    for codec in codecs:
        if codec in _MULTIBYTE or codec not in _alphabets():
            with suppress(UnicodeDecodeError, LookupError):
                return body.decode(codec)
    return None


def _mended(body: bytes) -> str | None:
    """Return UTF-8 text without its few broken sequences, which cut or glued pages have; None for other encodings."""
    most = max(2, int(_MOST_BROKEN * sum(map(body.count, range(0xC2, 0xF5)))))
    text = body.decode("utf-8", "surrogateescape")
    for broken, _ in enumerate(_BROKEN.finditer(text), 1):
        if broken > most:
            return None
    return _BROKEN.sub(_from_windows, text)


def _from_windows(broken: re.Match[str]) -> str:
    """Return the character of a single byte, which comes from a text in Western Windows; nothing for a cut sequence."""
    return broken[0].encode("utf-8", "surrogateescape").decode("cp1252", "ignore") if len(broken[0]) == 1 else ""


def _legacy_codec(body: bytes, codecs: list[str]) -> str:
    """Return the codec of bytes that are not UTF-8; the claimed `codecs` are scored first.

    Raises:
        UndecodableError: no codec explains the bytes.
    """
    sample = _sample(body)
    alphabets = _alphabets()
    scores: dict[str, float] = {}
    for codec in codecs:
        if codec in alphabets:
            scores[codec] = _score(sample, codec)
            if scores[codec] >= _CONVINCING:
                return codec
    claim = max(scores, key=scores.__getitem__, default=None)
    for codec in alphabets:
        scores.setdefault(codec, _score(sample, codec))
    best = max(alphabets, key=scores.__getitem__)
    if claim and scores[claim] >= _BELIEVED * scores[best] and scores[claim] >= _POOR_CLAIM:
        return claim
    if scores[best] < _POOR_GUESS:
        raise UndecodableError(f"no encoding explains the bytes ({claim or 'none'} is declared)")
    return best


def _sample(body: bytes) -> bytes:
    """Return the text that tells most about the encoding of `body`: without markup and without long runs of ASCII."""
    text = _MARKUP.sub(b" ", body)
    return _ASCII_ONLY.sub(b" ", text)[:_SAMPLE_BYTES]


def _score(sample: bytes, codec: str) -> float:
    """Return how well `codec` explains `sample`: 1 as well as usual for a text in this codec, 0 not at all."""
    text = sample.decode(codec, "replace")
    beyond = len(_BEYOND_ASCII.findall(text))
    if not beyond:
        return 0.0
    broken = text.count("\ufffd")
    placed = {latin: "".join((_AMONG_ASCII if latin else _ON_THEIR_OWN).findall(text)) for latin in (True, False)}
    return max(
        max(0, sum(map(alphabet.letters.__contains__, placed[alphabet.latin])) - 4 * broken) / beyond / alphabet.share
        for alphabet in _alphabets()[codec]
    )


def _read(body: bytes, codec: str) -> str:
    """Return `body` decoded by `codec`, without the few sequences that may be broken.

    Raises:
        UndecodableError: more than a few sequences are broken.
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
    """Return `text`.

    Raises:
        UndecodableError: too many characters were replaced by U+FFFD before the site sent the page.
    """
    if "\ufffd" not in text:
        return text
    replaced = text.count("\ufffd")
    if replaced > 20 and replaced > _MOST_REPLACED * len(_BEYOND_ASCII.findall(text)):
        raise UndecodableError(f"{replaced} replacement characters: spoilt before it was sent")
    return text
