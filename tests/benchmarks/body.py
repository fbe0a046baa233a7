"""The body by folds: what `newsline extract --manifest` makes of labelled pages that its model has not seen.

    python -m tests.benchmarks.body [SHARED] [--seed N] [--jobs N] [--out FILE]

Trains a model a fold (training/folds.py: no domain is in two), puts it into a copy of the program in the place of the
shipped one, runs the command on the fold's pages, and score.py on all folds together. Models are kept in the system's
temporary folder until the code that makes them changes. Needs the extra `training`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from tests.benchmarks.figure import Figure, NotHereError
from tests.benchmarks.metadata import load
from tests.benchmarks.peers import compared
from tests.benchmarks.site import SETS
from training.examples import load_label

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
#: What is asked of each set by folds: F1, and the share of pages that are exactly right.
TARGETS: dict[str, tuple[float, float | None]] = {
    "zyte": (0.975, 0.48),
    "fundus": (0.972, 0.43),
    "aed": (0.938, 0.24),
    "newspaper3k": (0.965, None),
    "wcxb": (0.945, None),
    "mozilla": (0.94, None),
    "zh": (0.78, None),
}
#: Below this F1 a page is called wrong, where confidence is decided.
_WRONG = 0.9
_GROUPS = 5


@dataclass(slots=True)
class Outcome:
    """The scorer's row of each set, what the command said of every page, and each page's F1."""

    rows: dict[str, dict[str, float]]
    lines: list[dict[str, Any]]
    f1: dict[str, float]


def measure() -> Iterator[Figure]:
    """F1 and exact pages of each set, and what confidence is worth."""
    for needed in (SHARED / "corpus", SHARED / "tools" / "score.py"):
        if not needed.exists():
            raise NotHereError(f"there is no {needed}")
    if not importlib.util.find_spec("lightgbm"):
        raise NotHereError("lightgbm, which trains the models, is not installed")
    outcome = by_folds(SHARED, seed=0, jobs=os.cpu_count() or 1)
    for name, (f1, exact) in TARGETS.items():
        row, peers = outcome.rows[name], compared()[name].rows if name in SETS else {}
        for what, key, least in (("F1", "f1", f1), ("exact", "accuracy", exact)):
            theirs = {peer: each[key] for peer, each in peers.items()}
            yield Figure(f"body by folds, {name}, {what}", [row[key]], least=least, peers=theirs)
    yield Figure("body, confidence", [area(reliability(outcome))], note="area under the curve, pages below F1 .9")


def by_folds(shared: Path, seed: int, jobs: int) -> Outcome:
    """Train, extract and score."""
    from training.folds import split

    corpus = shared / "corpus"
    folds = split(corpus, seed)
    models = fold_models(corpus, seed, jobs)
    lines = [line for fold, model in zip(folds, models, strict=True) for line in extract(model, fold.held, jobs)]
    rows, pages = load(shared / "tools" / "score.py").score(corpus, {line["id"]: line for line in lines})
    return Outcome(
        rows={name: row for name, row in rows.items() if "f1" in row},
        lines=lines,
        f1={key: f1 for f1, key in pages},
    )


def fold_models(corpus: Path, seed: int, jobs: int) -> list[Path]:
    """The model of each fold, trained unless the same code has done it before on the same pages."""
    from training.folds import split, write_models

    folds = split(corpus, seed)
    digest = hashlib.sha256(f"{corpus.resolve()} {seed}".encode())
    for path in sorted((*ROOT.glob("workers/**/*"), *ROOT.glob("training/*"))):
        if path.suffix in (".py", ".toml"):
            digest.update(path.read_bytes())
    folder = Path(tempfile.gettempdir()) / f"newsline-folds-{digest.hexdigest()[:16]}"
    if not folder.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="newsline-folds-"))
        write_models(corpus, folds, unfinished, jobs)
        unfinished.rename(folder)
    return [folder / f"{number}.npz" for number in range(len(folds))]


def program(model: Path, folder: Path) -> None:
    """Put a copy of the program into `folder`, with `model` in the place of the shipped model."""
    for package in ("newsline", "schemas", "scrapers"):
        (folder / package).symlink_to(ROOT / package)
    shutil.copytree(ROOT / "workers", folder / "workers", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(model, folder / "workers" / "extraction" / "body" / "forest.npz")


def extract(model: Path, labels: list[Path], jobs: int) -> list[dict[str, Any]]:
    """What the command says of the pages of `labels`, with `model`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = folder / "manifest.jsonl"
        with manifest.open("w", encoding="utf-8") as out:
            for path in labels:
                label = load_label(path)
                page = path.resolve().with_name(f"{path.stem}.html.gz")
                line = {
                    "id": f"{path.parent.name}/{label['id']}",
                    "url": None if label.get("url_synthetic") else label["url"],
                    "path": str(page),
                }
                out.write(json.dumps(line) + "\n")
        program(model, folder)
        command = [sys.executable, "-m", "newsline", "extract", "--manifest", str(manifest)]
        # PYTHONSAFEPATH would leave out the copy's own folder
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        said = subprocess.run(
            [*command, "--jobs", str(jobs)], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE
        ).stdout
    return [json.loads(line) for line in said.splitlines()]


def reliability(outcome: Outcome) -> list[tuple[float, bool]]:
    """Confidence of each page that is an article and has a label, least first, and whether it is wrong."""
    return sorted(
        (line["article"]["extraction"]["confidence"], outcome.f1[line["id"]] < _WRONG)
        for line in outcome.lines
        if line["article"] and line["id"] in outcome.f1
    )


def area(pages: list[tuple[float, bool]]) -> float:
    """How often, of a wrong page and a right one, the wrong one has the lower confidence."""
    wrong, right = ([value for value, is_wrong in pages if is_wrong is which] for which in (True, False))
    below = sum((low < high) + 0.5 * (low == high) for low in wrong for high in right)
    return below / max(1, len(wrong) * len(right))


def main() -> None:
    """Print the scores beside their targets, the pages that were rejected, and what confidence is worth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path, nargs="?", default=SHARED)
    parser.add_argument("--seed", type=int, default=0, help="of the split into folds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, help="write what the command said here too")
    options = parser.parse_args()
    outcome = by_folds(options.shared, options.seed, options.jobs)
    if options.out:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in outcome.lines)
        options.out.write_text(text, encoding="utf-8")
    print(f"{'set':<14}{'pages':>6}{'empty':>6}{'F1':>8}{'exact':>8}{'target':>8}")
    for name, row in outcome.rows.items():
        targets = "".join(f"{target:>8.3f}" for target in TARGETS.get(name, ()) if target)
        print(f"{name:<14}{row['pages']:>6}{row['empty']:>6}{row['f1']:>8.3f}{row['accuracy']:>8.3f}{targets}")
    for line in outcome.lines:
        if not line["article"]:
            print(f"rejected: {line['id']} {line['reject']['reason']}")
    pages = reliability(outcome)
    for group in range(_GROUPS):
        part = pages[group * len(pages) // _GROUPS : (group + 1) * len(pages) // _GROUPS]
        wrong = mean(is_wrong for _, is_wrong in part)
        print(f"confidence {part[0][0]:.3f} to {part[-1][0]:.3f}: {len(part)} pages, {wrong:.1%} below F1 {_WRONG}")
    print(f"area under the curve: {area(pages):.3f}")


if __name__ == "__main__":
    main()
