"""/v1/fine-tunes: the first generation."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from pydantic import Field, FiniteFloat

from trainer import defaults, finish, ids
from trainer.api import ask, envelope, shapes, stream
from trainer.api.ask import Ask, Text
from trainer.api.door import Call
from trainer.api.envelope import BadRequest, NotAllowed
from trainer.api.starting import base_and_parent, start, training_files
from trainer.models import Generation, Job, JobQuerySet

Positive = Annotated[FiniteFloat, Field(gt=0)]


class Create(Ask):
    training_file: Text
    validation_file: Text | None = None
    model: Text = "curie"
    n_epochs: Annotated[int, Field(ge=1, le=1000)] = defaults.EPOCHS
    batch_size: Annotated[int, Field(ge=1, le=defaults.LARGEST_BATCH)] | None = None
    learning_rate_multiplier: Positive | None = None
    prompt_loss_weight: Annotated[FiniteFloat, Field(ge=0, le=1)] = defaults.PROMPT_LOSS_WEIGHT
    compute_classification_metrics: bool = False
    classification_n_classes: Annotated[int, Field(ge=2)] | None = None
    classification_positive_class: Text | None = None
    classification_betas: list[Positive] | None = None
    suffix: Annotated[Text, Field(min_length=1, max_length=40)] | None = None


def index(call: Call) -> HttpResponse:
    data = [shapes.legacy_job(job) for job in _jobs(call).with_files().order_by("pk")]
    return envelope.answer(shapes.listed(data))


def create(call: Call) -> HttpResponse:
    asked = ask.read(call, Create)
    _check_classification(asked)
    _check_suffix(asked)
    base, parent = base_and_parent(call, asked.model, Generation.LEGACY)
    job = start(
        call,
        generation=Generation.LEGACY,
        base_name=base.name,
        parent=parent,
        hyperparameters=asked.model_dump(exclude={"training_file", "validation_file", "model", "suffix"}),
        suffix=asked.suffix or "",
        **training_files(call, asked, base),
    )
    return envelope.answer(_with_events(job))


def detail(call: Call, job_id: str) -> HttpResponse:
    return envelope.answer(_with_events(find(call, job_id)))


def cancel(call: Call, job_id: str) -> HttpResponse:
    job = find(call, job_id)
    try:
        finish.cancel(job)
    except finish.AlreadyFinished:
        raise BadRequest(f"{job_id} has already ended and cannot be cancelled.", code="already_finished") from None
    return envelope.answer(_with_events(find(call, job_id)))


def destroy(call: Call, job_id: str) -> HttpResponse:
    """Say what to do instead: a job stays, so that it can be looked up what a model was made of."""
    find(call, job_id)
    raise NotAllowed(
        "A fine-tune cannot be deleted. Cancel it while it runs; its model is deleted at /v1/models/{model} by an owner.",
        code="method_not_supported",
        headers={"Allow": "GET"},
    )


def events(call: Call, job_id: str) -> HttpResponseBase:
    job = find(call, job_id)
    if call.GET.get("stream", "").lower() in ("true", "1"):
        return stream.response(stream.legacy_events(job))
    return envelope.answer(shapes.listed([shapes.legacy_event(event) for event in job.events.all()]))


def find(call: Call, job_id: str) -> Job:
    if job := _jobs(call).with_files().filter(public_id=job_id).first():
        return job
    raise envelope.Missing(f"No such fine-tune: {job_id}", param="id")


def _jobs(call: Call) -> JobQuerySet:
    return Job.objects.of(call.organization).generation(Generation.LEGACY)


def _with_events(job: Job) -> shapes.JSON:
    return {**shapes.legacy_job(job), "events": [shapes.legacy_event(event) for event in job.events.all()]}


def _check_classification(asked: Create) -> None:
    if not asked.compute_classification_metrics:
        return
    if asked.validation_file is None:
        raise BadRequest("Classification metrics need a validation_file.", param="validation_file")
    if asked.classification_n_classes is None and asked.classification_positive_class is None:
        raise BadRequest(
            "Classification metrics need classification_n_classes, or classification_positive_class for two classes.",
            param="classification_n_classes",
        )
    if asked.classification_positive_class is not None and (asked.classification_n_classes or 2) > 2:
        raise BadRequest(
            "classification_positive_class is for two classes; leave it out for more.", param="classification_positive_class"
        )
    if asked.classification_betas and asked.classification_positive_class is None:
        raise BadRequest(
            "classification_betas are for two classes: give the classification_positive_class too.",
            param="classification_betas",
        )


def _check_suffix(asked: Create) -> None:
    if asked.suffix and not ids.slug(asked.suffix):
        raise BadRequest("The suffix must have at least one letter or digit.", param="suffix")
