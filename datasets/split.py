"""Which rows train, which validate, and which are held out for evaluation.

Rows of one group (the same prompt) stay on one side, each label keeps its share, and the same seed gives the same
split. A label with a single group stays in training.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHARE = 0.2
AT_MOST = 1_000
SEED = 42
TRAINING, VALIDATION, EVALUATION = "training", "validation", "evaluation"
PARTS = (TRAINING, VALIDATION, EVALUATION)

Groups = NDArray[np.uint64]
Labels = NDArray[np.int64]
Sides = NDArray[np.bool_]


def parts(
    groups: Groups,
    labels: Labels,
    *,
    share: float = SHARE,
    at_most: int = AT_MOST,
    held_out: int = 0,
    seed: int = SEED,
) -> NDArray[np.int8]:
    """The part of each row, as its place in PARTS; `held_out` rows evaluate, a share of all rows validates."""
    found = np.zeros(len(groups), dtype=np.int8)
    found[_drawn(groups, labels, held_out, seed)] = PARTS.index(EVALUATION)
    left = np.flatnonzero(found == 0)
    validating = _drawn(groups[left], labels[left], min(round(len(groups) * share), at_most), seed)
    found[left[validating]] = PARTS.index(VALIDATION)
    return found


def _drawn(groups: Groups, labels: Labels, wanted: int, seed: int) -> Sides:
    """True for each of about `wanted` rows, given each row's group and label."""
    if wanted <= 0:
        return np.zeros(len(groups), dtype=bool)
    _keys, first, member, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    chosen = np.zeros(len(first), dtype=bool)
    generator = np.random.default_rng(seed)
    label_of_group = labels[first]
    for label, quota in _quotas(label_of_group, sizes, min(wanted, len(groups))):
        candidates = generator.permutation(np.flatnonzero(label_of_group == label))
        chosen[_fitting(candidates, sizes, quota)] = True
    return chosen[member]


def _quotas(labels: Labels, sizes: NDArray[np.int64], wanted: int) -> list[tuple[int, int]]:
    """How many rows of each label are drawn: its share, the remainders going to the largest fractions."""
    names, at = np.unique(labels, return_inverse=True)
    rows = np.bincount(at, weights=sizes)
    exact = rows * (wanted / rows.sum())
    quotas = np.floor(exact).astype(np.int64)
    order = np.argsort(quotas - exact, kind="stable")
    quotas[order[: wanted - int(quotas.sum())]] += 1
    return [(int(name), int(quota)) for name, quota in zip(names, quotas, strict=True)]


def _fitting(candidates: NDArray[np.int64], sizes: NDArray[np.int64], quota: int) -> list[int]:
    """Groups, in the order drawn, that together hold no more rows than the quota; one group always stays behind."""
    taken: list[int] = []
    room = quota
    for group in candidates[: len(candidates) - 1]:
        if room <= 0:
            break
        if sizes[group] <= room:
            taken.append(int(group))
            room -= int(sizes[group])
    return taken
