"""The spreadsheet that comes back: its own columns in their order, then what each model said.

Rows are read in chunks and given away one by one, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from evaluations import said
from evaluations.models import Answer, Evaluation, Question, Run

CHUNK = 1_000
Cell = str | float | None


def header(evaluation: Evaluation, runs: Sequence[Run]) -> list[str]:
    """Return the names of the columns, no two of them the same."""
    taken: list[str] = []
    for name in [*_own(evaluation), *(name for run in runs for name in _of_run(run))]:
        taken.append(_free(name, taken))
    return taken


def rows(evaluation: Evaluation, runs: Sequence[Run]) -> Iterator[list[Cell]]:
    """Yield the cells of each question, those that nobody has answered yet left empty."""
    width = len(_own(evaluation))
    for questions in _chunks(evaluation):
        answers = _answers(questions, runs)
        for question in questions:
            cells = _cells(evaluation, question, width)
            for run in runs:
                cells += _told(run, answers.get((question.pk, run.pk)), question)
            yield cells


def _own(evaluation: Evaluation) -> list[str]:
    columns: list[str] = evaluation.layout.get("columns", []) if evaluation.source else []
    return columns or [_("question"), _("expected")]


def _of_run(run: Run) -> list[str]:
    parts = (_("answer"), _("probability"), _("verdict"), _("problem"))
    return [f"{run.name}: {part}" for part in parts]


def _free(wanted: str, taken: Sequence[str]) -> str:
    lower = {name.casefold() for name in taken}
    found, number = wanted, 2
    while found.casefold() in lower:
        found, number = f"{wanted} ({number})", number + 1
    return found


def _chunks(evaluation: Evaluation) -> Iterator[list[Question]]:
    last = -1
    fields = ("pk", "number", "cells") if evaluation.source else ("pk", "number", "thread", "expected")
    while True:
        after = Question.objects.filter(evaluation=evaluation, number__gt=last).order_by("number").only(*fields)
        chunk = list(after[:CHUNK])
        if not chunk:
            return
        yield chunk
        last = chunk[-1].number


def _answers(questions: Sequence[Question], runs: Sequence[Run]) -> dict[tuple[int, int], Answer]:
    wanted = Answer.objects.filter(question__in=[one.pk for one in questions], run__in=[run.pk for run in runs])
    fields = ("question_id", "run_id", "text", "label", "probabilities", "right", "problem")
    return {(one.question_id, one.run_id): one for one in wanted.order_by().only(*fields)}


def _cells(evaluation: Evaluation, question: Question, width: int) -> list[Cell]:
    """Return the sheet's own cells, or the question and what is expected where there was no sheet."""
    own: list[Any] = question.cells if evaluation.source else [_asked(question), question.expected]
    return [*(_plain(cell) for cell in own[:width]), *[""] * (width - len(own))]


def _asked(question: Question) -> str:
    """Return the question; a conversation with who said what."""
    if len(question.thread) < 2:
        return question.text
    return "\n".join(f"{turn.get('role', '')}: {turn.get('content', '')}" for turn in question.thread)


def _told(run: Run, answer: Answer | None, question: Question) -> list[Cell]:
    if answer is None:
        return ["", None, "", ""]
    told = said.of(run, answer, question)
    return [told.text, told.probability, told.words, answer.problem]


def _plain(cell: Any) -> Cell:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else str(cell)
