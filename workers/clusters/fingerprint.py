"""Compute the fingerprint of a text, a few bytes to find and decide near duplicates: MinHash of word pairs and facts.

The index in Valkey stores and compares these bytes. Any change to a byte needs a new LAYOUT, so that workers of two
versions never compare different layouts.
"""

from __future__ import annotations

import struct
from zlib import crc32

from rensa import RMinHash

from workers.clusters.features import features

#: Name of the layout, with the version of the library's hashes.
LAYOUT = f"1.{RMinHash.ALGORITHM_VERSION}"
#: Minima of each of the two sets, stored as a byte each. The share of equal minima of two sets is their Jaccard
#: similarity, give or take 0.07.
MINIMA = 48
_SEED = 8
#: Bands: a band leads to texts with the same two minima. Most bands hold facts, which a rewrite keeps (at a similarity
#: of 0.7, half of the pairs of minima are equal); some bands hold words, for texts without facts.
FACT_BANDS = 8
WORD_BANDS = 4
BANDS = FACT_BANDS + WORD_BANDS
#: Bytes of a band: the first two choose a bucket, the last two are the tag in the bucket.
BAND_BYTES = 4
#: Bytes of a print: the numbers of word pairs and of facts (two bytes each), and the minima of both sets.
PRINT_BYTES = 4 + 2 * MINIMA
#: Word pairs below which a text is too short to compare.
FEWEST_PAIRS = 12
#: Largest number in two bytes.
_MOST = 0xFFFF


def fingerprint(text: str) -> bytes:
    """Return the bands and then the print of `text`; no bytes for a text too short to compare."""
    pairs, facts = features(text)
    if len(pairs) < FEWEST_PAIRS:
        return b""
    word_minima, fact_minima = _minima(pairs), _minima(facts)
    rows = [(i, *fact_minima[i : i + 2]) for i in range(0, 2 * FACT_BANDS, 2) if facts]
    rows += [(MINIMA + i, *word_minima[i : i + 2]) for i in range(0, 2 * (BANDS - len(rows)), 2)]
    bands = b"".join(struct.pack(">I", crc32(struct.pack(">III", *row))) for row in rows)
    sizes = struct.pack(">HH", min(len(pairs), _MOST), min(len(facts), _MOST))
    return bands + sizes + bytes(minimum & 0xFF for minimum in (*word_minima, *fact_minima))


def _minima(features_of_text: set[str]) -> list[int]:
    sketch = RMinHash(MINIMA, _SEED)
    sketch.update(list(features_of_text))
    digest: list[int] = sketch.digest()
    return digest
