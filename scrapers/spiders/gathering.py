"""From a candidate's page to the whole article: the original replaces the page, and further parts are added.

The candidate stays leased until the whole article is handed over, so a spider's death on the way loses nothing: the
next owner of the source starts again with the candidate. When an original or a part cannot be fetched, the page stays
as fetched. The visit of an article follows the article's address anywhere, also to a known URL: the workers decide to
which article the page belongs.
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

#: The next step of a candidate: a request for another page, or the end.
Next = Request | Captured | Refused | Confirmed


class Gathering:
    """Gathers the pages of the candidate `name`; the methods return the next step."""

    def __init__(self, name: str, source: Source, frontier: Frontier, settings: Settings) -> None:
        self.name = name
        self._source = source
        self._frontier = frontier
        self._most_bytes = settings.download_maxsize
        self._page: Page | None = None
        self._further: list[bytes] = []
        self._awaits_original = False

    async def begin(self, page: Page) -> Next:
        """Begin with `page`, to which the candidate's URL led."""
        self._page = page
        if not _is_html(page):
            return Captured(self.name, page)
        try:
            landed = candidate_name(page.url)
            if landed != self.name and article_shaped(urlsplit(page.url)) and await self._known(landed):
                return self._duplicate(f"it leads to {page.url}")
            if original := original_of(page):
                request = Request(original)
                if await self._known(candidate_name(original)):
                    return self._duplicate(f"its canonical address is {original}")
                self._awaits_original = True
                return request
        except ValueError:  # an invalid URL
            return Captured(self.name, page)
        return await self._next()

    async def go_on(self, page: Page | None) -> Next:
        """Go on with `page`, requested by the step before; None when the request failed."""
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
        try:
            link = next_part((self._further or [page.body])[-1], page.url, number)
            if link is None:
                return self._done(page)
            request, name = Request(link), candidate_name(link)
        except ValueError:  # an invalid URL: the page stays as fetched
            return self._done(page)
        await retry_in_thread(self._frontier.see, name)
        return request

    async def _known(self, name: str) -> bool:
        """Return whether the frontier has, or had, the candidate `name` on its own, not through this candidate."""
        if self._page and self._page.visit:
            return False
        return name != self.name and not await retry_in_thread(self._frontier.claim, self.name, name)

    def _duplicate(self, why: str) -> Refused:
        assert self._page is not None
        return Refused(self.name, refuse(self._page.requested_url, self._source.id, "duplicate", why))

    def _done(self, page: Page) -> Captured:
        return Captured(self.name, page.model_copy(update={"further": self._further}) if self._further else page)


def _is_html(page: Page) -> bool:
    content_type = page.headers.get("content-type", "text/html").lower()
    return page.status == 200 and ("html" in content_type or not content_type)
