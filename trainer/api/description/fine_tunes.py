"""/v1/fine-tunes: the first generation."""

from __future__ import annotations

from trainer.api import fine_tunes
from trainer.api.description import bodies
from trainer.api.description.pieces import (
    COUNT,
    FLAG,
    JSON,
    NUMBER,
    TEXT,
    TIME,
    answer,
    asked,
    choice,
    listed,
    many,
    maybe,
    only,
    operation,
    ref,
    stream,
    thing,
    within,
)

JOB_ID = within("job_id", "The id of a fine-tune (ft-…).")
FINE_TUNE = answer(ref("FineTune"))
IDEMPOTENCY_KEY: JSON = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key with the same request finds the job that was made before.",
}
HYPERPARAMETERS = {
    "n_epochs": COUNT,
    "batch_size": {**maybe(COUNT), "description": "Null until the files are checked."},
    "learning_rate_multiplier": maybe(NUMBER),
    "prompt_loss_weight": NUMBER,
    "compute_classification_metrics": FLAG,
    "classification_n_classes": COUNT,
    "classification_positive_class": TEXT,
    "classification_betas": many(NUMBER),
}
CLASSIFICATION = [name for name in HYPERPARAMETERS if "classification" in name]

SCHEMAS: JSON = {
    "FineTune": thing(
        {
            "id": TEXT,
            "object": only("fine-tune"),
            "model": TEXT,
            "created_at": TIME,
            "updated_at": TIME,
            "status": choice("pending", "running", "succeeded", "failed", "cancelled"),
            "fine_tuned_model": maybe(TEXT),
            "organization_id": TEXT,
            "hyperparams": thing(HYPERPARAMETERS, optional=CLASSIFICATION),
            "training_files": many(ref("File")),
            "validation_files": many(ref("File")),
            "result_files": many(ref("File")),
            "events": many(ref("FineTuneEvent")),
        },
        optional=["events"],
        description="A fine-tune of the first generation; lists leave its events out.",
    ),
    "FineTuneEvent": thing(
        {
            "object": only("fine-tune-event"),
            "created_at": TIME,
            "level": choice("info", "warn", "error"),
            "message": TEXT,
        }
    ),
    "FineTuneList": listed("FineTune"),
    "FineTuneEventList": listed("FineTuneEvent"),
    **bodies.schemas(
        "CreateFineTune",
        fine_tunes.Create,
        {
            "model": "A base, or a fine-tuned model of this generation.",
            "n_epochs": "How many times the examples are gone through.",
            "batch_size": "Null: 0.2 % of the examples, floored to a power of two, from 1 to 256.",
            "learning_rate_multiplier": "Null: 0.05, 0.1 or 0.2, by the batch size.",
            "prompt_loss_weight": "What the tokens of prompts count with; those of completions count 1.",
            "compute_classification_metrics": "Needs a validation_file, and the classes or the positive class.",
            "classification_betas": "For two classes: an F score for each.",
            "suffix": "A part of the model's name.",
        },
    ),
}
STREAM = asked(
    "stream",
    {"type": "string", "enum": ["true", "1", "false", "0"]},
    "Send events as they happen, from the first one on, until the fine-tune has ended.",
)

PATHS: JSON = {
    "/fine-tunes": {
        "get": operation("listFineTunes", "List fine-tunes, the oldest first", answer(ref("FineTuneList"))),
        "post": operation(
            "createFineTune",
            "Create a fine-tune",
            FINE_TUNE,
            parameters=[IDEMPOTENCY_KEY],
            body=bodies.body("CreateFineTune"),
            fails=[404, 409],
        ),
    },
    "/fine-tunes/{job_id}": {
        "get": operation("retrieveFineTune", "Look a fine-tune up", FINE_TUNE, parameters=[JOB_ID], fails=[404]),
        "delete": operation(
            "deleteFineTune",
            "Always refused: what a model was made of stays known",
            None,
            parameters=[JOB_ID],
            fails=[404],
        ),
    },
    "/fine-tunes/{job_id}/cancel": {
        "post": operation("cancelFineTune", "Cancel a fine-tune", FINE_TUNE, parameters=[JOB_ID], fails=[404])
    },
    "/fine-tunes/{job_id}/events": {
        "get": operation(
            "listFineTuneEvents",
            "List the events of a fine-tune, the oldest first",
            answer(ref("FineTuneEventList"), stream=stream("FineTuneEvent")),
            parameters=[JOB_ID, STREAM],
            fails=[404],
        )
    },
}
