"""A site seen before: later pages beside trafilatura by CPU time, how many its template reads, how good the text is.

python -m tests.benchmarks.seen; the sites are frames of the corpus (tests/benchmarks/frames.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import trafilatura

from newsline.extract.manifest import page_from_bytes
from schemas.encoding.decode import decode
from schemas.page import Page
from schemas.process.settings import Settings
from tests.benchmarks.figure import Figure, cpu_seconds
from tests.benchmarks.frames import Frame, frame
from tests.benchmarks.site import CORPUS, SETS, saved_pages
from workers.extraction.body.template import BY_TEMPLATE
from workers.extraction.extract import extract
from workers.extraction.reading.tokens import shingles, tokens
from workers.extraction.site_memory import SiteMemory, learn
from workers.pages.normalize import normalise

#: Sites, pages of each that are learned from, and pages that are measured.
_SITES, _LEARNED, _MEASURED = 10, 30, 20
#: Every how many pages of the corpus a frame is tried.
_STEP = 37
#: Pieces of stories have so many characters.
_PIECE = range(60, 800)


def measure() -> Iterator[Figure]:
    """CPU time, the share of pages that the template reads, and on these the text by it and by the full way."""
    pieces = _pieces()
    frames: list[Frame] = []
    for saved in saved_pages()[::_STEP] + saved_pages()[_STEP // 2 :: _STEP]:
        if len(frames) < _SITES and (found := frame(page_from_bytes(saved.body, saved.url))):
            frames.append(found)
    ratios, fits = [], []
    known: list[float] = []
    alone: list[float] = []
    for each in frames:
        drafts = (extract(each.page(number, pieces)[0], fetched=False) for number in range(_LEARNED))
        site = learn(draft.trace for draft in drafts if draft.trace)
        ours = theirs = 0.0
        for number in range(_LEARNED, _LEARNED + _MEASURED):
            page, story = each.page(number, pieces)
            body = extract(page, fetched=False, site=site).body
            fits.append(any(one.reason == BY_TEMPLATE for one in body.decided))
            if not fits[-1]:
                continue
            known.append(_f1(body.text, story))
            alone.append(_f1(extract(page, fetched=False).body.text, story))
            ours += cpu_seconds(lambda: _ours(page, site))  # noqa: B023
            theirs += cpu_seconds(lambda: _trafilatura(page))  # noqa: B023
        if theirs:
            ratios.append(ours / theirs)
    yield Figure("later page of a site, read by its template, CPU beside trafilatura", ratios, most=0.25)
    yield Figure("later pages read by the template", [sum(fits) / len(fits)], note=f"{len(frames)} sites")
    yield Figure(
        "text of these pages, F1",
        [sum(known) / max(1, len(known))],
        peers={"the full way": sum(alone) / max(1, len(alone))},
    )


def _pieces() -> list[str]:
    """Paragraphs of the labelled articles in English."""
    bodies = []
    for name in SETS:
        for path in sorted((CORPUS / name).glob("*.json")):
            label = json.loads(path.read_bytes())
            if label.get("language", "en") == "en":
                bodies.append(label.get("body") or "")
    return sorted({piece for body in bodies for piece in body.split("\n") if len(piece) in _PIECE and piece[-1] == "."})


def _ours(page: Page, site: SiteMemory) -> object:
    return normalise(page, Settings(), fetched=False, site=site)


def _trafilatura(page: Page) -> object:
    return trafilatura.bare_extraction(decode(page.body, None), with_metadata=True)


def _f1(text: str, story: str) -> float:
    """Of the runs of four words of both."""
    ours, theirs = set(shingles(tokens(text))), set(shingles(tokens(story)))
    return 2 * len(ours & theirs) / max(1, len(ours) + len(theirs))


def main() -> None:
    """Print the figures."""
    for figure in measure():
        print(f"{figure.name}: {figure.value:.3f} {dict(figure.peers)} {figure.note}")


if __name__ == "__main__":
    main()
