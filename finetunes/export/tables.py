"""The series, events and settings of a fine-tune as tables, a batch of rows at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from finetunes import metrics, store
from finetunes.export.columns import STEP, columns
from finetunes.models import FineTune

EVENTS = 2000


@dataclass(frozen=True, slots=True)
class Table:
    """Batches of rows that all have these columns; they are read once."""

    schema: dict[str, Any]  # polars' types by heading
    batches: Iterator[pl.DataFrame]


def series(fine_tune: FineTune) -> Table:
    """One row for each step, one column for each series, under the provider's own names; absent values are null."""
    names = columns(fine_tune, store.series_names(fine_tune))
    schema = {STEP: pl.Int64, **dict.fromkeys(names.values(), pl.Float64)}
    return Table(schema, (_wide(window, names, schema) for window in store.windows(fine_tune)))


def _wide(window: Mapping[str, metrics.Series], names: Mapping[str, str], schema: dict[str, Any]) -> pl.DataFrame:
    steps = np.unique(np.concatenate([one.steps for one in window.values()]))
    found = {STEP: pl.Series(steps)}
    for name, heading in names.items():
        values = np.full(len(steps), np.nan)
        if name in window:
            values[np.searchsorted(steps, window[name].steps)] = window[name].values
        found[heading] = pl.Series(values, nan_to_null=True)
    return pl.DataFrame(found, schema)


EVENT: dict[str, Any] = {
    "ordinal": pl.Int64,
    "created_at": pl.Datetime("us", "UTC"),
    "level": pl.String,
    "type": pl.String,
    "message": pl.String,
    "metrics": pl.String,
    "original": pl.String,
}


def events(fine_tune: FineTune) -> Table:
    """One row for each event; what is JSON at the provider is JSON here."""
    return Table(EVENT, _events(fine_tune))


def _events(fine_tune: FineTune) -> Iterator[pl.DataFrame]:
    last = -1
    while rows := list(fine_tune.events.filter(ordinal__gt=last).order_by("ordinal")[:EVENTS]):
        lines = [
            (row.ordinal, row.created_at, row.level, row.type, row.message, _json(row.metrics), _json(row.raw or None))
            for row in rows
        ]
        yield pl.DataFrame(lines, EVENT, orient="row")
        last = rows[-1].ordinal


SETTING: dict[str, Any] = {"setting": pl.String, "sent": pl.String, "resolved": pl.String}


def settings(fine_tune: FineTune) -> Table:
    """One row for each setting: as it was sent, and what the provider made of it."""
    before, after = sent(fine_tune), fine_tune.resolved
    names = list(dict.fromkeys([*before, *after]))
    lines = [(name, _json(before.get(name)), _json(after.get(name))) for name in names]
    return Table(SETTING, iter([pl.DataFrame(lines, SETTING, orient="row")]))


def sent(fine_tune: FineTune) -> dict[str, Any]:
    """Return what was asked for, as far as anything was."""
    asked = {
        "model": fine_tune.base_model,
        "suffix": fine_tune.suffix or None,
        "seed": fine_tune.seed,
        "metadata": fine_tune.metadata or None,
        "integrations": fine_tune.integrations or None,
    }
    return {**{name: value for name, value in asked.items() if value is not None}, **fine_tune.hyperparameters}


def _json(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
