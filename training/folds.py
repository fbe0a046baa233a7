"""Folds of the corpus that share no registrable domain, and the model of each: trained on all pages but the fold's."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from training.examples import domain_of, load_label
from training.train import read_examples, train

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Fold:
    """`held` are the label files of the pages that its model must not see, `domains` where they come from."""

    held: list[Path]
    domains: frozenset[str]


def split(corpus: Path, seed: int) -> list[Fold]:
    """The corpus in five parts, domains dealt out by chance."""
    pages: dict[str, list[Path]] = {}
    for path in sorted(corpus.glob("*/*.json")):
        pages.setdefault(domain_of(path.parent.name, load_label(path)), []).append(path)
    domains = sorted(pages)
    random.Random(seed).shuffle(domains)
    return [
        Fold(held=[path for domain in part for path in pages[domain]], domains=frozenset(part))
        for part in (domains[number::_FOLDS] for number in range(_FOLDS))
    ]


def write_models(corpus: Path, folds: list[Fold], folder: Path, jobs: int) -> None:
    """Write `folder`/0.npz, 1.npz …, a model a fold."""
    examples = read_examples(corpus, jobs)
    for number, fold in enumerate(folds):
        train([one for one in examples if one.domain not in fold.domains], folder / f"{number}.npz")
