"""A draft: all that extraction finds on a page, before normalize makes a record of it."""

from __future__ import annotations

from dataclasses import dataclass

from workers.extraction.body.article_body import Body
from workers.extraction.fields.found import Metadata
from workers.extraction.site_memory import Trace


@dataclass(slots=True)
class Draft:
    """Everything that one page says."""

    metadata: Metadata
    body: Body
    #: What it shows of its site, where somebody learns from that.
    trace: Trace | None = None
