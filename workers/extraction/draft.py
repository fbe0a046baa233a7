"""A draft: everything that extraction reads from a page, before workers/pages/normalize.py makes a record."""

from __future__ import annotations

from dataclasses import dataclass

from workers.extraction.body.article_body import Body
from workers.extraction.fields.found import Metadata
from workers.extraction.site_memory import Trace


@dataclass(slots=True)
class Draft:
    """The metadata and the body of a page."""

    metadata: Metadata
    body: Body
    #: The page's trace of the site, for the site's memory; None when the page adds nothing to the memory.
    trace: Trace | None = None
