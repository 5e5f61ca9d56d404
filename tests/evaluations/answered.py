"""Evaluations that have been asked already, planted as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone

from connections.models import Connection
from evaluations import score
from evaluations.models import Answer, Evaluation, Question, Run, Scoring
from finetunes.models import Model
from teams.models import Organization

Row = tuple[str, str, Mapping[str, float]]
"""The expected label or text, what was said, and the probabilities that were reported."""

POSTS: list[Row] = [
    ("hockey", "hockey", {"hockey": 0.9, "baseball": 0.1}),
    ("hockey", "hockey", {"hockey": 0.7, "baseball": 0.3}),
    ("hockey", "baseball", {"hockey": 0.2, "baseball": 0.8}),
    ("baseball", "baseball", {"hockey": 0.1, "baseball": 0.9}),
    ("baseball", "baseball", {"hockey": 0.3, "baseball": 0.7}),
    ("baseball", "hockey", {"hockey": 0.6, "baseball": 0.4}),
    ("baseball", "", {}),
    ("baseball", "baseball", {"hockey": 0.05, "baseball": 0.95}),
]
LABELS = ["baseball", "hockey"]


def connection_of(organization: Organization) -> Connection:
    given = {"base_url": "http://provider.test/v1", "dialect": "both", "key": "sk-hidden-key"}
    found, _made = Connection.objects.get_or_create(organization=organization, name="Planted", defaults=given)
    return found


def evaluation_of(organization: Organization, expected: Sequence[str], **given: Any) -> Evaluation:
    labels = given.setdefault("labels", [])
    cells = given.pop("cells", [[] for _ in expected])
    made = {"name": "Held out", "state": Evaluation.State.READY, "row_count": len(expected), **given}
    evaluation = Evaluation.objects.create(organization=organization, **made)
    Question.objects.bulk_create(
        Question(
            evaluation=evaluation,
            number=number,
            thread=[{"role": "user", "content": f"post {number} {'and on ' * (number % 7)}"}],
            expected=text,
            label=text if labels else "",
            cells=cells[number],
        )
        for number, text in enumerate(expected)
    )
    return evaluation


def run_of(evaluation: Evaluation, rows: Iterable[Row], *, name: str = "ada:ft-acme", model: Model | None = None) -> Run:
    """Answer the questions in their order; a text of None is a problem."""
    by_label = bool(evaluation.labels)
    run = Run.objects.create(
        evaluation=evaluation,
        connection=model.connection if model else connection_of(evaluation.organization),
        model=model,
        key=str(model.pk) if model else f"c1:{name}",
        name=model.name if model else name,
        state=Run.State.DONE,
        finished_at=timezone.now(),
    )
    questions = evaluation.questions.order_by("number")
    answers = [_answer(run, one, row, by_label) for one, row in zip(questions, rows, strict=False)]
    Answer.objects.bulk_create(answers)
    problems = sum(1 for one in answers if one.problem)
    Run.objects.filter(pk=run.pk).update(done_count=len(answers), problem_count=problems)
    run.refresh_from_db()
    return run


def _answer(run: Run, question: Question, row: Row, by_label: bool) -> Answer:
    wanted, said, chances = row
    is_problem = said == "!"
    right = said == wanted if wanted and not is_problem else None
    quality = (chances.get(wanted, 0.0) if chances else float(bool(right))) if by_label else float(bool(right))
    return Answer(
        run=run,
        question=question,
        text="" if is_problem else f" {said}",
        label=said if by_label and not is_problem else "",
        probabilities=dict(chances),
        right=right,
        quality=None if right is None else quality,
        problem="The provider did not answer in time." if is_problem else "",
        answered_at=timezone.now(),
    )


def scored(*runs: Run) -> None:
    Scoring.objects.ask()
    for pk in Scoring.objects.due().filter(run__in=runs).values_list("pk", flat=True):
        assert score.score(pk)
    for run in runs:
        run.refresh_from_db()


def classified(organization: Organization, rows: Sequence[Row] = POSTS, **given: Any) -> tuple[Evaluation, Run]:
    evaluation = evaluation_of(organization, [wanted for wanted, _said, _chances in rows], labels=LABELS, **given)
    run = run_of(evaluation, rows)
    scored(run)
    return evaluation, run
