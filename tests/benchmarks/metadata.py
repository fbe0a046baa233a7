"""Title, authors and date beside trafilatura's and newspaper4k's on the labelled corpus, in one run.

    python -m tests.benchmarks.metadata ../shared/corpus ../shared/tools/score.py

newspaper4k is no dependency: `pip install newspaper4k` first, or its column is left out. Times are CPU milliseconds a
page from the decoded text, parsing included.
"""

from __future__ import annotations

import gzip
import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import trafilatura

from schemas.encoding.decode import decode
from schemas.page import Hints
from workers.extraction.metadata import extract_metadata
from workers.extraction.reading.document import parse_html

FIELDS = ("title", "authors", "date")
Prediction = dict[str, Any]
Reader = Callable[[str, str | None], Prediction]


def ours(html: str, url: str | None) -> Prediction:
    """The first step of our metadata."""
    metadata = extract_metadata(parse_html(html, url=url, headers={}, hints=Hints(), size=len(html)))
    return {
        "title": metadata.title.value if metadata.title else None,
        "authors": [author.name for author in metadata.authors.value] if metadata.authors else [],
        "date": metadata.published.model_dump() if metadata.published else None,
    }


def trafilaturas(html: str, url: str | None) -> Prediction:
    """trafilatura.extract_metadata."""
    found = trafilatura.extract_metadata(html, default_url=url)
    return {"title": found.title, "authors": (found.author or "").split("; "), "date": found.date}


def newspapers(html: str, url: str | None) -> Prediction:
    """newspaper4k's Article, nothing fetched."""
    article = importlib.import_module("newspaper").Article(url or "https://a.example/a", fetch_images=False)
    article.download(input_html=html)
    article.parse()
    date = article.publish_date
    return {"title": article.title, "authors": article.authors, "date": date.isoformat() if date else None}


def pages(corpus: Path) -> Iterator[tuple[str, str | None, str]]:
    """Every page of the corpus: its key, its URL where that is known, its text."""
    for label in sorted(corpus.glob("*/*.json")):
        gold = json.loads(label.read_text(encoding="utf-8"))
        body = gzip.decompress(label.with_name(f"{label.stem}.html.gz").read_bytes())
        yield (
            f"{label.parent.name}/{gold['id']}",
            None if gold.get("url_synthetic") else gold["url"],
            decode(body, None),
        )


def load(path: Path) -> ModuleType:
    """The scorer as a module."""
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(corpus: Path, scorer: Path) -> None:
    """Print one table in Markdown."""
    readers: dict[str, Reader] = {"ours": ours, "trafilatura": trafilaturas}
    if importlib.util.find_spec("newspaper"):
        readers["newspaper4k"] = newspapers
    predictions: dict[str, dict[str, Prediction]] = {name: {} for name in readers}
    spent = dict.fromkeys(readers, 0.0)
    for key, url, html in pages(corpus):
        for name, reader in readers.items():
            start = time.process_time()
            try:
                predictions[name][key] = reader(html, url)
            except Exception as error:  # a peer that fails on a page has nothing to say about it
                print(f"{name} on {key}: {error!r}", file=sys.stderr)
            spent[name] += time.process_time() - start
    score = load(scorer).score
    rows = {name: score(corpus, found)[0] for name, found in predictions.items()}
    print("| set | field | " + " | ".join(readers) + " |\n|---|---|" + "---|" * len(readers))
    for field in FIELDS:
        for dataset in rows["ours"]:
            if field in rows["ours"][dataset]:
                values = " | ".join(f"{rows[name][dataset][field]:.3f}" for name in readers)
                print(f"| {dataset} | {field} | {values} |")
    count = len(predictions["ours"])
    print("| all | ms/page | " + " | ".join(f"{spent[name] / count * 1000:.1f}" for name in readers) + " |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
