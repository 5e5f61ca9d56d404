"""The spreadsheet that comes back: its own columns in their order, then what each model said.

Rows are read in chunks and given away one by one, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from evaluations import said
from evaluations.models import Answer, Evaluation, Question, Run

CHUNK = 1_000
MOST_LABELS = 5
Cell = str | float | None


def header(evaluation: Evaluation, runs: Sequence[Run]) -> list[str]:
    """Return the names of the columns, no two of them the same."""
    taken: list[str] = []
    said_by = (name for run in runs for name in _of_run(run))
    for name in [*_own(evaluation), *said_by, *(name for run in runs for name in _of_labels(run, evaluation))]:
        taken.append(_free(name, taken))
    return taken


def rows(evaluation: Evaluation, runs: Sequence[Run]) -> Iterator[list[Cell]]:
    """Yield the cells of each question, those that nobody has answered yet left empty."""
    width = len(_own(evaluation))
    nothing: list[Cell] = ["", None, "", ""]
    for questions in _chunks(evaluation):
        answers = _answers([pk for pk, *_rest in questions], runs)
        for pk, _number, *own in questions:
            cells = _cells(evaluation, own, width)
            told = [answers.get((pk, run.pk)) for run in runs]
            for one in told:
                cells += one.cells if one else nothing
            for one in told:
                cells += [said.probability(label, one.probabilities) if one else None for label in _told_labels(evaluation)]
            yield cells


def _own(evaluation: Evaluation) -> list[str]:
    columns: list[str] = evaluation.layout.get("columns", []) if evaluation.source else []
    return columns or [_("question"), _("expected")]


def _of_run(run: Run) -> list[str]:
    parts = (_("answer"), _("probability"), _("verdict"), _("problem"))
    return [f"{run.name}: {part}" for part in parts]


def _of_labels(run: Run, evaluation: Evaluation) -> list[str]:
    named = _("probability of %(label)s")
    return [f"{run.name}: {named % {'label': label}}" for label in _told_labels(evaluation)]


def _told_labels(evaluation: Evaluation) -> list[str]:
    """The labels that have columns of their own, behind all others: as many as a provider tells probabilities of."""
    return list(evaluation.labels) if len(evaluation.labels) <= MOST_LABELS else []


def _free(wanted: str, taken: Sequence[str]) -> str:
    lower = {name.casefold() for name in taken}
    found, number = wanted, 2
    while found.casefold() in lower:
        found, number = f"{wanted} ({number})", number + 1
    return found


class _Answered(NamedTuple):
    """What is told of an answer; read without its row becoming an object, which takes longer than all else."""

    label: str
    text: str
    probabilities: dict[str, Any]
    right: bool | None
    problem: str

    @property
    def cells(self) -> list[Cell]:
        words = said.words(said.verdict(self.right, self.problem))
        return [self.label or self.text, said.probability(self.label, self.probabilities), words, self.problem]


def _chunks(evaluation: Evaluation) -> Iterator[list[tuple[Any, ...]]]:
    """Yield questions as tuples: key, number, then what its own cells are made of."""
    last = -1
    own = ("cells",) if evaluation.source else ("thread", "expected")
    while True:
        after = Question.objects.filter(evaluation=evaluation, number__gt=last).order_by("number")
        chunk = list(after.values_list("pk", "number", *own)[:CHUNK])
        if not chunk:
            return
        yield chunk
        last = chunk[-1][1]


def _answers(questions: Sequence[int], runs: Sequence[Run]) -> dict[tuple[int, int], _Answered]:
    wanted = Answer.objects.filter(question__in=questions, run__in=[run.pk for run in runs]).order_by()
    found = wanted.values_list("question_id", "run_id", "label", "text", "probabilities", "right", "problem")
    return {(question, run): _Answered(*rest) for question, run, *rest in found}


def _cells(evaluation: Evaluation, own: Sequence[Any], width: int) -> list[Cell]:
    """Return the sheet's own cells, or the question and what is expected where there was no sheet."""
    cells: Sequence[Any] = own[0] if evaluation.source else [_asked(own[0]), own[1]]
    return [*(_plain(cell) for cell in cells[:width]), *[""] * (width - len(cells))]


def _asked(thread: Sequence[dict[str, Any]]) -> str:
    """Return the question; a conversation with who said what."""
    if len(thread) < 2:
        return str(thread[-1].get("content", "")) if thread else ""
    return "\n".join(f"{turn.get('role', '')}: {turn.get('content', '')}" for turn in thread)


def _plain(cell: Any) -> Cell:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else str(cell)
