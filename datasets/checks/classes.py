from __future__ import annotations

from typing import Self

from datasets.checks.base import Batch, Check, Facts, Finding
from datasets.infer import CLASSIFICATION, OPEN_ENDED
from datasets.words import Sentence, gettext_noop, ngettext

ADVISED = 100  # examples of each class


class OneClass(Check):
    code = "one-class"
    shown = ("prompt", "completion")

    def __init__(self) -> None:
        super().__init__()
        self.same: str | None = None
        self.differ = False

    def add(self, batch: Batch) -> None:
        if self.same is None and batch.completions:
            self.same = batch.completions[0]
        self.differ = self.differ or any(text != self.same for text in batch.completions)
        self.show_first(zip(batch.lines, batch.examples, strict=True))

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        self.differ = self.differ or other.differ or (None not in (self.same, other.same) and self.same != other.same)
        self.same = other.same if self.same is None else self.same

    def finding(self, facts: Facts) -> Finding | None:
        if self.differ or facts.rows < 2 or facts.task == OPEN_ENDED:
            return None
        self.count = facts.rows
        return self.report(
            "bad",
            gettext_noop("All completions are the same"),
            gettext_noop(
                "A model trained on one answer gives that answer to everything. Add rows of at least one other class."
            ),
        )


class SmallClasses(Check):
    code = "small-classes"

    def finding(self, facts: Facts) -> Finding | None:
        small = {label: count for label, count in facts.labels.items() if count < ADVISED}
        if facts.task != CLASSIFICATION or not small:
            return None
        self.count = len(small)
        return self.report(
            "info",
            ngettext(
                "%(count)s class has fewer than %(advised)s examples",
                "%(count)s classes have fewer than %(advised)s examples",
                len(small),
                advised=ADVISED,
            ),
            _named(small),
        )


def _named(small: dict[str, int]) -> Sentence:
    rarest = sorted(small.items(), key=lambda pair: pair[1])[:5]
    return gettext_noop(
        "Fewest: %(classes)s. A class is learned from its examples; about %(advised)s of each is a good start.",
        classes=", ".join(f"“{label.strip()[:40]}” {count}" for label, count in rarest),
        advised=ADVISED,
    )
