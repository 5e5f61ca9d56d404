"""Score a run that is not asked on.

In: its answers. Out: `Run.scores`, {name: a Figure, "about": what was counted}, and `Scoring.data`: what the page
shows beside them. Doing it again gives the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from evaluations.contradict import contradictions
from evaluations.gather import Gathered, gather
from evaluations.models import Answer, Evaluation, Run, Scoring
from evaluations.scores import compare, labelled, slices, written
from evaluations.scores.figure import Figure
from evaluations.scores.slices import Slice
from finetunes.holding import SECONDS, holding

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 5
MOST_COLUMNS = 8
ABOUT = "about"
FAILED = {ABOUT: {"rows": 0, "problems": 0, "unexpected": 0, "failed": True}}


def score(pk: int) -> bool:
    """Claim a scoring and do it; False if it is not due or somebody else is at it."""
    row = Scoring.objects.with_runs().claim(pk, SECONDS)
    if row is None:
        return False
    if row.attempts > MAX_ATTEMPTS:
        _write(row, row.run.done_count, FAILED, {})
        return True
    try:
        with holding(row):
            found, short, data = _scored(row.run)
    except Exception:
        row.release(due_at=timezone.now() + timedelta(seconds=2**row.attempts))
        raise
    _write(row, found.answers, short, data)
    return True


def is_stale(run: Run) -> bool:
    """Whether a run that is not asked on has answers that were not counted."""
    about = run.scores.get(ABOUT, {})
    counted = sum(int(about.get(name, 0)) for name in ("rows", "problems", "unexpected"))
    is_old = bool(run.finished_at and run.scored_at and run.finished_at > run.scored_at)
    is_new = run.done_count != counted and not about.get("failed")
    return not run.is_active and run.done_count > 0 and (is_new or is_old)


def _write(row: Scoring, answers: int, short: dict[str, Any], data: dict[str, Any]) -> None:
    with transaction.atomic():
        if row.release(answers=answers, data=data):
            Run.objects.filter(pk=row.run_id).update(scores=short, scored_at=timezone.now())


def _scored(run: Run) -> tuple[Gathered, dict[str, Any], dict[str, Any]]:
    found = gather(run)
    about = {"rows": len(found.numbers), "problems": found.problems, "unexpected": found.unexpected, "cut": found.cut}
    measured, details, more = _labels(run, found) if run.evaluation.is_classification else _texts(found)
    short = {name: figure.plain for name, figure in measured.items()} | {ABOUT: about | more}
    data = details | {"slices": list(_slices(run.evaluation, found)), "against": _against(run)}
    return found, short, data


def _labels(run: Run, found: Gathered) -> tuple[dict[str, Figure], dict[str, Any], dict[str, Any]]:
    rows = labelled.labelled(run.evaluation.labels, found.wanted, found.said, found.reported)
    label = positive(run.evaluation, rows)
    details = labelled.details(rows, label) | {"contradictions": contradictions(run)}
    return labelled.figures(rows, label), details, {"kind": "labels", "positive": label, "labels": len(rows.labels)}


def _texts(found: Gathered) -> tuple[dict[str, Figure], dict[str, Any], dict[str, Any]]:
    return written.figures(found.said, found.wanted), {}, {"kind": "texts"}


def positive(evaluation: Evaluation, rows: labelled.Labelled) -> str:
    """The label that is looked for, the same for all models: as one of them was trained, else the rarer one."""
    for run in evaluation.runs.select_related("model__fine_tune"):
        label = _trained_for(run)
        if label in rows.labels:
            return label
    return labelled.positive(rows)


def _trained_for(run: Run) -> str:
    tune = run.model.fine_tune if run.model else None
    if tune is None:
        return ""
    name = "classification_positive_class"
    return str(tune.resolved.get(name) or tune.hyperparameters.get(name) or "").strip()


def _slices(evaluation: Evaluation, found: Gathered) -> Iterator[dict[str, Any]]:
    """By length, and by the columns of the sheet that sort its rows into a few groups."""
    if not found.numbers:
        return
    if parts := slices.by_length(found.worth, np.array(found.lengths)):
        yield {"column": None, "parts": [_plain(part) for part in parts]}
    shown = 0
    for place, column in enumerate(evaluation.layout.get("columns", [])):
        cells = [row[place] if place < len(row) else "" for row in found.cells]
        parts = slices.by_value(found.worth, cells) if shown < MOST_COLUMNS else []
        if parts and column != evaluation.mapping.get("expected"):
            shown += 1
            yield {"column": column, "parts": [_plain(part) for part in parts]}


def _plain(part: Slice) -> dict[str, Any]:
    return {"name": part.name[:200], **part.figure.plain}


def _against(run: Run) -> dict[str, Any]:
    """Compare with each other model that has answered the same rows: {its pk: the comparison, this one second}."""
    mine = _judged(run)
    others = Run.objects.filter(evaluation=run.evaluation_id, done_count__gt=0).exclude(pk=run.pk)
    return {str(other.pk): asdict(_paired(_judged(other), mine, run)) for other in others}


def _judged(run: Run) -> dict[int, tuple[bool, float | None]]:
    rows = Answer.objects.filter(run=run, problem="", right__isnull=False)
    return {
        question: (bool(right), quality) for question, right, quality in rows.values_list("question", "right", "quality")
    }


def _paired(
    first: dict[int, tuple[bool, float | None]], second: dict[int, tuple[bool, float | None]], run: Run
) -> compare.Paired:
    both = [(first[question], second[question]) for question in sorted(first.keys() & second.keys())]
    if run.evaluation.is_classification:
        pairs = np.array([[one[0], other[0]] for one, other in both], dtype=bool).reshape(-1, 2)
        return compare.right(pairs[:, 0], pairs[:, 1])
    numbers = np.array([[one[1], other[1]] for one, other in both], dtype=np.float64).reshape(-1, 2)
    return compare.quality(numbers[:, 0], numbers[:, 1])
