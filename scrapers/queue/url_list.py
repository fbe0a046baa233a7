"""A file of page URLs: each page goes to the frontier of its host, in the order of the file."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from redis import Redis

from schemas.process.settings import Settings
from schemas.source_file import read_urls
from scrapers.discovery.candidate import Candidate
from scrapers.queue.frontier import Frontier


def take_list(redis: Redis, path: Path, settings: Settings) -> int:
    """Make candidates of the URLs in `path`, and return the number of new candidates. The file is read as a stream.

    Raises:
        SourceFileError: as `read_urls`.
    """
    numbered = enumerate(read_urls(path))
    new = 0
    for source_id, entries in groupby(numbered, key=lambda entry: entry[1][0].id):
        candidates = (Candidate(url=url, rank=float(number)) for number, (_, url) in entries)
        new += Frontier(redis, source_id, settings).discover(candidates)
    return new
