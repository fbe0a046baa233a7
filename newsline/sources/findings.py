"""The findings of a probe: a site's entry for the file of sources, and the problems of the site with their remedies."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsline.sources.naming import name_and_language
from schemas.article import ArticleDraft
from schemas.page import Page
from schemas.process.settings import Settings
from schemas.reject import Reject
from schemas.source import Source
from schemas.urls.site import same_site
from scrapers.spiders.probe import Probe, Tell, probe
from workers.pages.normalize import normalise

#: A site counts as silent when the newest entry is older than this (seconds).
_SILENT = 7 * 86400.0


@dataclass(frozen=True)
class Findings:
    """A probe, and the extraction's record of each sample page."""

    probe: Probe
    records: Sequence[ArticleDraft | Reject]

    @property
    def articles(self) -> list[ArticleDraft]:
        """The articles among the samples."""
        return [record for record in self.records if isinstance(record, ArticleDraft)]

    @property
    def works(self) -> bool:
        """Whether a crawl would give articles."""
        return bool(self.articles)

    def entry(self) -> Source:
        """Return the source for the file of sources: with name, language, and the feeds and sitemaps with articles."""
        source = self.probe.source
        home = self.probe.home
        name, language = name_and_language(home) if isinstance(home, Page) and home.status == 200 else (None, None)
        changes = {
            "name": name if name and source.name == _host(source.home) else source.name,
            "language": source.language or language or self._language(),
            "feeds": source.feeds or [feed.url for feed in self.probe.alive("feed")],
            "sitemaps": source.sitemaps or [sitemap.url for sitemap in self.probe.alive("sitemap")],
        }
        return Source(**{**source.model_dump(), **changes})

    def _language(self) -> str | None:
        """Return the language of most samples."""
        languages = Counter(article.language for article in self.articles if article.language)
        return languages.most_common(1)[0][0] if languages else None

    def problems(self) -> list[str]:
        """Return the problems of the site with their remedies, the worst first."""
        return [*self._home_problems(), *self._listing_problems(), *self._sample_problems()]

    def _home_problems(self) -> Iterator[str]:
        home, source = self.probe.home, self.probe.source
        if isinstance(home, Reject):
            yield f"the home page cannot be fetched: {home.reason}: {home.detail or ''}".rstrip(": ")
        elif home.status != 200:
            yield f"the home page answered {home.status}: is {source.home} the right address?"
        elif not same_site(home.url, source.home):
            yield f"the home page is at {home.url} now: make this URL the home"

    def _listing_problems(self) -> Iterator[str]:
        probe = self.probe
        if not isinstance(probe.home, Page) or probe.home.status != 200:
            return
        for answer in probe.asked:
            if answer.problem and answer.url in (*probe.source.feeds, *probe.source.sitemaps):
                yield f"the {answer.kind} {answer.url} {answer.problem}: take it out, or name another"
        newest = max((answer.newest or 0.0 for answer in probe.asked), default=0.0)
        if not (probe.alive("feed") or probe.alive("sitemap")):
            yield "no feed and no sitemap lists articles: they are found only by links on the site's pages"
        elif newest and time.time() - newest > _SILENT:
            yield f"the newest entry of the feeds and sitemaps is {(time.time() - newest) / 86400:.0f} days old"
        if probe.left_out:
            total = probe.left_out + len(probe.candidates)
            yield f"{probe.left_out} of {total} URLs are left out by include and exclude"
        if not probe.candidates:
            yield (
                "no link looks like an article: name feeds or sections; a site built by JavaScript needs render = true"
            )

    def _sample_problems(self) -> Iterator[str]:
        for record in self.records:
            if isinstance(record, Reject):
                yield f"{record.url} gives no article: {record.reason}: {record.detail or ''}".rstrip(": ")
        articles = self.articles
        if undated := sum(article.published is None for article in articles):
            yield f"{undated} of {len(articles)} sample articles have no publication date"
        language, source = self._language(), self.probe.source
        if language and source.language and language.split("-")[0] != source.language.split("-")[0]:
            yield f"language is {source.language}, and its articles are in {language}"
        if paid := sum(article.access == "paid" for article in articles):
            yield f"{paid} of {len(articles)} sample articles are marked as for subscribers only"


def probe_sources(
    sources: Sequence[Source], settings: Settings, allow_net: Sequence[str], tell: Tell
) -> list[Findings]:
    """Probe sources and extract their sample pages. Works only once in a process, as Scrapy's reactor does.

    Raises:
        ValueError: a network of `allow_net` is invalid.
    """
    return [
        Findings(
            answers,
            [normalise(page, settings) if isinstance(page, Page) else page for page in answers.samples],
        )
        for answers in probe(sources, settings, allow_net, tell)
    ]


def _host(url: str) -> str:
    parts = urlsplit(url)
    return (parts.netloc or "").lower().removeprefix("www.")
