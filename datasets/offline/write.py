"""The files that a preparation leaves: under names of their own, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from datasets.checks.keys import of_question
from datasets.formats import BadRow
from datasets.infer import CLASSIFICATION
from datasets.mapping import Example
from datasets.split import AT_MOST, SEED, parts

SUFFIX = "_prepared"
SIDES = ("_train", "_valid")


def free_names(beside: Path, *, split: bool) -> list[Path]:
    """Name what will be written beside a file; where any of the names is taken, all get the same number."""
    stem = beside.name.removesuffix(".gz").rsplit(".", 1)[0]
    return _free(beside.parent, f"{stem}{SUFFIX}", split=split)


def chosen_names(out: Path, *, split: bool) -> list[Path]:
    """The same for a name that a person chose, which may be written over."""
    return [out.with_name(f"{out.stem}{side}.jsonl") for side in SIDES] if split else [out]


def _free(folder: Path, stem: str, *, split: bool) -> list[Path]:
    turn = 0
    while True:
        number = f" ({turn})" if turn else ""
        names = [folder / f"{stem}{side}{number}.jsonl" for side in (SIDES if split else ("",))]
        if not any(name.exists() for name in names):
            return names
        turn += 1


def put(made: Path, target: Path) -> None:
    """Move a finished file to its place; before that moment nobody sees it there."""
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(target)


def divide(made: Path, task: str, share: float, seed: int = SEED) -> list[Path]:
    """Split a prepared file in two beside it: rows of the same prompt stay together, classes keep their shares."""
    which = _sides(made, task, share, seed)
    sides = [made.with_name(f"{made.name}{side}") for side in SIDES]
    with made.open("rb") as lines, sides[0].open("wb") as training, sides[1].open("wb") as validation:
        for side, line in zip(which.tolist(), lines, strict=True):
            (validation if side else training).write(line)
    return sides


def _sides(made: Path, task: str, share: float, seed: int) -> NDArray[np.int8]:
    classes: dict[str, int] = {}
    groups, labels = [], []
    for example in _examples(made):
        groups.append(of_question(example))
        labels.append(classes.setdefault(example["completion"], len(classes)) if task == CLASSIFICATION else 0)
    return parts(np.array(groups, np.uint64), np.array(labels, np.int64), share=share, at_most=AT_MOST, seed=seed)


def _examples(made: Path) -> Iterator[Example]:
    with made.open("rb") as lines:
        yield from map(orjson.loads, lines)


def write_bad(bad: list[BadRow], *, beside: Path) -> Path:
    """List the rows that could not be used: line, column, reason and the beginning of what stands there."""
    target = beside.with_name(f"{beside.stem}_bad_rows.jsonl")
    with target.open("wb") as file:
        for row in bad:
            said = {"line": row.line, "column": row.column, "reason": str(row.reason), "text": row.text}
            file.write(orjson.dumps(said) + b"\n")
    return target
