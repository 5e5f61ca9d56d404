"""A title and a sentence for each finding of a verdict."""

from __future__ import annotations

from collections.abc import Callable

from finetunes.sentences import classes, course, notes
from finetunes.sentences.figures import Numbers

SENTENCES: dict[str, Callable[[Numbers], tuple[str, str]]] = {
    "ended-early": notes.ended_early,
    "loss-lost": course.loss_lost,
    "diverged": course.diverged,
    "guessing": classes.guessing,
    "nothing-learned": course.nothing,
    "by-heart": course.by_heart,
    "over-fitting": course.over_fitting,
    "overconfident": course.overconfident,
    "accuracy-fell": classes.accuracy_fell,
    "threshold": classes.threshold,
    "recall-low": classes.recall_low,
    "precision-low": classes.precision_low,
    "f1-low": classes.f1_low,
    "lopsided": classes.lopsided,
    "right": classes.right,
    "told-apart": classes.told_apart,
    "stopped": course.stopped,
    "improving": course.improving,
    "learned": course.learned,
    "known-before": course.known_before,
    "unclear": course.unclear,
    "too-short": course.too_short,
    "few-in-class": classes.few_in_class,
    "few-examples": notes.few_examples,
    "no-validation": notes.no_validation,
    "little-validation": notes.little_validation,
    "spikes": notes.spikes,
    "few-whole": notes.few_whole,
}
"""A title and a sentence for each finding."""
