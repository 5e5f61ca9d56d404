"""A report: one HTML file that shows an evaluation without a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from evaluations.models import Evaluation, Run, Scoring
from evaluations.results import deciding, examples, tables, trust

TEMPLATE = "evaluations/report.html"


def page(evaluation: Evaluation, runs: Sequence[Run]) -> bytes:
    found = tables.scorings(evaluation)
    scored = [run for run in runs if run.scores]
    context = {
        "evaluation": evaluation,
        "made_at": timezone.now(),
        "runs": runs,
        "table": tables.table(runs),
        "comparisons": tables.comparisons(scored, found),
        "parts": [_part(run, found[run.pk]) for run in scored if run.pk in found],
    }
    return render_to_string(TEMPLATE, context).encode("utf-8", "replace")


def _part(run: Run, scoring: Scoring) -> dict[str, Any]:
    data = scoring.data
    return {
        "run": run,
        "matrix": tables.Confused(run, data).matrix if data.get("cells") else None,
        "deciding": deciding.deciding(run, data, {}),
        "curve": trust.curve(data),
        "classes": tables.classes(data),
        "slices": tables.slices(data),
        "worst": examples.worst(run),
        "met": data.get("contradictions"),
        "contradictions": examples.contradictions(run, data),
    }
