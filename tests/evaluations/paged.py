"""What tests of the pages share: an uploaded sheet, an evaluation that has been asked, its address."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluations.models import Answer, Evaluation, Question, Run
from finetunes.models import Model
from tests.conftest import People

CSV = b"id,text,label\n7,post one,baseball\n8,post two,hockey\n9,=post three,hockey\n"


def at(name: str, *args: Any) -> str:
    return reverse(f"evaluations:{name}", args=args)


def uploaded(client: Client, content: bytes = CSV, name: str = "posts.csv", **more: Any) -> Evaluation:
    response = client.post(at("of_sheet"), {"file": SimpleUploadedFile(name, content), **more})
    assert response.status_code == 302, response.content.decode()
    return Evaluation.objects.latest("pk")


def filled(*models: Model, **more: Any) -> dict[str, Any]:
    """What the form of a draft sends."""
    keys = [str(model.pk) for model in models]
    return {"models": keys, "name": "Posts", "prompt": "text", "expected": "label", "template": "", **more}


def asked(people: People, *models: Model, rows: int = 6, labels: tuple[str, ...] = ("baseball", "hockey")) -> Evaluation:
    """An evaluation whose questions are there, and a run for each model; nothing has been answered."""
    evaluation = Evaluation.objects.create(
        organization=people.organization,
        name="Held out",
        state="ready",
        filename="posts.csv",
        labels=list(labels),
        row_count=rows,
        layout={"columns": ["text", "label"]},
        source="evaluations/none/source",
        created_by=people.member,
    )
    questions = [
        Question(
            evaluation=evaluation,
            number=number,
            thread=[{"role": "user", "content": f"post {number}"}],
            expected=labels[number % len(labels)] if labels else f"text {number}",
            label=labels[number % len(labels)] if labels else "",
            cells=[f"post {number}", labels[number % len(labels)] if labels else f"text {number}"],
        )
        for number in range(rows)
    ]
    Question.objects.bulk_create(questions)
    for model in models:
        Run.objects.create(
            evaluation=evaluation, key=str(model.pk), connection=model.connection, model=model, name=model.name, state="done"
        )
    return evaluation


def answer(run: Run, number: int, **said: Any) -> Answer:
    """Write down what a model said to the question of this number."""
    question = Question.objects.get(evaluation=run.evaluation, number=number)
    label = said.get("label", "")
    given = {"text": f" {label}" if label else "", "answered_at": timezone.now(), **said}
    return Answer.objects.create(run=run, question=question, **given)
