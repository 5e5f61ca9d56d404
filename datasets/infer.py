"""What a dataset is for, judged after de-duplication, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datasets.messages import CHAT, PREFERENCE
from datasets.words import Sentence
from datasets.words import gettext_noop as _

__all__ = ["CHAT", "CLASSIFICATION", "GENERATION", "OPEN_ENDED", "PREFERENCE", "Judged", "judge", "task"]
CLASSIFICATION, GENERATION, OPEN_ENDED = "classification", "generation", "open-ended"
MAX_CLASSES = 1_000


@dataclass(frozen=True, kw_only=True)
class Judged:
    task: str
    inferred: str  # what it would be if nobody had chosen
    why: Sentence  # of what was inferred
    possible: tuple[str, ...]  # tasks that a person may choose for these rows

    def to_json(self) -> dict[str, Any]:
        return {"inferred": self.inferred, "why": self.why.to_json(), "possible": list(self.possible)}


def task(*, format: str, rows: int, classes: int, prompts: bool) -> str:
    """The task of `rows` different rows with `classes` different completions, `prompts` if any prompt has text.

    Fewer different completions than a third of the rows make a classifier, but one class is none, and neither are
    more than MAX_CLASSES.
    """
    if format in (CHAT, PREFERENCE):
        return format
    if not prompts:
        return OPEN_ENDED
    if 1 < classes <= MAX_CLASSES and classes * 3 < rows:
        return CLASSIFICATION
    return GENERATION


def judge(*, format: str, rows: int, classes: int, prompts: bool, chosen: str = "") -> Judged:
    """The same with its reason; what a person chose comes first wherever these rows can be that."""
    inferred = task(format=format, rows=rows, classes=classes, prompts=prompts)
    possible = _possible(inferred, classes=classes, prompts=prompts)
    why = _why(inferred, rows=rows, classes=classes)
    return Judged(task=chosen if chosen in possible else inferred, inferred=inferred, why=why, possible=possible)


def _possible(inferred: str, *, classes: int, prompts: bool) -> tuple[str, ...]:
    if inferred in (CHAT, PREFERENCE):
        return (inferred,)
    can = {CLASSIFICATION: prompts and 1 < classes <= MAX_CLASSES, GENERATION: prompts, OPEN_ENDED: True}
    return tuple(name for name, fits in can.items() if fits)


def _why(inferred: str, *, rows: int, classes: int) -> Sentence:
    if inferred == CHAT:
        return _("Because each row is a conversation.")
    if inferred == PREFERENCE:
        return _("Because each row holds two answers, one of them preferred.")
    if inferred == OPEN_ENDED:
        return _("Because no prompt holds any text.")
    if inferred == CLASSIFICATION:
        return _(
            "Because there are only %(classes)s different completions in %(rows)s rows.",
            classes=classes,
            rows=rows,
        )
    if classes > MAX_CLASSES:
        return _("Because the completions are texts: there are more than %(most)s, or long ones.", most=MAX_CLASSES)
    if classes == 1:
        return _("Because all completions are the same, and a single class is none.")
    return _(
        "Because there are %(classes)s different completions in %(rows)s rows, too many to be classes.",
        classes=classes,
        rows=rows,
    )
