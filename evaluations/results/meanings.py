"""What each score is called and means, why there is none, and what a comparison says."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluations.scores import figure
from evaluations.scores.compare import Paired
from evaluations.scores.figure import Figure

ENOUGH = 0.05
"""Chance of a difference from which on it is not called one."""
ORDER = (
    *("accuracy", "precision", "recall", "f1", "auroc", "auprc"),
    *("weighted_precision", "weighted_recall", "weighted_f1", "weighted_auroc", "weighted_auprc"),
    *("brier", "calibration_error", "outside"),
    *("exact", "normalized", "fields", "chrf", "rouge_l", "bleu"),
)
"""The most telling first: a database need not keep the order in which scores were written."""
LOWER_IS_BETTER = {"brier", "calibration_error", "outside"}
PLAIN = {"brier"}
"""Scores that are not a share, and are not written as per cent."""


@dataclass(frozen=True, slots=True)
class Meaning:
    name: str
    title: str
    text: str


def meaning(name: str, positive: str = "") -> Meaning:
    """Name a score and say in plain words what it means; one that nobody knows any more keeps its own name."""
    label = _("“%(label)s”") % {"label": positive}
    title, text = {**_of_labels(label), **_of_probabilities(label), **_of_texts()}.get(name, (name, ""))
    return Meaning(name, title, text)


def _of_labels(label: str) -> dict[str, tuple[str, str]]:
    averaged = _("Of each class, averaged so that a class with more rows counts for more.")
    given = {"label": label}
    return {
        "accuracy": (_("Right answers"), _("The share of rows that were given the expected label.")),
        "precision": (
            _("Precision"),
            _("Of the rows that were called %(label)s, the share that really are.") % given,
        ),
        "recall": (_("Recall"), _("Of the rows that really are %(label)s, the share that were found.") % given),
        "f1": (_("F1"), _("Precision and recall of %(label)s in one number, low if either is low.") % given),
        "weighted_precision": (_("Precision, all classes"), averaged),
        "weighted_recall": (_("Recall, all classes"), averaged),
        "weighted_f1": (_("F1, all classes"), averaged),
        "outside": (_("None of the labels"), _("The share of answers that are none of the known labels.")),
    }


def _of_probabilities(label: str) -> dict[str, tuple[str, str]]:
    averaged = _("Each class against all others, averaged so that a class with more rows counts for more.")
    above = _("How often a row of %(label)s gets a higher probability than another row. Guessing gives 50 %%.")
    over = _("Precision of %(label)s, averaged over all shares that could be found. It does not depend on a threshold.")
    return {
        "auroc": (_("AUROC"), above % {"label": label}),
        "auprc": (_("AUPRC"), over % {"label": label}),
        "weighted_auroc": (_("AUROC, all classes"), averaged),
        "weighted_auprc": (_("AUPRC, all classes"), averaged),
        "brier": (
            _("Brier score"),
            _("How far probabilities are from the truth: 0 is perfect, always saying 50 %% gives 0.25.") % {},
        ),
        "calibration_error": (
            _("Calibration error"),
            _("How far “80 %% sure” is from right in 80 of 100 cases, on average. Lower is better.") % {},
        ),
    }


def _of_texts() -> dict[str, tuple[str, str]]:
    return {
        "exact": (_("Exactly right"), _("The share of answers that are equal to the expected text.")),
        "normalized": (
            _("Right in the main"),
            _("Equal but for capitals, space and punctuation."),
        ),
        "fields": (
            _("Fields that agree"),
            _("The share of fields or lines that the answer and the expected one have in common."),
        ),
        "chrf": (_("chrF"), _("How many short runs of letters answer and expected text have in common. For any language.")),
        "rouge_l": (_("ROUGE-L"), _("How many words they have in common in the same order.")),
        "bleu": (
            _("BLEU"),
            _("How many runs of one to four words they have in common, over all rows. Known from translation."),
        ),
    }


def place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def why(one: Figure) -> str:
    """Say why there is no number."""
    return {
        figure.NO_ROWS: _("No row was answered whose right answer is known."),
        figure.ONE_CLASS: _("Needs rows of this class and of another one."),
        figure.NEVER_SAID: _("The model never gave this label."),
        figure.NO_CHANCES: _("The provider reported no probabilities."),
        figure.NO_FIELDS: _("The expected answers hold no fields."),
    }.get(one.why, _("Not known."))


def written(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return number_format(value, 3) if name in PLAIN else percent(value)


def percent(value: float | None) -> str:
    return "–" if value is None else f"{number_format(100 * value, 1)}\N{NO-BREAK SPACE}%"


def between(name: str, one: Figure) -> str:
    """Write the interval; "" where there is none, or no width to speak of."""
    if one.low is None or one.high is None:
        return ""
    return _("%(low)s to %(high)s") % {"low": written(name, one.low), "high": written(name, one.high)}


def compared(first: str, second: str, found: Paired, *, by_label: bool) -> str:
    """Say which of two models is better on the same rows, and whether that may be chance."""
    if found.chance is None:
        return _("The two models have no answered row in common.")
    more = found.only_second - found.only_first if by_label else found.difference
    if more == 0 and by_label:
        return _("Both are right equally often in %(rows)s rows.") % {"rows": _n(found.rows)}
    better, worse = (second, first) if more > 0 else (first, second)
    said = _more_rows(better, abs(int(more)), found.rows) if by_label else _nearer(better, worse, found)
    return f"{said} {chance(found.chance)}"


def _more_rows(better: str, rows: int, of: int) -> str:
    return ngettext(
        "%(better)s is right %(n)s row more often in %(rows)s.",
        "%(better)s is right %(n)s rows more often in %(rows)s.",
        rows,
    ) % {"better": better, "n": _n(rows), "rows": _n(of)}


def _nearer(better: str, worse: str, found: Paired) -> str:
    return _("The answers of %(better)s are nearer to the expected ones than those of %(worse)s, in %(rows)s rows.") % {
        "better": better,
        "worse": worse,
        "rows": _n(found.rows),
    }


def chance(value: float) -> str:
    if value >= ENOUGH:
        return _("That may well be chance: it would come about in %(n)s of 100 such comparisons of equally good models.") % {
            "n": max(5, min(100, round(100 * value)))
        }
    for cases in (1000, 100):
        if value < 1 / cases:
            return _("Chance alone would give this in fewer than 1 of %(cases)s cases.") % {"cases": _n(cases)}
    return _("Chance alone would give this in about %(n)s of 100 cases.") % {"n": max(1, round(100 * value))}


def _n(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
