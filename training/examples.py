"""Training examples from labelled pages: the features and the label of every candidate block."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tldextract

from schemas.encoding.decode import decode
from schemas.page import Hints
from training.label import label
from training.renamed import rename
from workers.extraction.body.features import describe
from workers.extraction.body.head_texts import read_head_texts
from workers.extraction.body.trafilatura_text import verdict
from workers.extraction.metadata import extract_metadata
from workers.extraction.reading.block_measures import MeasuredPage
from workers.extraction.reading.blocks import segment
from workers.extraction.reading.document import Document, parse_html

#: Weights of data sets with noisy labels, or with labels from another tool: half.
_NOISY = {"mozilla": 0.5, "newspaper3k": 0.5, "wcxb": 0.5, "zh": 0.5}
#: The labels of aed often end before the article's end. Text behind a label's end is therefore weak evidence, where
#: trafilatura takes the text.
_TRUNCATED = {"aed": 0.1}
#: Every third page is read again with renamed classes, and its examples then have this weight.
_RENAMED_EVERY, _RENAMED = 3, 0.5
#: Without network: the list of public suffixes from the package.
_domain_of = tldextract.TLDExtract(suffix_list_urls=())


@dataclass(slots=True)
class Example:
    """A labelled page. `rows`, `targets` and `weights` are parallel: an entry for each candidate block."""

    key: str
    dataset: str
    domain: str
    names: list[str]
    rows: list[list[float]]
    targets: list[bool]
    weights: list[float]


def load_label(path: Path) -> dict[str, Any]:
    """Read a label file of the corpus."""
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def load_page(path: Path, url: str) -> Document:
    """Read the page beside the label file `path`."""
    with gzip.open(path.with_name(path.stem + ".html.gz")) as file:
        body = file.read()
    return parse_html(decode(body, None), url=url, headers={}, hints=Hints(), size=len(body))


def domain_of(dataset: str, gold: dict[str, Any]) -> str:
    """Return the registrable domain of a page. A page of unknown origin is a domain of its own."""
    if gold.get("url_synthetic"):
        return f"{dataset}/{gold['id']}"
    parts = _domain_of(gold["url"])
    return parts.top_domain_under_public_suffix or parts.fqdn or f"{dataset}/{gold['id']}"


def examples(path: Path) -> list[Example]:
    """Return the examples of a label file: the page, and for some pages the page again with renamed classes.

    A label file without a body has no examples.
    """
    gold = load_label(path)
    if not _body(gold):
        return []
    key = f"{path.parent.name}/{gold['id']}"
    versions = [_example(path, gold, key, renamed=False)]
    if zlib.crc32(key.encode()) % _RENAMED_EVERY == 0:
        versions.append(_example(path, gold, key, renamed=True))
    return [example for example in versions if example.rows]


def _body(gold: dict[str, Any]) -> str:
    return gold.get("body_no_summary") or gold.get("body") or ""


def _example(path: Path, gold: dict[str, Any], key: str, *, renamed: bool) -> Example:
    dataset = path.parent.name
    document = load_page(path, gold["url"])
    head_texts = read_head_texts(document, extract_metadata(document))
    if renamed:
        rename(document.tree, key)
    page = MeasuredPage(segment(document.tree))
    page.set_verdict(verdict(document.tree, page.running_size, len(page.blocks)))
    candidates = page.candidates()
    described = describe(page, candidates, head_texts)
    shares = label([measured.block.text for measured in page.blocks], _body(gold))
    last = max((index for index, share in enumerate(shares) if share >= 0.5), default=-1)
    targets, weights = [], []
    for index in candidates:
        measured, share = page.blocks[index], shares[index]
        weight = min(3.0, 0.3 + math.sqrt(len(measured.words) / 20))
        if 0.2 < share < 0.8:
            weight *= 0.5
        if index > last and measured.coverage > 0.5:
            weight *= _TRUNCATED.get(dataset, 1.0)
        if renamed:
            weight *= _RENAMED
        targets.append(share >= 0.5)
        weights.append(weight * _NOISY.get(dataset, 1.0) / math.sqrt(len(candidates)))
    return Example(
        key=key,
        dataset=dataset,
        domain=domain_of(dataset, gold),
        names=list(described),
        rows=[list(row) for row in zip(*described.values(), strict=True)],
        targets=targets,
        weights=weights,
    )
