"""Train the block model.

    python -m training.train CORPUS                  write workers/extraction/body/forest.npz from the whole corpus

Needs the extra `training` (lightgbm, rapidfuzz, joblib). What the recipe is worth on pages that the model has not seen
is measured by tests/benchmarks/body.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from joblib import Parallel, delayed

import workers.extraction.body
from training.examples import Example, examples
from training.export import export

_TREES = 200
_SEEDS = (1, 2, 3)
_PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.06,
    "num_leaves": 24,
    "min_data_in_leaf": 40,
    "lambda_l2": 5,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.9,
    "bagging_freq": 1,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}


def read_examples(corpus: Path, jobs: int) -> list[Example]:
    """Every page of the corpus that has a body label and a block to judge, some of them twice."""
    work = Parallel(n_jobs=jobs)
    found = work(delayed(examples)(path) for path in sorted(corpus.glob("*/*.json")))
    return [one for some in found for one in some]


def train(pages: list[Example], path: Path) -> None:
    """Write the model of `pages` to `path`: one booster a seed, averaged."""
    rows = np.array([row for one in pages for row in one.rows])
    targets = np.array([target for one in pages for target in one.targets], dtype=float)
    weights = np.array([weight for one in pages for weight in one.weights])
    weights /= weights.mean()
    boosters = [
        lightgbm.train({**_PARAMETERS, "seed": seed}, lightgbm.Dataset(rows, targets, weight=weights), _TREES)
        for seed in _SEEDS
    ]
    export(boosters, pages[0].names, path)


def main() -> None:
    """Train on everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    train(read_examples(options.corpus, options.jobs), Path(workers.extraction.body.__file__).with_name("forest.npz"))


if __name__ == "__main__":
    main()
