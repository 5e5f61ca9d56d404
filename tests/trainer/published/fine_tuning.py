"""Fine-tunes of both generations with what belongs to them."""

from __future__ import annotations

from tests.trainer.published.kinds import (
    ANYTHING,
    FLAG,
    JSON,
    NULL,
    NUMBER,
    TEXT,
    WHOLE,
    many,
    nullable,
    observed,
    one_of,
    ref,
    thing,
)

AUTO = one_of("auto")
MEASURES = ("loss", "mean_token_accuracy")
PARTS = ("train", "valid", "full_valid")
METRICS = {"step": NUMBER, **{f"{part}_{measure}": NUMBER for part in PARTS for measure in MEASURES}}

SCHEMAS: dict[str, JSON] = {
    "FineTuningJob": thing(
        {
            "id": TEXT,
            "created_at": WHOLE,
            "error": nullable(thing({"code": TEXT, "message": TEXT, "param": nullable(TEXT)})),
            "fine_tuned_model": nullable(TEXT),
            "finished_at": nullable(WHOLE),
            "hyperparameters": ref("Hyperparameters"),
            "model": TEXT,
            "object": one_of("fine_tuning.job"),
            "organization_id": TEXT,
            "result_files": many(TEXT),
            # The description's example of pausing has a status that its list leaves out.
            "status": observed(
                one_of("validating_files", "queued", "running", "succeeded", "failed", "cancelled"), one_of("paused")
            ),
            "trained_tokens": nullable(WHOLE),
            "training_file": TEXT,
            "validation_file": nullable(TEXT),
            "seed": WHOLE,
        },
        {
            "integrations": nullable({**many(ref("Integration")), "maxItems": 5}),
            "estimated_finish": nullable(WHOLE),
            "method": thing(
                {"type": one_of("supervised", "dpo", "reinforcement")},
                {"supervised": thing({}, {"hyperparameters": ref("Hyperparameters")})},
            ),
            "metadata": nullable({"type": "object", "additionalProperties": TEXT, "maxProperties": 16}),
        },
    ),
    "Hyperparameters": thing(
        {},
        {
            "n_epochs": {"anyOf": [AUTO, {"type": "integer", "minimum": 1, "maximum": 50}]},
            "batch_size": nullable({"anyOf": [AUTO, {"type": "integer", "minimum": 1, "maximum": 256}]}),
            "learning_rate_multiplier": {"anyOf": [AUTO, {"type": "number", "exclusiveMinimum": 0}]},
        },
    ),
    "Integration": thing(
        {
            "type": one_of("wandb"),
            "wandb": thing({"project": TEXT}, {"name": nullable(TEXT), "entity": nullable(TEXT), "tags": many(TEXT)}),
        }
    ),
    "FineTuningEvent": thing(
        {
            "id": TEXT,
            "created_at": WHOLE,
            "level": one_of("info", "warn", "error"),
            "message": TEXT,
            "object": one_of("fine_tuning.job.event"),
        },
        {"data": observed(ANYTHING, NULL), "type": one_of("message", "metrics")},
    ),
    "FineTuningCheckpoint": thing(
        {
            "id": TEXT,
            "created_at": WHOLE,
            "fine_tuned_model_checkpoint": TEXT,
            "fine_tuning_job_id": TEXT,
            "metrics": thing({}, METRICS),
            "object": one_of("fine_tuning.job.checkpoint"),
            "step_number": WHOLE,
        }
    ),
    "Permission": thing({"id": TEXT, "created_at": WHOLE, "object": one_of("checkpoint.permission"), "project_id": TEXT}),
    "FineTune": thing(
        {
            "id": TEXT,
            "created_at": WHOLE,
            "fine_tuned_model": nullable(TEXT),
            "hyperparams": thing(
                {
                    # Null as long as the trainer has not looked at the files.
                    "batch_size": observed(WHOLE, NULL),
                    "learning_rate_multiplier": observed(NUMBER, NULL),
                    "n_epochs": WHOLE,
                    "prompt_loss_weight": NUMBER,
                },
                {
                    "classification_n_classes": WHOLE,
                    "classification_positive_class": TEXT,
                    "compute_classification_metrics": FLAG,
                },
            ),
            "model": TEXT,
            "object": one_of("fine-tune"),
            "organization_id": TEXT,
            "result_files": many(ref("LegacyFile")),
            "status": one_of("pending", "running", "succeeded", "failed", "cancelled"),
            "training_files": many(ref("LegacyFile")),
            "updated_at": WHOLE,
            "validation_files": many(ref("LegacyFile")),
        },
        {"events": many(ref("FineTuneEvent"))},
    ),
    "FineTuneEvent": thing(
        {"created_at": WHOLE, "level": one_of("info", "warn", "error"), "message": TEXT, "object": one_of("fine-tune-event")}
    ),
}
