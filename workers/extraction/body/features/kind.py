"""Features of a block's kind: the blocks of the page in the same kind of box, and the page as a whole."""

from __future__ import annotations

from collections import Counter, defaultdict

from workers.extraction.body.features.columns import Columns
from workers.extraction.reading.block_measures import MeasuredPage


def kind_columns(page: MeasuredPage, candidates: list[int]) -> Columns:
    """Return the columns of `candidates`."""
    own, parents, grands = page.signatures
    count: Counter[int] = Counter(own)
    size: Counter[int] = Counter()
    covered: defaultdict[int, float] = defaultdict(float)
    linked: defaultdict[int, float] = defaultdict(float)
    running: Counter[int] = Counter()
    parent_running: Counter[int] = Counter()
    grand_running: Counter[int] = Counter()
    for m, kind, parent, grand in zip(page.blocks, own, parents, grands, strict=True):
        size[kind] += m.size
        covered[kind] += m.coverage * m.size
        linked[kind] += m.link_density * m.size
        if m.running:
            running[kind] += m.size
            parent_running[parent] += m.size
            grand_running[grand] += m.size
    copies = Counter(m.block.text for m in page.blocks)
    kinds = [own[index] for index in candidates]
    total = max(1, page.running_size)
    page_links = sum(linked.values()) / max(1, sum(size.values()))
    return {
        "sig_share": [running[kind] / total for kind in kinds],
        "sig_share_parent": [parent_running[parents[index]] / total for index in candidates],
        "sig_share_grand": [grand_running[grands[index]] / total for index in candidates],
        "sig_count": [count[kind] for kind in kinds],
        "sig_cover": [covered[kind] / max(1, size[kind]) for kind in kinds],
        "sig_size": [size[kind] / count[kind] for kind in kinds],
        "sig_links": [linked[kind] / max(1, size[kind]) for kind in kinds],
        "copies": [copies[page.blocks[index].block.text] for index in candidates],
        "page_running": [page.running_size] * len(candidates),
        "page_verdict": [page.verdict_size / total] * len(candidates),
        "page_links": [page_links] * len(candidates),
    }
