"""Accepted fixes in the order of acceptance, replayable on any rows of the same format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from datasets.checks import BY_CODE
from datasets.checks.base import Change
from datasets.mapping import Example
from datasets.words import Sentence

Recipe = Sequence[dict[str, Any]]  # [{"code": …, "params": {…}}, …]
Numbered = tuple[int, Example]  # line in the source, example


def replay(recipe: Recipe, rows: Iterable[Numbered]) -> Iterator[Numbered]:
    """The rows after all fixes, each seen by the fixes in order; the same rows always give the same result."""
    changes = [BY_CODE[step["code"]].change(step["params"]) for step in recipe]
    for line, row in rows:
        example = _changed(row, changes)
        if example is not None:
            yield line, example


def _changed(row: Example, changes: Sequence[Change]) -> Example | None:
    example: Example | None = row
    for change in changes:
        if example is None:
            return None
        example = change(example)
    return example


def in_words(recipe: Recipe) -> list[Sentence]:
    return [BY_CODE[step["code"]].said(step["params"]) for step in recipe]
