"""A site that publishes, edits and withdraws while it is crawled, and knows what a feed must say of it."""

from __future__ import annotations

from collections.abc import Iterable

from tests.sites.page import Page
from tests.sites.site import Site

_TEXT = (
    "The council of Almera decided on Tuesday to rebuild the old bridge before the winter.",
    "Engineers had warned for years that its pillars would not carry another flood.",
    "Work begins in March, said the mayor, who promised that both lanes stay open at night.",
    "Shopkeepers on the western bank fear for their trade and ask for a ferry until then.",
)


class Press:
    """The articles of one site by path; its feed names the newest first."""

    def __init__(self, name: str) -> None:
        self.site = Site(name)
        self.articles: dict[str, str] = {}
        #: Every state that an article has had, in order: (path, headline), None for withdrawn.
        self.history: list[tuple[str, str | None]] = []
        self._list()

    def publish(self, number: int, headline: str, delay: float = 0.0) -> None:
        """Publish an article, or edit it."""
        path = f"/2026/11/story-{number}"
        self.articles[path] = headline
        self.history.append((path, headline))
        text = "".join(f"<p>{sentence} So it was told in story {number} of {self.site.name}.</p>" for sentence in _TEXT)
        body = (
            f"<html lang='en'><head><title>{headline}</title></head><body><article><h1>{headline}</h1>{text}"
            f"<p>This is how it stood when its headline was: {headline}.</p></article></body></html>"
        )
        self.site.publish(path, Page(body, delay=delay))
        self._list()

    def withdraw(self, number: int) -> None:
        """Take an article away for good."""
        path = f"/2026/11/story-{number}"
        del self.articles[path]
        self.history.append((path, None))
        self.site.withdraw(path, status=410)
        self._list()

    def _list(self) -> None:
        items = "".join(
            f"<item><title>{headline}</title><link>{{{{base}}}}{path}</link></item>"
            for path, headline in reversed(self.articles.items())
        )
        rss = f"<rss version='2.0'><channel><title>{self.site.name}</title>{items}</channel></rss>"
        self.site.publish("/feed.xml", Page(rss, content_type="application/rss+xml"))
        link = "<link rel='alternate' type='application/rss+xml' href='/feed.xml'>"
        self.site.publish("/", f"<html><head><title>{self.site.name}</title>{link}</head><body>News.</body></html>")

    def told(self) -> dict[str, list[str | None]]:
        """The states of each article by its URL, as `lives` reads them in a feed."""
        return lives((self.site.url(path), headline) for path, headline in self.history)


def lives(states: Iterable[tuple[str, str | None]]) -> dict[str, list[str | None]]:
    """By URL, the states of an article in their order."""
    out: dict[str, list[str | None]] = {}
    for url, state in states:
        out.setdefault(url, []).append(state)
    return out
