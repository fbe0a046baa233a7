"""Export of LightGBM's trees, as the arrays which workers/extraction/body/model.py reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from workers.extraction.body.model import LEAF_UNIT


def export(boosters: list[lightgbm.Booster], names: list[str], path: Path) -> None:
    """Write the average of `boosters` to `path`."""
    feature: list[int] = []
    threshold: list[float] = []
    mask: list[int] = []
    tree: list[int] = []
    leaf: list[int] = []
    first_leaf: list[int] = []
    for booster in boosters:
        for info in booster.dump_model()["tree_info"]:
            root = info["tree_structure"]
            if "leaf_index" in root or "split_index" not in root:
                continue  # a tree without a split decides nothing
            tree.append(len(feature))
            first_leaf.append(len(leaf))
            base = len(leaf)
            _walk(root, feature, threshold, mask, leaf, base)
            if len(leaf) - base > 32:
                raise ValueError(f"a tree has {len(leaf) - base} leaves, but a mask holds 32: train with fewer leaves")
    used = sorted(set(feature))
    place = {old: new for new, old in enumerate(used)}
    np.savez_compressed(
        path,
        names=np.array([names[i] for i in used]),
        feature=np.array([place[i] for i in feature], dtype=np.uint8),
        threshold=np.array(threshold, dtype=np.float32),
        mask=np.array(mask, dtype=np.uint32),
        tree=np.array(tree, dtype=np.int32),
        leaf=np.array(leaf, dtype=np.int32),
        first_leaf=np.array(first_leaf, dtype=np.int32),
        bag=np.array(len(boosters)),
    )


def _walk(
    node: dict[str, Any],
    feature: list[int],
    threshold: list[float],
    mask: list[int],
    leaf: list[int],
    base: int,
) -> None:
    """Number the leaves from the left, and append the test and the mask of each inner node.

    The mask clears the leaves which a failed test rules out: those of the left child.
    """
    if "leaf_value" in node and "left_child" not in node:
        leaf.append(round(node["leaf_value"] * LEAF_UNIT))
        return
    if node["decision_type"] != "<=":
        raise ValueError(f"the split {node['decision_type']!r} is not numerical: train without categorical features")
    own = len(feature)
    feature.append(node["split_feature"])
    threshold.append(node["threshold"])
    mask.append(0)
    start = len(leaf) - base
    _walk(node["left_child"], feature, threshold, mask, leaf, base)
    middle = len(leaf) - base
    _walk(node["right_child"], feature, threshold, mask, leaf, base)
    mask[own] = 0xFFFFFFFF & ~(((1 << (middle - start)) - 1) << start)
