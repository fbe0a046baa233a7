"""Keep the index of near duplicates in Valkey: constants of index.lua, the library that the emit step includes.

The index holds the texts of cluster founders, for seven to fourteen days. Each week gets new keys; this week's and last
week's keys are read, and older keys expire. Two kinds of strings:

1. `prints`: records of equal size, each the id of a cluster and a print. A record's number is its position.
2. A bucket: entries of equal size, each the tag of a band and the number of a record.
"""

from __future__ import annotations

from schemas.store.memory import MEMORY_LUA
from schemas.store.script import LuaFile
from workers.clusters.fingerprint import BAND_BYTES, BANDS, LAYOUT, MINIMA, PRINT_BYTES

PREFIX = f"newsline:clusters:{LAYOUT}:"
#: Seconds of a generation of the index.
GENERATION = 7 * 86400
#: Bytes of a record: the id of a cluster, and a print.
_CLUSTER_BYTES = 16
RECORD_BYTES = _CLUSTER_BYTES + PRINT_BYTES
#: Bytes of an entry of a bucket: a tag (two of the band's four bytes), and the number of a record.
_TAG_BYTES = 2
_ENTRY_BYTES = _TAG_BYTES + 4
#: Buckets of a generation.
_BUCKETS = 1 << 14
#: Records of a tag; a further record replaces the oldest.
_MOST_RECORDS = 4
#: Records of a generation: a string in Valkey has at most 512 MB. Later articles found clusters without a record.
_MOST_PRINTS = 4_000_000

#: Smallest shares of the smaller text's word pairs and facts that the other text has, and smallest Jaccard similarity
#: of the word pairs.
LEAST_WORDS_SHARED = 0.32
LEAST_FACTS_SHARED = 0.78
LEAST_WORDS_ALIKE = 0.14
#: With fewer facts than this (a number counts twice) words alone decide, and nearly all of them must be shared.
FEWEST_FACTS = 6
LEAST_WORDS_SHARED_ALONE = 0.85
#: Similarity from which a text of a cluster gets no record of its own.
_SAME = 0.85

#: Lua library: `cluster`.
CLUSTER_LUA = LuaFile(
    __package__,
    "index",
    includes=(MEMORY_LUA,),
    PREFIX=PREFIX,
    GENERATION=GENERATION,
    BANDS=BANDS,
    BAND_BYTES=BAND_BYTES,
    BUCKETS=_BUCKETS,
    TAG_BYTES=_TAG_BYTES,
    ENTRY_BYTES=_ENTRY_BYTES,
    RECORD_BYTES=RECORD_BYTES,
    CLUSTER_BYTES=_CLUSTER_BYTES,
    MINIMA=MINIMA,
    MOST_RECORDS=_MOST_RECORDS,
    MOST_PRINTS=_MOST_PRINTS,
    SAME=_SAME,
    WORDS_ALIKE=LEAST_WORDS_ALIKE,
    WORDS_SHARED=LEAST_WORDS_SHARED,
    WORDS_SHARED_ALONE=LEAST_WORDS_SHARED_ALONE,
    FACTS_SHARED=LEAST_FACTS_SHARED,
    FEWEST_FACTS=FEWEST_FACTS,
)
