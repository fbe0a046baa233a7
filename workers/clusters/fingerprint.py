"""A text as a few bytes by which near duplicates are found and told: MinHash over its word pairs and its facts.

The layout below is what the index in Valkey keeps and compares; LAYOUT changes with everything that changes a byte, so
that workers of two versions never compare what cannot be compared.
"""

from __future__ import annotations

import struct
from zlib import crc32

from rensa import RMinHash

from workers.clusters.features import features

#: Names the layout, with the version of the library's hashes.
LAYOUT = f"1.{RMinHash.ALGORITHM_VERSION}"
#: Minima of each of the two sets, of which one byte is kept: two sets agree in as many as their Jaccard similarity
#: says, give or take .07.
MINIMA = 48
_SEED = 8
#: Bands: places where the index is asked for articles that agree in two minima. Most look at facts, which a rewrite
#: keeps (half of two minima agree where the similarity is .7); some at words, for texts without facts.
FACT_BANDS = 8
WORD_BANDS = 4
BANDS = FACT_BANDS + WORD_BANDS
#: Bytes of a band: a bucket, and a tag in it.
BAND_BYTES = 4
#: Bytes that are kept of a text: how many word pairs and facts it has (two bytes each), and their minima.
PRINT_BYTES = 4 + 2 * MINIMA
#: A text with fewer word pairs says too little to be compared.
FEWEST_PAIRS = 12
_MOST = 0xFFFF


def fingerprint(text: str) -> bytes:
    """The bands and then the print of `text`; nothing of a text that is too short to be compared."""
    pairs, facts = features(text)
    if len(pairs) < FEWEST_PAIRS:
        return b""
    words, said = _minima(pairs), _minima(facts)
    rows = [(i, *said[i : i + 2]) for i in range(0, 2 * FACT_BANDS, 2) if facts]
    rows += [(MINIMA + i, *words[i : i + 2]) for i in range(0, 2 * (BANDS - len(rows)), 2)]
    bands = b"".join(struct.pack(">I", crc32(struct.pack(">III", *row))) for row in rows)
    sizes = struct.pack(">HH", min(len(pairs), _MOST), min(len(facts), _MOST))
    return bands + sizes + bytes(each & 0xFF for each in (*words, *said))


def _minima(tokens: set[str]) -> list[int]:
    sketch = RMinHash(MINIMA, _SEED)
    sketch.update(list(tokens))
    digest: list[int] = sketch.digest()
    return digest
