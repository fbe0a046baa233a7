"""A regular expression for a letter: the letters of `\\w`, and the combining marks that are vowels in many scripts.

Python's `\\w` leaves out combining marks. So `\\w+` ends inside the words of Hindi, Bengali, Tamil, Thai or Burmese.
"""

from __future__ import annotations

#: Combining marks by their blocks (Unicode 15): Hebrew, Arabic, the Indic scripts, Thai, Lao, Tibetan, Burmese, Khmer.
MARKS = (
    r"\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
    r"\u0981-\u0983\u09bc-\u09d7\u09e2\u09e3\u0a01-\u0a03\u0a3c-\u0a51\u0a70-\u0a75\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03"
    r"\u0b3c-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c04\u0c3e-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d4d"
    r"\u0d57\u0d81-\u0d83\u0dca-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f71-\u0f84"
    r"\u102b-\u103e\u1056-\u1059\u17b4-\u17d3"
)
#: A letter or a mark. Some blocks of marks hold letters too, so the second alternative leaves letters out: a character
#: with two readings would make a pattern such as LETTER+ backtrack without end.
LETTER = rf"(?:[^\W\d_]|(?!\w)[{MARKS}])"
