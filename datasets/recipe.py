"""Accepted fixes in the order of acceptance, replayable on any rows of the same format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from datasets import by_hand
from datasets.checks import BY_CODE
from datasets.checks.base import Change
from datasets.checks.hits import Mask
from datasets.checks.near_duplicates import NearDuplicates, near_duplicates
from datasets.mapping import Example
from datasets.words import Sentence

Recipe = Sequence[dict[str, Any]]  # [{"code": …, "params": {…}}, …]
Numbered = tuple[int, Example]  # line in the source, example


def replay(recipe: Recipe, rows: Iterable[Numbered], copies: Mapping[int, Mask] | None = None) -> Iterator[Numbered]:
    """The rows after all fixes, each seen by the fixes in order; the same rows always give the same result.

    Of steps that look at more than the row itself it may be known beforehand which of the rows that reach them are
    dropped: `copies` has these masks by the step's place in the recipe.
    """
    changes = [BY_CODE[step["code"]].change(step["params"]) for step in recipe]
    for at, dropped in (copies or {}).items():
        changes[at] = _dropping(dropped)
    return _replayed(changes, rows) if changes else iter(rows)


def _replayed(changes: Sequence[Change], rows: Iterable[Numbered]) -> Iterator[Numbered]:
    for line, row in rows:
        example = _changed(row, changes)
        if example is not None:
            yield line, example


def beforehand(recipe: Recipe, rows: Callable[[], Iterable[Numbered]]) -> dict[int, Mask]:
    """What replaying the recipe on these rows is quicker for knowing, see `replay`."""
    copies: dict[int, Mask] = {}
    for at, step in enumerate(recipe):
        if step["code"] == NearDuplicates.code:
            copies[at] = near_duplicates(example for _line, example in replay(recipe[:at], rows(), copies))
    return copies


def _dropping(mask: Mask) -> Change:
    dropped = iter(mask.tolist())
    return lambda example: None if next(dropped) else example


def _changed(row: Example, changes: Sequence[Change]) -> Example | None:
    example: Example | None = row
    for change in changes:
        if example is None:
            return None
        example = change(example)
    return example


def in_words(recipe: Recipe) -> list[Sentence]:
    return [_said(step) for step in recipe]


def _said(step: dict[str, Any]) -> Sentence:
    return by_hand.said(step) if step["code"] in by_hand.CODES else BY_CODE[step["code"]].said(step["params"])
