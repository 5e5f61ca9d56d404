"""Read a run's answers into columns. Prompts are measured and let go: they are what takes the room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluations.asking.fitting import is_cut
from evaluations.models import Answer, Run

CHUNK = 2000
FIELDS = (
    "question__number",
    "question__thread",
    "question__expected",
    "question__label",
    "question__cells",
    "label",
    "text",
    "probabilities",
    "right",
    "quality",
)


@dataclass
class Gathered:
    """Rows that have an answer and an expected one, each list in the order of the sheet."""

    answers: int = 0  # all that there are, of which
    problems: int = 0  # say nothing, and
    unexpected: int = 0  # cannot be judged
    cut: int = 0  # were longer than the model reads, and asked without their beginning
    numbers: list[int] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)  # the expected label, or text
    said: list[str] = field(default_factory=list)  # the label that counts, "" for none, or the text
    reported: list[Mapping[str, float]] = field(default_factory=list)
    values: list[float] = field(default_factory=list)  # right (1) or wrong (0), or how good a text is
    lengths: list[int] = field(default_factory=list)  # signs of the question
    cells: list[list[str]] = field(default_factory=list)

    @property
    def worth(self) -> NDArray[np.float64]:
        return np.array(self.values, dtype=np.float64)


def gather(run: Run) -> Gathered:
    found = Gathered()
    rows = Answer.objects.filter(run=run).order_by("question__number")
    found.answers, found.problems = rows.count(), rows.exclude(problem="").count()
    by_label = run.evaluation.is_classification
    for row in rows.filter(problem="").values_list(*FIELDS, "request").iterator(CHUNK):
        _take(found, row[:-1], by_label)
        found.cut += is_cut(row[-1], row[1])
    return found


def _take(found: Gathered, row: tuple[Any, ...], by_label: bool) -> None:
    number, thread, expected, wanted, cells, label, text, probabilities, right, quality = row
    wanted = (wanted or expected.strip()) if by_label else expected
    if not wanted.strip() or right is None:
        found.unexpected += 1
        return
    found.numbers.append(number)
    found.wanted.append(wanted)
    found.said.append(label if by_label else text)
    found.reported.append(dict(_numbers(probabilities)) if by_label else {})
    found.values.append(float(right) if by_label or quality is None else float(quality))
    found.lengths.append(sum(len(str(turn.get("content", ""))) for turn in thread))
    found.cells.append([str(cell) for cell in cells])


def _numbers(reported: Any) -> Iterator[tuple[str, float]]:
    """What a provider calls a probability need not be one."""
    for label, chance in (reported or {}).items():
        if isinstance(chance, int | float) and 0 <= chance < float("inf"):
            yield label, float(chance)
