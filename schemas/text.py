"""Text of the records: NFC, without control characters and invisible characters.

Zero-width joiner and non-joiner are spelling in Persian, the Indic scripts and emoji sequences. Between two visible
characters of such a script they stay; elsewhere they are removed like all other invisible characters.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

#: C0 and C1 controls without tab and line feed, soft hyphen, zero-width space, bidi marks and isolates, word joiner,
#: invisible operators, interlinear annotation, object replacement, byte order mark, lone surrogates, non-characters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffc\ufffe\uffff\ud800-\udfff]"
)
_LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
#: Scripts with U+200C and U+200D in their spelling (Arabic, Indic, Sinhala, Khmer), and emoji.
_JOINING = (
    "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\u1780-\u17ff\ufb50-\ufdff\ufe70-\ufefc"
    "\ufe0f\u2600-\u27bf\U0001f000-\U0001faff"
)
_STRAY_JOINER = re.compile(f"(?<![{_JOINING}])[\u200c\u200d]+|[\u200c\u200d]+(?![{_JOINING}\u2640\u2642])")
_SPACES = re.compile(r"\s+")
#: Control characters that count as white space in Python, and are forbidden in records.
_SEPARATORS = re.compile("[\x1c-\x1f]")


def clean_text(text: str) -> str:
    """Return `text` in NFC, line breaks as `\\n`, without forbidden characters; other white space stays."""
    text = _LINE_BREAKS.sub("\n", text)
    text = _FORBIDDEN.sub("", text)
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """Return `text` cleaned, every run of white space replaced by a space, none at the ends."""
    if not _SEPARATORS.search(text):
        line = " ".join(text.split())
        # printable: no control, invisible or unassigned characters, and no white space except spaces
        if line.isprintable() and "\ufffc" not in line:
            return unicodedata.normalize("NFC", line)
    return _SPACES.sub(" ", clean_text(text)).strip()


def _check(text: str) -> str:
    if clean_text(text) != text:
        raise ValueError("text must be NFC and without control or invisible characters: pass it through clean_text()")
    return text


def _check_filled(text: str) -> str:
    if not text.strip():
        raise ValueError("an empty string: an unknown value must be null")
    return _check(text)


#: Text of a record; may be empty.
Text = Annotated[str, AfterValidator(_check)]
#: Text that is not empty: an unknown value is null.
FilledText = Annotated[str, AfterValidator(_check_filled)]
