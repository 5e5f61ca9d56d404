"""The verdict on a fine-tune that has ended: found once, when its last numbers come, and kept with it.

It is found where the numbers are written, in the same transaction, so that whoever sees that a fine-tune has ended
sees its verdict as well, and so that a page costs no more for a million steps than for ten. What was found by older
rules is found anew when somebody looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasets.models import Version
from finetunes import store
from finetunes.metrics import COUNTERS, Series, series
from finetunes.models import FineTune
from finetunes.statuses import ENDED
from finetunes.verdict.judge import RULES, SERIES, judge, to_json
from finetunes.verdict.run import Run


def judged(fine_tune: FineTune, changes: Mapping[str, Any], *, is_news: bool) -> dict[str, Any]:
    """Return the verdict as a change of the row, if `changes` end it, or come late with news; else nothing."""
    if changes["status"] not in ENDED:
        return {"verdict": {}} if fine_tune.verdict else {}
    if not is_news and fine_tune.verdict and changes["status"] == fine_tune.status:
        return {}
    return {"verdict": find(fine_tune, changes)}


def kept(fine_tune: FineTune) -> dict[str, Any]:
    """Return the verdict of one that has ended, by the rules of today."""
    if not fine_tune.has_ended or not _was_at_the_provider(fine_tune):
        return {}
    if fine_tune.verdict.get("rules") != RULES:
        # Found from what is stored: whoever finds it at the same time finds the same.
        fine_tune.verdict = find(fine_tune, {})
        FineTune.objects.filter(pk=fine_tune.pk, revision=fine_tune.revision).update(verdict=fine_tune.verdict)
    return dict(fine_tune.verdict)


def find(fine_tune: FineTune, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Judge by what is stored and by the changes that are about to be."""
    return to_json(judge(_run(fine_tune, changes)))


def _was_at_the_provider(fine_tune: FineTune) -> bool:
    return bool(fine_tune.remote_id) and not fine_tune.was_turned_away


def _looked_at(fine_tune: FineTune) -> dict[str, Series]:
    """Read what is judged by: of counters only where they end, of other series every point."""
    there = store.extents(fine_tune)
    ends = {name: series([there[name].last], [0.0]) for name in COUNTERS if name in there}
    names = [name for name in there if name in SERIES or name.startswith("classification/")]
    return ends | store.read_series(fine_tune, names)


def _run(fine_tune: FineTune, changes: Mapping[str, Any]) -> Run:
    def now(name: str) -> Any:
        return changes.get(name, getattr(fine_tune, name))

    resolved, version = now("resolved"), fine_tune.training_version
    return Run(
        status=str(now("status")),
        series=_looked_at(fine_tune),
        epochs=_whole(resolved.get("n_epochs")) or now("epochs"),
        total_steps=now("total_steps"),
        positive=str(resolved.get("classification_positive_class") or ""),
        ways=_whole(resolved.get("classification_n_classes"))
        or (2 if resolved.get("classification_positive_class") else None),
        **(_of_data(version, use_validation=fine_tune.use_validation) if version else {}),
    )


def _of_data(version: Version, *, use_validation: bool) -> dict[str, Any]:
    answers = [counts.get("answer") for counts in version.tokens.values()]
    return {
        "training_examples": version.training_rows,
        "validation_examples": version.validation_rows if use_validation else 0,
        "classes": dict(version.label_counts) if version.is_classifier else {},
        "one_token": bool(answers) and all(longest == 1 for longest in answers),
    }


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10_000 else None
