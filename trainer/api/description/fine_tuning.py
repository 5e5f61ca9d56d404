"""/v1/fine_tuning: jobs of the current generation."""

from __future__ import annotations

from trainer.api import jobs
from trainer.api.description import bodies
from trainer.api.description.fine_tunes import IDEMPOTENCY_KEY
from trainer.api.description.pieces import (
    COUNT,
    JSON,
    NUMBER,
    TEXT,
    TIME,
    answer,
    asked,
    choice,
    many,
    maybe,
    only,
    operation,
    paged,
    paged_with_ends,
    pages,
    ref,
    thing,
    within,
)
from trainer.models import Status

JOB_ID = within("job_id", "The id of a job (ftjob-…).")
JOB = answer(ref("FineTuningJob"))
PAGES = pages(jobs.LISTED, jobs.MOST_LISTED)


def _number(kind: JSON) -> JSON:
    return {"anyOf": [kind, only("auto")], "description": "A number once the files are checked."}


METRICS = {
    f"{part}_{measure}": NUMBER
    for part in ("train", "valid", "full_valid")
    for measure in ("loss", "mean_token_accuracy")
}  # fmt: skip

SCHEMAS: JSON = {
    "FineTuningJob": thing(
        {
            "id": TEXT,
            "object": only("fine_tuning.job"),
            "created_at": TIME,
            "finished_at": maybe(TIME),
            "model": TEXT,
            "fine_tuned_model": maybe(TEXT),
            "organization_id": TEXT,
            "status": choice(*Status.values),
            "training_file": TEXT,
            "validation_file": maybe(TEXT),
            "result_files": many(TEXT, maxItems=1),
            "hyperparameters": ref("JobHyperparameters"),
            "method": thing(
                {"type": only("supervised"), "supervised": thing({"hyperparameters": ref("JobHyperparameters")})}
            ),
            "trained_tokens": maybe(COUNT),
            "estimated_finish": maybe(TIME),
            "error": maybe(thing({"code": TEXT, "message": TEXT, "param": maybe(TEXT)})),
            "seed": COUNT,
            "user_provided_suffix": maybe(TEXT),
            "integrations": many(ref("JobIntegration")),
            "metadata": maybe({"type": "object", "additionalProperties": TEXT}),
        }
    ),
    "JobHyperparameters": thing(
        {"n_epochs": _number(COUNT), "batch_size": _number(COUNT), "learning_rate_multiplier": _number(NUMBER)}
    ),
    "JobIntegration": thing(
        {
            "type": only("wandb"),
            "wandb": thing(
                {"project": TEXT, "name": TEXT, "entity": TEXT, "tags": many(TEXT)}, optional=["name", "entity", "tags"]
            ),
        },
        description="Kept and shown; nothing is sent to it.",
    ),
    "FineTuningEvent": thing(
        {
            "id": TEXT,
            "object": only("fine_tuning.job.event"),
            "created_at": TIME,
            "level": choice("info", "warn", "error"),
            "message": TEXT,
            "type": choice("message", "metrics"),
            "data": maybe(
                thing(
                    {"step": COUNT, "total_steps": COUNT, **METRICS},
                    optional=["step", "total_steps", *METRICS],
                    description="The metrics of a step; empty or null in other events.",
                )
            ),
        }
    ),
    "FineTuningCheckpoint": thing(
        {
            "id": TEXT,
            "object": only("fine_tuning.job.checkpoint"),
            "created_at": TIME,
            "fine_tuned_model_checkpoint": TEXT,
            "fine_tuning_job_id": TEXT,
            "step_number": COUNT,
            "metrics": thing({"step": COUNT, **METRICS}, optional=list(METRICS)),
        }
    ),
    "FineTuningJobList": paged("FineTuningJob"),
    "FineTuningEventList": paged("FineTuningEvent"),
    "FineTuningCheckpointList": paged_with_ends("FineTuningCheckpoint"),
    **bodies.schemas(
        "CreateFineTuningJob",
        jobs.Create,
        {
            "model": "A base, or a fine-tuned model of this generation.",
            "method": "Supervised fine-tuning only; the other methods are refused.",
            "hyperparameters": "The older place of those of the method.",
            "suffix": "A part of the model's name.",
            "seed": "The same seed and the same request train the same model.",
        },
    ),
}


def _verb(verb: str, summary: str) -> JSON:
    return {"post": operation(f"{verb}FineTuningJob", summary, JOB, parameters=[JOB_ID], fails=[404])}


PATHS: JSON = {
    "/fine_tuning/jobs": {
        "get": operation(
            "listFineTuningJobs",
            "List jobs, the newest first",
            answer(ref("FineTuningJobList")),
            description="`metadata[key]=value` lists the jobs that have the pair, `metadata=null` those that have none.",
            parameters=[asked("metadata", only("null"), "List only jobs without metadata."), *PAGES],
            fails=[404],
        ),
        "post": operation(
            "createFineTuningJob",
            "Create a job",
            JOB,
            parameters=[IDEMPOTENCY_KEY],
            body=bodies.body("CreateFineTuningJob"),
            fails=[404, 409],
        ),
    },
    "/fine_tuning/jobs/{job_id}": {
        "get": operation("retrieveFineTuningJob", "Look a job up", JOB, parameters=[JOB_ID], fails=[404]),
        "delete": operation(
            "deleteFineTuningJob",
            "Always refused: what a model was made of stays known",
            None,
            parameters=[JOB_ID],
            fails=[404],
        ),
    },
    "/fine_tuning/jobs/{job_id}/cancel": _verb("cancel", "Cancel a job"),
    "/fine_tuning/jobs/{job_id}/pause": _verb("pause", "Pause a queued or running job"),
    "/fine_tuning/jobs/{job_id}/resume": _verb("resume", "Go on with a paused job"),
    "/fine_tuning/jobs/{job_id}/events": {
        "get": operation(
            "listFineTuningEvents",
            "List the events of a job, the newest first",
            answer(ref("FineTuningEventList")),
            parameters=[JOB_ID, *PAGES],
            fails=[404],
        )
    },
    "/fine_tuning/jobs/{job_id}/checkpoints": {
        "get": operation(
            "listFineTuningCheckpoints",
            "List the usable checkpoints of a job, the newest first",
            answer(ref("FineTuningCheckpointList")),
            parameters=[JOB_ID, *pages(jobs.CHECKPOINTS_LISTED, jobs.MOST_LISTED)],
            fails=[404],
        )
    },
}
