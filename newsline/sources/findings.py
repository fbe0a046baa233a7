"""What a probe of a site comes to: the entry that it makes, and what is missing there, in words that say what to do."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsline.sources.naming import name_and_language
from schemas.article import ArticleDraft
from schemas.page import Page
from schemas.reject import Reject
from schemas.source import Source
from schemas.urls.site import same_site
from scrapers.spiders.probe import Probe

#: A site whose newest entry is older than this is taken for silent (s).
_SILENT = 7 * 86400.0


@dataclass(frozen=True)
class Findings:
    """`probe`, and what the extraction made of each of its samples."""

    probe: Probe
    records: Sequence[ArticleDraft | Reject]

    @property
    def articles(self) -> list[ArticleDraft]:
        """The samples that are articles."""
        return [each for each in self.records if isinstance(each, ArticleDraft)]

    @property
    def works(self) -> bool:
        """Whether a crawl would give articles."""
        return bool(self.articles)

    def entry(self) -> Source:
        """The source as it may be written down: its name, language, and the feeds and sitemaps that list articles."""
        source = self.probe.source
        home = self.probe.home
        name, language = name_and_language(home) if isinstance(home, Page) and home.status == 200 else (None, None)
        found = {
            "name": name if name and source.name == _host(source.home) else source.name,
            "language": source.language or language or self._language(),
            "feeds": source.feeds or [each.url for each in self.probe.alive("feed")],
            "sitemaps": source.sitemaps or [each.url for each in self.probe.alive("sitemap")],
        }
        return Source(**{**source.model_dump(), **found})

    def _language(self) -> str | None:
        """That of most samples."""
        languages = Counter(each.language for each in self.articles if each.language)
        return languages.most_common(1)[0][0] if languages else None

    def missing(self) -> list[str]:
        """What is wrong or missing, the worst first; each with what can be done."""
        return [*self._home(), *self._listings(), *self._samples()]

    def _home(self) -> Iterator[str]:
        home, source = self.probe.home, self.probe.source
        if isinstance(home, Reject):
            yield f"the home page cannot be had: {home.reason}: {home.detail or ''}".rstrip(": ")
        elif home.status != 200:
            yield f"the home page answered {home.status}: is {source.home} the right address?"
        elif not same_site(home.url, source.home):
            yield f"the home page is at {home.url} now: make that the home"

    def _listings(self) -> Iterator[str]:
        probe = self.probe
        if not isinstance(probe.home, Page) or probe.home.status != 200:
            return
        for each in probe.asked:
            if each.problem and each.url in (*probe.source.feeds, *probe.source.sitemaps):
                yield f"the {each.kind} {each.url} {each.problem}: take it out, or name another"
        newest = max((each.newest or 0.0 for each in probe.asked), default=0.0)
        if not (probe.alive("feed") or probe.alive("sitemap")):
            yield "no feed and no sitemap lists articles: they are found by links on the pages only"
        elif newest and time.time() - newest > _SILENT:
            yield f"the newest entry of its feeds and sitemaps is {(time.time() - newest) / 86400:.0f} days old"
        if probe.left_out:
            whole = probe.left_out + len(probe.candidates)
            yield f"{probe.left_out} of {whole} URLs are left out by include and exclude"
        if not probe.candidates:
            yield "nothing on it looks like an article: name feeds or sections; built in script, it needs render = true"

    def _samples(self) -> Iterator[str]:
        for record in self.records:
            if isinstance(record, Reject):
                yield f"{record.url} gives no article: {record.reason}: {record.detail or ''}".rstrip(": ")
        articles = self.articles
        if undated := sum(each.published is None for each in articles):
            yield f"{undated} of {len(articles)} sample articles have no publication date"
        language, source = self._language(), self.probe.source
        if language and source.language and language.split("-")[0] != source.language.split("-")[0]:
            yield f"language is {source.language}, and its articles are in {language}"
        if paid := sum(each.access == "paid" for each in articles):
            yield f"{paid} of {len(articles)} sample articles say that they are for subscribers"


def _host(url: str) -> str:
    parts = urlsplit(url)
    return (parts.netloc or "").lower().removeprefix("www.")
