"""What a results file and an event's metrics say, as series by name.

Columns are read by name, never by position: every generation and every provider orders and
spells them in its own way. Names that mean the same are stored under one name, so that the
numbers of events and of the results file meet at the same step.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

SAME = {
    "train_loss": "training_loss",
    "train_accuracy": "training_token_accuracy",
    "train_token_accuracy": "training_token_accuracy",
    "train_mean_token_accuracy": "training_token_accuracy",
    "training_mean_token_accuracy": "training_token_accuracy",
    "train_sequence_accuracy": "training_sequence_accuracy",
    "valid_loss": "validation_loss",
    "valid_mean_token_accuracy": "validation_token_accuracy",
    "validation_mean_token_accuracy": "validation_token_accuracy",
    "valid_token_accuracy": "validation_token_accuracy",
    "valid_sequence_accuracy": "validation_sequence_accuracy",
    "train/loss": "training_loss",
    "eval/loss": "validation_loss",
    "full_valid_loss": "full_validation_loss",
    "full_valid_mean_token_accuracy": "full_validation_token_accuracy",
}
COUNTERS = ("elapsed_tokens", "elapsed_examples")
"""Columns that say where a step stands, not how well it went."""
NOT_METRICS = frozenset({"step", "total_steps", "global_step", "train/global_step"})
LARGEST_STEP = 2**53


class Unreadable(ValueError):
    """A results file in which no step can be read; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Series:
    """One metric over steps: steps ascend and are unique, values are finite."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.steps)

    def last(self) -> float | None:
        return float(self.values[-1]) if len(self) else None

    def first(self) -> float | None:
        return float(self.values[0]) if len(self) else None


def name(column: str) -> str:
    """Return the one name under which this column is stored."""
    column = column.replace("\x00", "").strip()
    return SAME.get(column.lower(), column)


def series(steps: Iterable[float], values: Iterable[float]) -> Series:
    """Sort by step and keep what is finite; of a step given twice the last value stays."""
    step = np.asarray(steps, dtype=np.float64)
    value = np.asarray(values, dtype=np.float64)
    good = np.isfinite(step) & np.isfinite(value) & (np.abs(step) <= LARGEST_STEP)
    whole, value = step[good].astype(np.int64), value[good]
    if bool(np.all(np.diff(whole) > 0)):
        return Series(whole, value)
    unique, places = np.unique(whole[::-1], return_index=True)
    return Series(unique, value[::-1][places])


def merge(old: Series, new: Series) -> Series:
    """Put both on one axis; where both have a step, the new value stays."""
    return series(np.concatenate([old.steps, new.steps]), np.concatenate([old.values, new.values]))


def joined(parts: Sequence[Series]) -> Series:
    """Put parts together that follow each other; there is at least one."""
    steps, values = ([getattr(part, name) for part in parts] for name in ("steps", "values"))
    return Series(np.concatenate(steps), np.concatenate(values))


def parse(data: bytes) -> dict[str, Series]:
    """Read a results file of any generation into series by name.

    Empty cells, text where a number belongs, and -1 where a loss or a share belongs (a clone of
    the first API wrote it for "absent") are missing values. Columns without a single value are
    left out. A file without a step column counts its rows from 1.
    """
    data = data.lstrip(b"\xef\xbb\xbf \r\n\t")
    header = _header(data)
    frame = _frame(data, header)
    steps = _steps(frame, header)
    found: dict[str, Series] = {}
    for number, column in enumerate(header):
        known = name(column)
        if not known or known.lower() in NOT_METRICS:
            continue
        one = steps.series(_values(known, frame[str(number)]))
        if len(one):
            found[known] = merge(found[known], one) if known in found else one
    return found


@dataclass(frozen=True, slots=True)
class _Steps:
    """The step of each row. Where they ascend, all columns share them; of a million rows that is most of the work."""

    given: NDArray[np.float64]
    whole: NDArray[np.int64] | None

    def series(self, values: NDArray[np.float64]) -> Series:
        if self.whole is None:
            return series(self.given, values)
        there = np.isfinite(values)
        return Series(self.whole, values) if there.all() else Series(self.whole[there], values[there])


def of_event(metrics: Mapping[str, object] | None) -> tuple[int, dict[str, float]] | None:
    """Return the step and the values that an event's metrics carry, or None if it has no step."""
    if not metrics:
        return None
    step = metrics.get("step")
    if not _is_number(step) or not abs(float(step)) <= LARGEST_STEP:  # type: ignore[arg-type]
        return None
    values = {
        name(key): float(value)  # type: ignore[arg-type]
        for key, value in metrics.items()
        if key not in NOT_METRICS and _is_number(value) and np.isfinite(float(value))  # type: ignore[arg-type]
    }
    kept = {key: value for key, value in values.items() if not _is_absent(key, value)}
    return int(float(step)), kept  # type: ignore[arg-type]


