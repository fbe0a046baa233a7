"""Names in Valkey: queues, job functions, streams and keys."""

from __future__ import annotations

#: RQ queues. A worker listens on a single queue: a job popped from one of two queues is lost when the worker dies.
PAGES_QUEUE = "pages"
CRAWL_QUEUE = "crawl"

#: Function of jobs on PAGES_QUEUE, called with a list of page ids. Spiders name the function and never import it.
NORMALISE_JOB = "workers.jobs.normalise_pages"
#: Function of crawl jobs on CRAWL_QUEUE, called with the id of a source.
CRAWL_JOB = "scrapers.jobs.crawl_source"
#: Function of jobs on CRAWL_QUEUE that only fetch articles with a due visit again.
VISIT_JOB = "scrapers.jobs.visit_source"

#: Hash source id -> JSON Source, published by the scheduler.
DEFINED = "newsline:sources:defined"
#: Sorted set source id -> unix time of the next crawl; without paused sources.
DUE = "newsline:sources:due"
#: Sorted set source id -> unix time at which the scheduler looks for due visits.
VISITING = "newsline:sources:visiting"
#: Faults of the file of sources; meanwhile the scheduler uses the sources of the last good file.
SOURCES_ERROR = "newsline:sources:error"

#: Streams from the emission (step 5) to the feed writer (step 6); the record is the entry's field `line`.
ARTICLES_STREAM = "newsline:articles"
REJECTS_STREAM = "newsline:rejects"

#: Hash page_id -> unix time of hand-over, from hand-over until emission or quarantine.
PENDING = "newsline:pending"
#: Bytes of all waiting page blobs; the measure of the spiders' back-pressure.
PENDING_BYTES = "newsline:pending:bytes"
#: Set of the ids of sources with books.
SOURCES = "newsline:sources"

#: Hash of counters: see schemas.store.measures.
MEASURES = "newsline:measures"
#: Hash source id -> unix time of the last new article, and after a space its age at that time (s) where known.
LAST_ARTICLE = "newsline:last-article"
#: Hash role:host:pid -> JSON of a live process: see schemas.process.heartbeat.
PROCESSES = "newsline:processes"

#: Hash path -> error of archive files that the last ingest could not read completely.
INGEST_BROKEN = "newsline:ingest:broken"


def page_key(page_id: str) -> str:
    """Return the key of a packed Page."""
    return f"newsline:page:{page_id}"


#: Prefix of the keys of articles.
ARTICLE_PREFIX = "newsline:article:"


def article_key(article_id: str) -> str:
    """Return the key of an article's memory, or of an address to which an article moved: see schemas.store.memory."""
    return ARTICLE_PREFIX + article_id


#: Prefix of the keys of visits.
VISITS_PREFIX = "newsline:visits:"


def visits_key(source_id: str) -> str:
    """Return the key of a sorted set article id (bytes) -> unix time of the next visit."""
    return VISITS_PREFIX + source_id


def books_key(source_id: str) -> str:
    """Return the key of the hash of a source's counters: see schemas.store.books."""
    return f"newsline:books:{source_id}"


def frontier_key(source_id: str, part: str) -> str:
    """Return the key of a part of a frontier: `todo`, `waiting`, `leased`, `candidates`, `seen`, `claims`, `owner`."""
    return f"newsline:frontier:{source_id}:{part}"


def found_key(source_id: str) -> str:
    """Return the key of a hash with autodiscovered listings: URL -> JSON, see scrapers.discovery.listing_memory."""
    return f"newsline:found:{source_id}"


def ingested_key(fingerprint: str) -> str:
    """Return the key of an archive file's progress: the offset (bytes) of the last ingested record, or `done`."""
    return f"newsline:ingested:{fingerprint}"


def writer_key(feed: str) -> str:
    """Return the key of a hash stream -> number of lines that a feed's writer had written at its last trim."""
    return f"newsline:writer:{feed}"


def health_key(source_id: str) -> str:
    """Return the key of a hash with a source's troubles: fields and meanings in schemas.store.health.HealthMark."""
    return f"newsline:health:{source_id}"


def crawled_key(source_id: str) -> str:
    """Return the key of a hash with a source's last crawl job.

    1. `started`, `ended`: unix times.
    2. `outcome`, `detail`: schemas.store.health.CrawlEnd, and more words (an exit status).
    3. `first`: unix time of the source's first crawl.
    4. `succeeded`: unix time of the last crawl that was done and had the home page.
    5. `failures`: failed crawls in a row.
    """
    return f"newsline:crawled:{source_id}"


def rhythm_key(source_id: str) -> str:
    """Return the key of a hash hour since the epoch -> articles published in this hour; `since`: start of the count."""
    return f"newsline:rhythm:{source_id}"


def undated_key(source_id: str) -> str:
    """Return the key of a set: names of a source's new articles without a publication time in this crawl's listings."""
    return f"newsline:rhythm:{source_id}:undated"


def host_key(host: str) -> str:
    """Return the key of JSON with a host's errors and refusals; expires."""
    return f"newsline:host:{host}"


def robots_key(origin: str) -> str:
    """Return the key of the packed robots.txt of an origin (scheme, host and port); expires within a day."""
    return f"newsline:robots:{origin}"


def site_key(host: str, month: int) -> str:
    """Return the key of a sorted set: a site's traits in a host's articles of a month (since year 0); expires."""
    return f"newsline:site:{host}:{month}"


def tdm_key(origin: str) -> str:
    """Return the key of an origin's packed `/.well-known/tdmrep.json`, empty when missing; expires within a day."""
    return f"newsline:tdm:{origin}"


def validators_key(name: str) -> str:
    """Return the key of JSON with ETag and Last-Modified of the URL with the digest `name`; expires."""
    return f"newsline:validators:{name}"


#: Hash page_id -> JSON objects separated by commas: the deaths of workers on the page.
BLAME = "newsline:blame"
#: Hash page_id -> JSON with reason and time of the quarantine; the page's blob stays.
QUARANTINE = "newsline:quarantine"
