"""What the page of scores shows, from what scoring has written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from evaluations.models import Evaluation, Run, Scoring
from evaluations.results import meanings
from evaluations.results.meanings import Meaning
from evaluations.score import ABOUT, is_stale
from evaluations.scores.compare import Paired
from evaluations.scores.figure import Figure

MOST_LABELS = 20
"""Classes that a confusion matrix shows: those with the most mistakes."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    interval: str
    why: str  # why there is no number
    is_best: bool


@dataclass(frozen=True, slots=True)
class Row:
    meaning: Meaning
    cells: list[Cell]


@dataclass(frozen=True)
class Table:
    """The scores of all models of an evaluation, a row for each score."""

    runs: list[Run]  # those that are scored
    rows: list[Row]
    waiting: bool  # whether some run has ended and is not scored yet

    @property
    def abouts(self) -> list[tuple[Run, Mapping[str, int]]]:
        return [(run, run.scores[ABOUT]) for run in self.runs]


@dataclass(frozen=True, slots=True)
class Compared:
    text: str
    first: Run
    second: Run
    found: Paired
    is_by_label: bool


def in_order(evaluation: Evaluation) -> list[Run]:
    """Return the runs, base models first: what there was before."""
    runs = evaluation.runs.select_related("model", "connection", "evaluation").defer("tried").order_by("pk")
    return sorted(runs, key=lambda run: run.model is not None)


def table(runs: Iterable[Run]) -> Table:
    every = list(runs)
    scored = [run for run in every if run.scores]
    names = {name for run in scored if run.scores[ABOUT]["rows"] for name in run.scores if name != ABOUT}
    positive = next((str(run.scores[ABOUT].get("positive", "")) for run in scored), "")
    rows = [
        Row(meanings.meaning(name, positive), _cells(name, scored))
        for name in sorted(names, key=lambda name: (meanings.place(name), name))
    ]
    return Table(scored, rows, any(is_stale(run) for run in every))


def _cells(name: str, runs: Sequence[Run]) -> list[Cell]:
    figures = [Figure.of(run.scores.get(name)) for run in runs]
    known = [one.value for one in figures if one.value is not None]
    best = (min if name in meanings.LOWER_IS_BETTER else max)(known, default=None)
    is_race = len(set(known)) > 1
    return [
        Cell(
            meanings.written(name, one.value),
            meanings.between(name, one),
            meanings.why(one) if one.value is None else "",
            is_race and one.value == best,
        )
        for one in figures
    ]


def comparisons(runs: Sequence[Run], scorings: Mapping[int, Scoring]) -> list[Compared]:
    """Compare each model with the first one, as the later scoring of the two saw them."""
    if len(runs) < 2:
        return []
    first = runs[0]
    found = [(run, _paired(first, run, scorings)) for run in runs[1:]]
    return [_compared(first, run, pair) for run, pair in found if pair]


def _paired(first: Run, second: Run, scorings: Mapping[int, Scoring]) -> Paired | None:
    there, back = (
        scorings[one.pk].data.get("against", {}).get(str(other.pk)) if one.pk in scorings else None
        for one, other in ((second, first), (first, second))
    )
    is_newer = bool(second.scored_at and first.scored_at and second.scored_at >= first.scored_at)
    if there and (is_newer or not back):
        return Paired(**there)
    return _turned(Paired(**back)) if back else None


def _turned(pair: Paired) -> Paired:
    low, high = (None if end is None else -end for end in (pair.high, pair.low))
    return Paired(pair.rows, -pair.difference, low, high, pair.chance, pair.only_second, pair.only_first)


def _compared(first: Run, second: Run, pair: Paired) -> Compared:
    by_label = second.scores[ABOUT].get("kind") == "labels"
    return Compared(meanings.compared(first.name, second.name, pair, by_label=by_label), first, second, pair, by_label)


@dataclass(frozen=True, slots=True)
class Taken:
    """A cell of the confusion matrix."""

    rows: int
    share: float  # of the rows that expect the same label
    is_right: bool
    query: str  # what shows these rows; "" where there are none


@dataclass(frozen=True)
class Matrix:
    labels: list[str]  # of columns, and of rows in the same order
    rows: list[tuple[str, list[Taken]]]
    has_outside: bool  # whether the last column is for answers that are none of the labels
    left_out: int  # labels that are not shown


class Confused:
    """What was taken for what by one model."""

    def __init__(self, run: Run, data: Mapping[str, Any]) -> None:
        self.run = run
        self.labels: list[str] = data["labels"]
        self.counts = {(expected, said): rows for expected, said, rows in data["cells"]}

    @cached_property
    def matrix(self) -> Matrix:
        shown = self._shown
        has_outside = any(said < 0 for _expected, said in self.counts)
        columns = [*shown, *([-1] if has_outside else [])]
        rows = [(self.labels[row], [self._cell(row, column) for column in columns]) for row in shown]
        return Matrix([self.labels[place] for place in shown], rows, has_outside, len(self.labels) - len(shown))

    @property
    def _shown(self) -> list[int]:
        if len(self.labels) <= MOST_LABELS:
            return list(range(len(self.labels)))
        mistakes = dict.fromkeys(range(len(self.labels)), 0)
        for (expected, said), rows in self.counts.items():
            for place in {expected, said} - {-1} if expected != said else set():
                mistakes[place] += rows
        return sorted(sorted(mistakes, key=lambda place: -mistakes[place])[:MOST_LABELS])

    def _cell(self, expected: int, said: int) -> Taken:
        rows = self.counts.get((expected, said), 0)
        whole = sum(count for (place, _said), count in self.counts.items() if place == expected)
        answer = {"outside": 1} if said < 0 else {"label": self.labels[said]}
        query = urlencode({"run": self.run.pk, "expected": self.labels[expected], **answer}) if rows else ""
        return Taken(rows, rows / whole if whole else 0.0, expected == said, query)


@dataclass(frozen=True, slots=True)
class OfClass:
    label: str
    expected: int
    said: int
    cells: list[Cell]


CLASS_SCORES = ("precision", "recall", "f1", "auroc", "auprc")
MOST_CLASSES = 100


def classes(data: Mapping[str, Any]) -> list[OfClass]:
    """The scores of each class, the most frequent first."""
    ordered = sorted(data.get("classes", []), key=lambda one: -one["expected"])[:MOST_CLASSES]
    return [
        OfClass(one["label"], one["expected"], one["said"], [_cell(name, one) for name in CLASS_SCORES]) for one in ordered
    ]


def _cell(name: str, one: Mapping[str, Any]) -> Cell:
    found = Figure.of(one.get(name))
    return Cell(
        meanings.written(name, found.value),
        meanings.between(name, found),
        "" if found.value is not None else meanings.why(found),
        False,
    )


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    rows: int
    cell: Cell
    share: float


@dataclass(frozen=True, slots=True)
class Sliced:
    column: str  # "": by length
    parts: list[Part]


def slices(data: Mapping[str, Any]) -> list[Sliced]:
    return [Sliced(one["column"] or "", [_part(part) for part in one["parts"]]) for one in data.get("slices", [])]


def _part(part: Mapping[str, Any]) -> Part:
    return Part(part["name"], part["n"], _cell("accuracy", {"accuracy": part}), float(part["value"] or 0))


def scorings(evaluation: Evaluation) -> dict[int, Scoring]:
    found = Scoring.objects.filter(run__evaluation=evaluation, answers__isnull=False)
    return {row.run_id: row for row in found}
