"""From the page that a candidate led to, to the whole article: its original in its place, its further parts behind it.

All of it happens under the candidate's lease, so that a spider that dies on the way loses nothing; what cannot be had
leaves the page as it was fetched. The visit of an article goes wherever its address leads, known or not: whose page
that is, the workers decide.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request

from schemas.page import Page
from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.valkey_retry import retry_in_thread
from scrapers.discovery.candidate import candidate_name
from scrapers.discovery.canonical_and_parts import MOST_PARTS, next_part, original_of
from scrapers.discovery.links import article_shaped
from scrapers.fetch.capture import refuse
from scrapers.queue.frontier import Frontier
from scrapers.queue.handover import Captured, Confirmed, Refused

#: What comes next for a candidate: another page of it to be asked for, or its end.
Next = Request | Captured | Refused | Confirmed


class Gathering:
    """The pages of the candidate `name`; every method says what comes next."""

    def __init__(self, name: str, source: Source, frontier: Frontier, settings: Settings) -> None:
        self.name = name
        self._source = source
        self._frontier = frontier
        self._most_bytes = settings.download_maxsize
        self._page: Page | None = None
        self._further: list[bytes] = []
        self._awaits_original = False

    async def begin(self, page: Page) -> Next:
        """`page` is what the candidate's URL led to."""
        self._page = page
        if not _is_html(page):
            return Captured(self.name, page)
        try:
            landed = candidate_name(page.url)
            if landed != self.name and article_shaped(urlsplit(page.url)) and await self._known(landed):
                return self._duplicate(f"it leads to {page.url}")
            if original := original_of(page):
                if await self._known(candidate_name(original)):
                    return self._duplicate(f"its canonical address is {original}")
                self._awaits_original = True
                return Request(original)
        except ValueError:  # an address that is none
            return Captured(self.name, page)
        return await self._next()

    async def go_on(self, page: Page | None) -> Next:
        """`page` is what was asked for, None when it cannot be had."""
        assert self._page is not None
        whole = page is not None and _is_html(page)
        if self._awaits_original:
            self._awaits_original = False
            if page is not None and whole:
                self._page = page
        elif page is None or not whole or page.url == self._page.url or page.body in (self._page.body, *self._further):
            return self._done(self._page)
        else:
            self._further.append(page.body)
        return await self._next()

    async def _next(self) -> Next:
        page = self._page
        assert page is not None
        number = len(self._further) + 2
        size = len(page.body) + sum(map(len, self._further))
        if number > MOST_PARTS or size >= self._most_bytes:
            return self._done(page)
        link = next_part((self._further or [page.body])[-1], page.url, number)
        if link is None:
            return self._done(page)
        await retry_in_thread(self._frontier.see, candidate_name(link))
        return Request(link)

    async def _known(self, other: str) -> bool:
        """Whether the frontier has, or had, the candidate `other`, other than through this one."""
        if self._page and self._page.visit:
            return False
        return other != self.name and not await retry_in_thread(self._frontier.lean, self.name, other)

    def _duplicate(self, why: str) -> Refused:
        assert self._page is not None
        return Refused(self.name, refuse(self._page.requested_url, self._source.id, "duplicate", why))

    def _done(self, page: Page) -> Captured:
        return Captured(self.name, page.model_copy(update={"further": self._further}) if self._further else page)


def _is_html(page: Page) -> bool:
    content_type = page.headers.get("content-type", "text/html").lower()
    return page.status == 200 and ("html" in content_type or not content_type)