def can_be_minus_one(column: str) -> bool:
    """A loss, an accuracy or a classification metric is never -1; a reward may be."""
    low = column.lower()
    return not ("loss" in low or "accuracy" in low or low.startswith("classification/"))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_absent(column: str, value: float) -> bool:
    return value == -1 and not can_be_minus_one(column)


def _header(data: bytes) -> list[str]:
    line = data[: data.find(b"\n") % (len(data) + 1)].decode("utf-8", "replace")
    try:
        header = next(csv.reader([line.rstrip("\r")]), [])
    except csv.Error:
        header = []
    if not header or not any(cell.strip() for cell in header):
        raise Unreadable("The results file is empty.")
    if "step" not in (cell.strip().lower() for cell in header) and not _looks_like_metrics(header):
        raise Unreadable("The results file has no column that is called step.")
    return [cell.strip() for cell in header]


def _looks_like_metrics(header: list[str]) -> bool:
    return any("loss" in cell.lower() or "accuracy" in cell.lower() for cell in header)


def _frame(data: bytes, header: list[str]) -> pl.DataFrame:
    """Read all columns as numbers; what is no number becomes null."""
    columns = [str(number) for number in range(len(header))]
    schema = dict.fromkeys(columns, pl.Float64)
    end = data.find(b"\n")
    if end < 0 or (not data[end : end + 4096].strip() and not data[end:].strip()):
        return pl.DataFrame({column: [] for column in columns}, schema)
    try:
        return pl.read_csv(
            data,
            has_header=False,
            skip_lines=1,
            schema=schema,
            ignore_errors=True,
            truncate_ragged_lines=True,
            encoding="utf8-lossy",
        )
    except pl.exceptions.PolarsError:
        return pl.DataFrame(_patiently(data[end + 1 :], columns), schema)


def _patiently(body: bytes, columns: list[str]) -> dict[str, list[float | None]]:
    """Read line by line what the fast reader gives up on: what is wrong with a line costs no other line."""
    rows: dict[str, list[float | None]] = {column: [] for column in columns}
    for line in body.decode("utf-8", "replace").splitlines():
        cells = line.split(",")
        for place, column in enumerate(columns):
            rows[column].append(_cell(cells[place]) if place < len(cells) else None)
    return rows


def _cell(text: str) -> float | None:
    try:
        return float(text.strip().strip('"'))
    except ValueError:
        return None


def _steps(frame: pl.DataFrame, header: list[str]) -> _Steps:
    names = [cell.lower() for cell in header]
    rows = np.arange(1, len(frame) + 1, dtype=np.float64)
    given = _numbers(frame[str(names.index("step"))]) if "step" in names else rows
    if not (np.abs(given) <= LARGEST_STEP).all():  # also where one is missing
        return _Steps(given, None)
    whole = given.astype(np.int64)
    return _Steps(given, whole if (whole[1:] > whole[:-1]).all() else None)


def _numbers(column: pl.Series) -> NDArray[np.float64]:
    """Return the numbers of a column; NaN where there is none."""
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _values(known: str, column: pl.Series) -> NDArray[np.float64]:
    values = _numbers(column)
    if not can_be_minus_one(known) and (column == -1).any():
        return np.where(values == -1, np.nan, values)
    return values
