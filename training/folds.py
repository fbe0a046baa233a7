"""Folds of the corpus without common registrable domains. Each fold has a model, trained on all other folds."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from training.examples import domain_of, load_label
from training.train import read_examples, train

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Fold:
    """A part of the corpus which its own model must not see."""

    #: The label files of the fold's pages.
    held: list[Path]
    #: The registrable domains of these pages.
    domains: frozenset[str]


def split(corpus: Path, seed: int) -> list[Fold]:
    """Split the corpus into five parts, with the domains dealt out by chance."""
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
    """Write `folder`/0.npz, 1.npz …, a model for each fold."""
    examples = read_examples(corpus, jobs)
    for number, fold in enumerate(folds):
        train([example for example in examples if example.domain not in fold.domains], folder / f"{number}.npz")
