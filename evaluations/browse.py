"""Pages of questions with what each model said, and one of them with its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property

from evaluations import narrow, said
from evaluations.models import Answer, Evaluation, Question, Run
from evaluations.narrow import Wanted
from evaluations.said import Said

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    question: Question
    answers: list[Said]  # one for each run, in their order
    place: int  # among the rows that are wanted, from 1


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One row and everything that is known of it."""

    question: Question
    cells: list[tuple[str, str]]
    answers: list[Said]
    place: int = 0  # among the rows that are wanted; 0: it is not among them
    previous: tuple[int, int] | None = None  # a neighbour's number and place
    next: tuple[int, int] | None = None


class _Counted(Paginator[Question]):
    """Every row is known to be there where nothing narrows them down, so that none is counted."""

    def __init__(self, *args: Any, known: int | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._known = known

    @cached_property
    def count(self) -> int:
        return super().count if self._known is None else self._known


def page(evaluation: Evaluation, wanted: Wanted, runs: Sequence[Run], number: str) -> tuple[Page[Question], list[Row]]:
    found = narrow.questions(evaluation, wanted, wanted.chosen(runs)).defer("cells")
    is_known = evaluation.state == Evaluation.State.READY and not wanted.narrows
    counted = _Counted(found, PER_PAGE, known=evaluation.row_count if is_known else None)
    shown = counted.get_page(number)
    return shown, _rows(list(shown), runs, shown.start_index())


def _rows(questions: Sequence[Question], runs: Sequence[Run], first: int) -> list[Row]:
    answers = _answers(questions, runs, Answer.objects.defer("request"))
    made = []
    for place, question in enumerate(questions, first):
        made.append(Row(question, [said.of(run, answers.get((question.pk, run.pk)), question) for run in runs], place))
    return made


def _answers(questions: Iterable[Question], runs: Iterable[Run], found: Any) -> dict[tuple[int, int], Answer]:
    asked = found.filter(question__in=[one.pk for one in questions], run__in=[run.pk for run in runs])
    return {(one.question_id, one.run_id): one for one in asked.order_by()}


def opened(evaluation: Evaluation, wanted: Wanted, runs: Sequence[Run], number: int, place: int) -> Opened | None:
    """Return the row of this number; its neighbours are told by the place at which a person found it."""
    question = Question.objects.filter(evaluation=evaluation, number=number).first()
    if question is None:
        return None
    answers = _answers([question], runs, Answer.objects)
    columns = evaluation.layout.get("columns", [])
    around = _around(evaluation, wanted, runs, number, place)
    return Opened(
        question=question,
        cells=[(name, "" if cell is None else str(cell)) for name, cell in zip(columns, question.cells, strict=False)],
        answers=[said.of(run, answers.get((question.pk, run.pk)), question) for run in runs],
        **around,
    )


def _around(evaluation: Evaluation, wanted: Wanted, runs: Sequence[Run], number: int, place: int) -> dict[str, Any]:
    if place < 1:
        return {}
    found = narrow.questions(evaluation, wanted, wanted.chosen(runs)).values_list("number", flat=True)
    first = max(place - 2, 0)
    near = {first + at + 1: one for at, one in enumerate(found[first : place + 1])}
    if near.get(place) != number:
        return {}
    before, after = near.get(place - 1), near.get(place + 1)
    return {
        "place": place,
        "previous": None if before is None else (before, place - 1),
        "next": None if after is None else (after, place + 1),
    }
