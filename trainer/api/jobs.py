"""/v1/fine_tuning/jobs: the current generation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from trainer import checkpoints, defaults, finish, tasks
from trainer import pause as rest
from trainer.api import ask, envelope, shapes
from trainer.api.ask import Ask, Text
from trainer.api.door import Call
from trainer.api.envelope import BadRequest, NotAllowed
from trainer.api.page import ends, page
from trainer.api.starting import base_and_parent, start, training_files
from trainer.create import LARGEST_SEED
from trainer.models import Generation, Job, JobQuerySet

LISTED, MOST_LISTED = 20, 100
CHECKPOINTS_LISTED = 10
HIGHEST = 1e6


def _number(most: float | None, *, whole: bool) -> BeforeValidator:
    """Accept "auto", or a number above 0 and up to `most`."""

    def accept(value: Any) -> Any:
        kinds = (int,) if whole else (int, float)
        if value == "auto" or (isinstance(value, kinds) and not isinstance(value, bool) and 0 < value <= (most or HIGHEST)):
            return value
        expected = f"an integer from 1 to {most:.0f}" if most else "a number above 0"
        raise PydanticCustomError("hyperparameter", "Invalid value: expected 'auto' or {expected}.", {"expected": expected})

    return BeforeValidator(accept, json_schema_input_type=_described(most, whole=whole))


def _described(most: float | None, *, whole: bool) -> Any:
    """Return the type that says in the description of the API what is accepted."""
    if most is None:
        return Literal["auto"] | Annotated[float, Field(gt=0, le=HIGHEST)]
    return Literal["auto"] | Annotated[int if whole else float, Field(ge=1, le=most)]


class Hyperparameters(Ask):
    n_epochs: Annotated[Any, _number(50, whole=True)] = "auto"
    batch_size: Annotated[Any, _number(defaults.LARGEST_BATCH, whole=True)] = "auto"
    learning_rate_multiplier: Annotated[Any, _number(None, whole=False)] = "auto"


class Supervised(Ask):
    hyperparameters: Hyperparameters = Hyperparameters()


class Method(Ask):
    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: Supervised = Supervised()
    dpo: dict[str, Any] | None = None
    reinforcement: dict[str, Any] | None = None


class Wandb(Ask):
    project: Text
    name: Text | None = None
    entity: Text | None = None
    tags: list[Text] | None = None


class Integration(Ask):
    type: Literal["wandb"]
    wandb: Wandb


Name = Annotated[Text, Field(max_length=64)]
Value = Annotated[Text, Field(max_length=512)]


class Create(Ask):
    model: Text
    training_file: Text
    validation_file: Text | None = None
    suffix: Annotated[Text, Field(max_length=64)] = ""
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] | None = None
    method: Method | None = None
    hyperparameters: Hyperparameters | None = None
    integrations: Annotated[list[Integration], Field(max_length=5)] | None = None
    metadata: Annotated[dict[Name, Value], Field(max_length=16)] | None = None


def index(call: Call) -> HttpResponse:
    found, more = page(call, _filtered(call).with_files(), default=LISTED, most=MOST_LISTED)
    return envelope.answer(shapes.listed([shapes.job(job) for job in found], has_more=more))


def create(call: Call) -> HttpResponse:
    asked = ask.read(call, Create)
    base, parent = base_and_parent(call, asked.model, Generation.JOBS)
    job = start(
        call,
        generation=Generation.JOBS,
        base_name=base.name,
        parent=parent,
        hyperparameters={**_hyperparameters(asked).model_dump(), "prompt_loss_weight": defaults.PROMPT_LOSS_WEIGHT},
        suffix=asked.suffix,
        seed=asked.seed,
        integrations=[integration.model_dump(exclude_none=True) for integration in asked.integrations or []] or None,
        metadata=asked.metadata,
        **training_files(call, asked, base),
    )
    return envelope.answer(shapes.job(job))


def detail(call: Call, job_id: str) -> HttpResponse:
    return envelope.answer(shapes.job(find(call, job_id)))


def cancel(call: Call, job_id: str) -> HttpResponse:
    job = find(call, job_id)
    try:
        finish.cancel(job)
    except finish.AlreadyFinished:
        raise BadRequest(f"{job_id} has already ended and cannot be cancelled.", code="already_finished") from None
    return envelope.answer(shapes.job(find(call, job_id)))


def pause(call: Call, job_id: str) -> HttpResponse:
    try:
        rest.pause(find(call, job_id))
    except rest.WrongMoment:
        raise BadRequest(f"{job_id} is neither queued nor running and cannot be paused.", code="not_pausable") from None
    return envelope.answer(shapes.job(find(call, job_id)))


def resume(call: Call, job_id: str) -> HttpResponse:
    job = find(call, job_id)
    try:
        rest.resume(job)
    except rest.WrongMoment:
        raise BadRequest(f"{job_id} is not paused and cannot be resumed.", code="not_paused") from None
    tasks.soon(tasks.train, job.pk)
    return envelope.answer(shapes.job(find(call, job_id)))


def destroy(call: Call, job_id: str) -> HttpResponse:
    """Say what to do instead: a job stays, so that it can be looked up what a model was made of."""
    find(call, job_id)
    raise NotAllowed(
        "A job cannot be deleted. Cancel it while it runs; its model is deleted at /v1/models/{model} by an owner.",
        code="method_not_supported",
        headers={"Allow": "GET"},
    )


def events(call: Call, job_id: str) -> HttpResponse:
    found, more = page(call, find(call, job_id).events.all(), default=LISTED, most=MOST_LISTED)
    return envelope.answer(shapes.listed([shapes.event(event) for event in found], has_more=more))


def checkpoints_of(call: Call, job_id: str) -> HttpResponse:
    usable = checkpoints.usable(find(call, job_id)).select_related("job")
    found, more = page(call, usable, default=CHECKPOINTS_LISTED, most=MOST_LISTED)
    data = [shapes.checkpoint(checkpoint) for checkpoint in found]
    return envelope.answer(shapes.listed(data, has_more=more, **ends(data)))


def find(call: Call, job_id: str) -> Job:
    if job := _jobs(call).with_files().filter(public_id=job_id).first():
        return job
    raise envelope.Missing(f"Could not find fine tune: {job_id}", param="fine_tune_id", code="fine_tune_not_found")


def _jobs(call: Call) -> JobQuerySet:
    return Job.objects.of(call.organization).generation(Generation.JOBS)


def _filtered(call: Call) -> JobQuerySet:
    """Return the jobs whose metadata has what `metadata[key]=value` asks for, or that have none."""
    jobs = _jobs(call)
    pairs = {name[9:-1]: value for name, value in call.GET.items() if name.startswith("metadata[") and name.endswith("]")}
    if call.GET.get("metadata") == "null":
        if pairs:
            raise BadRequest("Send either 'metadata=null' or 'metadata[key]=value', not both.", param="metadata")
        return jobs.filter(metadata__isnull=True)
    for name, value in pairs.items():
        jobs = jobs.filter(pairs__name=name, pairs__value=value)
    return jobs


def _hyperparameters(asked: Create) -> Hyperparameters:
    if asked.method is None:
        return asked.hyperparameters or Hyperparameters()
    if asked.method.type != "supervised":
        raise BadRequest(
            f"The method '{asked.method.type}' is not available: this trainer trains by supervised fine-tuning only.",
            param="method.type",
            code="method_not_available",
        )
    return asked.method.supervised.hyperparameters
