"""The body as other extractors see it, and as we do, on the same labelled pages in one run.

    python -m tests.benchmarks.peers CORPUS OUT [EXTRACTOR ...]

Writes OUT/<extractor>.jsonl for score.py, and prints CPU time a page and the peer's version. Needs the extra `peers`.
The scores of `newsline` here are of the shipped model, which has seen these very pages: the honest ones are by folds
(tests/benchmarks/body.py). `make bench` compares the sets on which time is decided.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path

from lxml import html

from newsline.extract.manifest import page_from_bytes
from schemas.encoding.decode import decode
from schemas.page import Hints
from schemas.process.settings import Settings
from schemas.version import VERSION
from tests.benchmarks.figure import Figure
from tests.benchmarks.metadata import load
from tests.benchmarks.site import CORPUS, SETS, Saved, saved_pages
from training.examples import load_label, load_page
from workers.extraction.reading.document import Document
from workers.pages.normalize import normalise

Extractor = Callable[[Document, str], str]


def trafilatura_default(document: Document, text: str) -> str:
    import trafilatura

    found = trafilatura.bare_extraction(text, include_comments=False, with_metadata=True)
    return (getattr(found, "text", None) or "") if found else ""


def trafilatura_fast(document: Document, text: str) -> str:
    import trafilatura

    found = trafilatura.bare_extraction(text, include_comments=False, fast=True, with_metadata=True)
    return (getattr(found, "text", None) or "") if found else ""


def trafilatura_precision(document: Document, text: str) -> str:
    import trafilatura

    found = trafilatura.bare_extraction(text, include_comments=False, favor_precision=True, with_metadata=True)
    return (getattr(found, "text", None) or "") if found else ""


def newspaper4k(document: Document, text: str) -> str:
    import newspaper

    article = newspaper.Article(document.url or "https://news.example/", fetch_images=False)
    article.download(input_html=text)
    article.parse()
    return str(article.text or "")


def readability(document: Document, text: str) -> str:
    from readability import Document as Readable

    summary = Readable(text).summary(html_partial=True)
    return "\n".join(str(text) for text in html.fromstring(summary).itertext())


def resiliparse(document: Document, text: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(text, main_content=True, alt_texts=False, links=False))


def newsline(document: Document, text: str) -> str:
    from workers.extraction.body.extract_body import extract_body
    from workers.extraction.metadata import extract_metadata
    from workers.extraction.reading.document import parse_html

    parsed = parse_html(text, url=document.url, headers={}, hints=Hints(), size=len(text))
    return extract_body(parsed, extract_metadata(parsed)).text


#: Name, distribution and function of each; a new peer is one function and one line.
EXTRACTORS: dict[str, tuple[str, Extractor]] = {
    "trafilatura": ("trafilatura", trafilatura_default),
    "trafilatura-fast": ("trafilatura", trafilatura_fast),
    "trafilatura-precision": ("trafilatura", trafilatura_precision),
    "newspaper4k": ("newspaper4k", newspaper4k),
    "readability-lxml": ("readability-lxml", readability),
    "resiliparse": ("resiliparse", resiliparse),
    "newsline": ("newsline", newsline),
}

#: Those that `make bench` compares.
_COMPARED = ("trafilatura", "trafilatura-fast", "newspaper4k", "readability-lxml", "resiliparse")


@dataclass(frozen=True)
class Compared:
    """One set: CPU milliseconds a page of all extractors, and the scorer's rows of the peers."""

    cost: dict[str, float]
    rows: dict[str, dict[str, float]]


def measure() -> Iterator[Figure]:
    """CPU time of all on the same pages: ours from bytes to record, the peers from decoded text to theirs."""
    for name, found in compared().items():
        peers = {peer: cost for peer, cost in found.cost.items() if peer != "newsline"}
        yield Figure(f"page, {name}, CPU", [found.cost["newsline"]], "ms", peers=peers)


@cache
def compared() -> dict[str, Compared]:
    """Each set with the extractors of `make bench`, which take turns page by page; those not installed are left out."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as processes:
        parts = list(processes.map(_part, range(cores), [cores] * cores))
    seconds = {
        name: {each: sum(spent[name][each] for spent, _ in parts) for each in parts[0][0][name]} for name in SETS
    }
    bodies = {name: {key: body for _, told in parts for key, body in told[name].items()} for name in parts[0][1]}
    score = load(CORPUS.parent / "tools" / "score.py").score
    rows = {name: score(CORPUS, found)[0] for name, found in bodies.items()}
    return {
        name: Compared(
            {each: 1000 * spent / len(list((CORPUS / name).glob("*.json"))) for each, spent in seconds[name].items()},
            {each: row[name] for each, row in rows.items()},
        )
        for name in SETS
    }


def _part(first: int, step: int) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, dict[str, str]]]]:
    """Every page from `first` on: CPU seconds by set and extractor, and the bodies of the peers."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)  # what peers have to say of each page
    here = [name for name in _COMPARED if _installed(EXTRACTORS[name][0])]
    seconds = {name: dict.fromkeys([*here, "newsline"], 0.0) for name in SETS}
    bodies: dict[str, dict[str, dict[str, str]]] = {name: {} for name in here}
    for number, (path, saved) in enumerate(islice(_saved(), first, None, step)):
        page, text = page_from_bytes(saved.body, saved.url), decode(saved.body, None)
        document = Document(tree=html.Element("html"), url=saved.url, headers={}, hints=Hints(), size=len(text))
        spent = seconds[path.parent.name]
        for name in here:
            if not number:  # nobody pays for loading
                _try(EXTRACTORS[name][1], document, text)
            start = time.process_time()
            body = _try(EXTRACTORS[name][1], document, text)
            spent[name] += time.process_time() - start
            bodies[name][f"{path.parent.name}/{path.stem}"] = {"body": body}
        if not number:
            normalise(page, Settings())
        start = time.process_time()
        normalise(page, Settings(), fetched=False)
        spent["newsline"] += time.process_time() - start
    return seconds, bodies


def _saved() -> Iterator[tuple[Path, Saved]]:
    labels = [label for name in SETS for label in sorted((CORPUS / name).glob("*.json"))]
    yield from zip(labels, saved_pages(), strict=True)


def _installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def _try(extractor: Extractor, document: Document, text: str) -> str:
    try:
        return extractor(document, text)
    except Exception:  # a peer that breaks on a page scores nothing on it
        return ""


def main() -> None:
    """Run each extractor over every page that has a body label."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("extractors", nargs="*", default=list(EXTRACTORS))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    every = [(path, load_label(path)) for path in sorted(options.corpus.glob("*/*.json"))]
    labels = [(path, label) for path, label in every if label.get("body")]
    for name in options.extractors:
        distribution, extractor = EXTRACTORS[name]
        seconds, failed = 0.0, 0
        with (options.out / f"{name}.jsonl").open("w", encoding="utf-8") as out:
            for path, label in labels:
                document = load_page(path, label["url"])
                text = html.tostring(document.tree, encoding="unicode")
                start = time.process_time()
                try:
                    body = extractor(document, text)
                except Exception:  # a peer that breaks on a page scores nothing on it, and we count it
                    body, failed = "", failed + 1
                seconds += time.process_time() - start
                line = {"id": f"{path.parent.name}/{label['id']}", "body": body}
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
        cost = 1000 * seconds / len(labels)
        release = VERSION if distribution == "newsline" else version(distribution)
        print(f"{name:<24}{release:<14}{cost:8.1f} ms a page, {failed} failed", flush=True)


if __name__ == "__main__":
    main()
