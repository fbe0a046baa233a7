"""Names in Valkey: queues, job functions, streams and keys, said once for both sides."""

from __future__ import annotations

#: RQ queues. A worker listens on one queue only (a job popped from two is lost when its worker dies).
PAGES_QUEUE = "pages"
CRAWL_QUEUE = "crawl"

#: The function that RQ calls on PAGES_QUEUE with a list of page ids; named, never imported, by the spiders.
NORMALISE_JOB = "workers.jobs.normalise_pages"
#: The function that RQ calls on CRAWL_QUEUE with the id of a source; named, never imported, by whoever enqueues it.
CRAWL_JOB = "scrapers.jobs.crawl_source"
#: The same for a crawl that only fetches again the articles whose visit is due.
VISIT_JOB = "scrapers.jobs.visit_source"

#: Hash source id -> JSON Source, as the scheduler published it.
DEFINED = "newsline:sources:defined"
#: Sorted set source id -> unix time of its next crawl; what is paused is not in it.
DUE = "newsline:sources:due"
#: Sorted set source id -> unix time at which to look whether visits of its articles are due.
VISITING = "newsline:sources:visiting"
#: What is wrong with the file of sources, while the scheduler goes on with what it had before.
SOURCES_ERROR = "newsline:sources:error"

#: Streams from the atomic emit to the feed writer; each entry has one field, `line`.
ARTICLES_STREAM = "newsline:articles"
REJECTS_STREAM = "newsline:rejects"

#: Hash page_id -> unix time of hand-over; a page is in it from hand-over until it is emitted or quarantined.
PENDING = "newsline:pending"
#: Bytes of all page blobs that wait; the spiders' back-pressure.
PENDING_BYTES = "newsline:pending:bytes"
#: Set of source ids that have books.
SOURCES = "newsline:sources"


#: Hash of counters: see schemas.store.measures.
MEASURES = "newsline:measures"
#: Hash source id -> unix time of its last new article, and after a space its age then (s) where that is known.
LAST_ARTICLE = "newsline:last-article"
#: Hash role:host:pid -> JSON with a process that is alive: see schemas.process.heartbeat.
PROCESSES = "newsline:processes"

#: Hash path -> error of the archive files that the last ingest could not read to their end.
INGEST_BROKEN = "newsline:ingest:broken"


def page_key(page_id: str) -> str:
    """The packed Page."""
    return f"newsline:page:{page_id}"


#: Begins the key of every article.
ARTICLE_PREFIX = "newsline:article:"


def article_key(article_id: str) -> str:
    """What is remembered of an article, or of an address that one moved to: see schemas.store.memory."""
    return ARTICLE_PREFIX + article_id


#: Begins the key of every source's visits.
VISITS_PREFIX = "newsline:visits:"


def visits_key(source_id: str) -> str:
    """Sorted set article id (bytes) -> unix time at which the article is to be fetched again."""
    return VISITS_PREFIX + source_id


def books_key(source_id: str) -> str:
    """Hash of counters of a source: see schemas.store.books."""
    return f"newsline:books:{source_id}"


def frontier_key(source_id: str, part: str) -> str:
    """A part of a source's frontier: `todo`, `waiting`, `leased`, `candidates`, `seen`, `claims` or `owner`."""
    return f"newsline:frontier:{source_id}:{part}"


def found_key(source_id: str) -> str:
    """Hash with what autodiscovery knows of a source's listings: URL -> JSON, see scrapers.discovery.listing_memory."""
    return f"newsline:found:{source_id}"


def ingested_key(fingerprint: str) -> str:
    """How far an archive file was ingested: the offset of the last record taken, or `done`."""
    return f"newsline:ingested:{fingerprint}"


def writer_key(feed: str) -> str:
    """Hash stream -> lines that the writer of a feed had written when it trimmed that stream."""
    return f"newsline:writer:{feed}"


def health_key(source_id: str) -> str:
    """Hash with how a source's last crawl went; each field is there only while it is so.

    `home_error`: its home page could not be had, and why. `blocked`: a host refuses us. `robots`: a robots.txt cannot
    be had, so nothing is fetched there. `waiting`: a host asked us to come back later.
    """
    return f"newsline:health:{source_id}"


def crawled_key(source_id: str) -> str:
    """Hash with the last crawl job of a source: `started` and `ended` (unix times), `outcome` (`done`, `time`: its time
    was up, `stopped`, or why it failed), and when one last `succeeded`: was done, and had the home page."""
    return f"newsline:crawled:{source_id}"


def rhythm_key(source_id: str) -> str:
    """Hash hour since the epoch -> articles that a source published in it; `since`: when the count began."""
    return f"newsline:rhythm:{source_id}"


def undated_key(source_id: str) -> str:
    """Set of the names of a source's new articles whose time of publication no listing of this crawl has said."""
    return f"newsline:rhythm:{source_id}:undated"


def host_key(host: str) -> str:
    """JSON with the trouble a host had with us or we with it; expires."""
    return f"newsline:host:{host}"


def robots_key(origin: str) -> str:
    """The rules of an origin (scheme, host and port): its robots.txt, packed; expires within a day."""
    return f"newsline:robots:{origin}"


def site_key(host: str, month: int) -> str:
    """Sorted set of what articles of a host, seen in a month (counted from year 0), showed of their site; expires."""
    return f"newsline:site:{host}:{month}"


def tdm_key(origin: str) -> str:
    """The `/.well-known/tdmrep.json` of an origin, packed, empty where there is none; expires within a day."""
    return f"newsline:tdm:{origin}"


def validators_key(name: str) -> str:
    """JSON with ETag and Last-Modified of the URL with the digest `name`; expires."""
    return f"newsline:validators:{name}"


#: Hash page_id -> tries that failed because a worker died on the page, JSON objects with commas between.
BLAME = "newsline:blame"
#: Hash page_id -> JSON with why and when a page was put aside; its blob stays.
QUARANTINE = "newsline:quarantine"
