"""Train the block model.

    python -m training.train CORPUS                  write workers/extraction/forest.npz from the whole corpus
    python -m training.train CORPUS --folds OUT      write predictions for score.py, by 5 folds grouped by domain

Needs the extra `training` (lightgbm, rapidfuzz, joblib).
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from joblib import Parallel, delayed

import workers.extraction
from training.examples import Example, domain_of, example, load_label, load_page
from training.export import export
from workers.extraction.body import extract_body
from workers.extraction.metadata import extract_metadata
from workers.extraction.model import Forest

_TREES = 200
_SEEDS = (1, 2, 3)
_FOLDS = 5
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


def train(examples: list[Example]) -> list[lightgbm.Booster]:
    """One booster a seed."""
    filled = [one for one in examples if one.rows]
    rows = np.array([row for one in filled for row in one.rows])
    targets = np.array([target for one in filled for target in one.targets], dtype=float)
    weights = np.array([weight for one in filled for weight in one.weights])
    weights /= weights.mean()
    return [
        lightgbm.train({**_PARAMETERS, "seed": seed}, lightgbm.Dataset(rows, targets, weight=weights), _TREES)
        for seed in _SEEDS
    ]


def fold_of(domains: list[str], seed: int) -> dict[str, int]:
    """A fold for each domain, by chance."""
    ordered = sorted(set(domains))
    random.Random(seed).shuffle(ordered)
    return {domain: number % _FOLDS for number, domain in enumerate(ordered)}


def predict(paths: list[Path], forest: Path) -> list[dict[str, Any]]:
    """What the whole of the extraction says of pages, with another forest."""
    with np.load(forest, allow_pickle=False) as data:
        model = Forest(dict(data))
    out = []
    for path in paths:
        label = load_label(path)
        document = load_page(path, label["url"])
        metadata = extract_metadata(document)
        body = extract_body(document, metadata, model)
        out.append(
            {
                "id": f"{path.parent.name}/{label['id']}",
                "title": metadata.title.value if metadata.title else None,
                "authors": [author.name for author in metadata.authors.value] if metadata.authors else [],
                "date": metadata.published.model_dump() if metadata.published else None,
                "body": body.text,
                "standfirst": body.standfirst,
                "confidence": body.confidence,
                "verdict": body.verdict,
                "flags": body.flags,
            }
        )
    return out


def main() -> None:
    """Train on everything, or predict by folds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--folds", type=Path, help="write out-of-fold predictions here instead of a model")
    parser.add_argument("--seed", type=int, default=0, help="of the split into folds")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    paths = sorted(options.corpus.glob("*/*.json"))
    work = Parallel(n_jobs=options.jobs)
    examples = [one for one in work(delayed(example)(path) for path in paths) if one]
    names = next(one.names for one in examples if one.names)
    if not options.folds:
        export(train(examples), names, Path(workers.extraction.__file__).with_name("forest.npz"))
        return
    domains = {path: domain_of(path.parent.name, load_label(path)) for path in paths}
    fold = fold_of(list(domains.values()), options.seed)
    with tempfile.TemporaryDirectory() as folder, options.folds.open("w", encoding="utf-8") as out:
        for number in range(_FOLDS):
            model = Path(folder) / f"{number}.npz"
            export(train([one for one in examples if fold[one.domain] != number]), names, model)
            held = [path for path in paths if fold[domains[path]] == number]
            for part in work(delayed(predict)(held[i::16], model) for i in range(16)):
                out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in part)


if __name__ == "__main__":
    main()
