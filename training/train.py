"""Train the block model.

    python -m training.train CORPUS                  write workers/extraction/body/forest.npz from the whole corpus

Needs the extra `training` (lightgbm, rapidfuzz, joblib). The quality on pages unknown to the model is measured by
tests/benchmarks/body.py.
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
    """Return the examples of every page in the corpus with a body label and candidate blocks; some pages come twice."""
    work = Parallel(n_jobs=jobs)
    pages = work(delayed(examples)(path) for path in sorted(corpus.glob("*/*.json")))
    return [example for page in pages for example in page]


def train(pages: list[Example], path: Path) -> None:
    """Write the model of `pages` to `path`: the average of the boosters of all seeds."""
    rows = np.array([row for page in pages for row in page.rows])
    targets = np.array([target for page in pages for target in page.targets], dtype=float)
    weights = np.array([weight for page in pages for weight in page.weights])
    weights /= weights.mean()
    boosters = [
        lightgbm.train({**_PARAMETERS, "seed": seed}, lightgbm.Dataset(rows, targets, weight=weights), _TREES)
        for seed in _SEEDS
    ]
    export(boosters, pages[0].names, path)


def main() -> None:
    """Train on the whole corpus, with options from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="folder of data sets, each a folder of label files and pages")
    parser.add_argument("--jobs", type=int, default=2, help="processes that read pages (default: 2)")
    options = parser.parse_args()
    train(read_examples(options.corpus, options.jobs), Path(workers.extraction.body.__file__).with_name("forest.npz"))


if __name__ == "__main__":
    main()
