"""From which probability on a label counts: what the page shows of a setting, and keeping it with the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from evaluations.models import Evaluation, Run
from evaluations.score import ABOUT
from evaluations.scores import labelled, threshold
from evaluations.scores.threshold import At, Counted
from finetunes.models import Model

MOST_COST = 1_000_000.0


@dataclass(frozen=True)
class Deciding:
    """One model, one label, and the two thresholds that a person has chosen; the same one twice sends nothing away."""

    run: Run
    labels: list[str]  # that can be chosen
    label: str
    counted: Counted
    low: float | None
    high: float | None
    wrong_yes: float | None
    wrong_no: float | None

    @property
    def can_be_told(self) -> bool:
        """Whether there are probabilities, and rows of both kinds."""
        return _can_be_told(self.counted)

    @cached_property
    def best(self) -> float | None:
        return threshold.best(self.counted, self.wrong_yes, self.wrong_no)

    @property
    def by_cost(self) -> bool:
        return self.wrong_yes is not None and self.wrong_no is not None

    @cached_property
    def at(self) -> At:
        """What is kept with the model counts as chosen; else 0.5 does, which is what a label's majority means."""
        kept = self.kept
        high = self.high if self.high is not None else kept.get("threshold", 0.5)
        low = self.low if self.low is not None else kept.get("low", high) if self.high is None else high
        return threshold.at(self.counted, float(low), float(high))

    @property
    def cost(self) -> float | None:
        """Per row that is decided without a person."""
        if self.wrong_yes is None or self.wrong_no is None or not self.at.decided:
            return None
        return self.at.cost(self.wrong_yes, self.wrong_no) / self.at.decided

    @property
    def kept(self) -> dict[str, Any]:
        """What the model has for this label."""
        found = self.run.model.threshold if self.run.model else {}
        return found if found.get("label") == self.label else {}

    @property
    def plain(self) -> dict[str, Any]:
        return self.counted.plain

    @property
    def best_query(self) -> str:
        asked = {"run": self.run.pk, "positive": self.label, "high": self.best}
        costs = {"wrong_yes": self.wrong_yes, "wrong_no": self.wrong_no} if self.by_cost else {}
        return urlencode(asked | costs)


def deciding(run: Run, data: Mapping[str, Any], query: Mapping[str, str]) -> Deciding | None:
    """Read a setting from an address; None for a run that is no classification. What makes no sense is left out."""
    thresholds: dict[str, Any] = data.get("thresholds") or {}
    if not thresholds:
        return None
    label = query.get("positive", "")
    if label not in thresholds:
        label = _first_label(run, thresholds)
    costs = _number(query.get("wrong_yes"), MOST_COST), _number(query.get("wrong_no"), MOST_COST)
    wrong_yes, wrong_no = costs if None not in costs and any(costs) else (None, None)
    return Deciding(
        run=run,
        labels=[one for one in data.get("labels", []) if one in thresholds],
        label=label,
        counted=labelled.counted(thresholds[label]),
        low=_number(query.get("low"), 1.0),
        high=_number(query.get("high"), 1.0),
        wrong_yes=wrong_yes,
        wrong_no=wrong_no,
    )


def keep(evaluation: Evaluation, chosen: Deciding) -> Model | None:
    """Keep the setting with the model, for the playground; None where the run's model is none of ours."""
    model = chosen.run.model
    if model is None:
        return None
    here = chosen.at
    kept = {"label": chosen.label, "threshold": here.high, "evaluation": evaluation.pk}
    model.threshold = kept | ({"low": here.low} if here.low < here.high else {})
    model.save(update_fields=["threshold"])
    return model


def forget(run: Run) -> Model | None:
    if run.model is None or not run.model.threshold:
        return None
    run.model.threshold = {}
    run.model.save(update_fields=["threshold"])
    return run.model


def _first_label(run: Run, thresholds: Mapping[str, Any]) -> str:
    """The one that a threshold is kept for, else the positive one, unless nothing can be told of it."""
    kept = str(run.model.threshold.get("label", "")) if run.model else ""
    wished = [one for one in (kept, str(run.scores[ABOUT].get("positive", "")), *thresholds) if one in thresholds]
    return next((one for one in wished if _can_be_told(labelled.counted(thresholds[one]))), wished[0])


def _can_be_told(counted: Counted) -> bool:
    return bool(counted.yes.sum() and counted.no.sum())


def _number(typed: str | None, most: float) -> float | None:
    """Read a number from 0 to `most`, written with a comma or a point."""
    try:
        value = float((typed or "").replace(",", "."))
    except ValueError:
        return None
    return min(value, most) if math.isfinite(value) and value >= 0 else None
