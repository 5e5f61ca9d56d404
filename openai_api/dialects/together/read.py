"""Read what Together answers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from openai_api import files, values
from openai_api.dialects import statuses
from openai_api.types import Estimate, Limits, RemoteCheckpoint, RemoteEvent, RemoteFile, RemoteFineTune

BILLIONTH = Decimal("1e-9")
FILES = {
    "PENDING": "processing",
    "QUEUED": "processing",
    "RUNNING": "processing",
    "COMPLETED": "processed",
    "FAILED": "error",
    "INVALID_FORMAT": "error",
}
LEVELS = {"warning": "warn", "legacy_info": "info", "legacy_iwarning": "warn", "legacy_ierror": "error", "": "info"}
SETTINGS = ("n_epochs", "batch_size", "learning_rate", "n_evals", "n_checkpoints", "warmup_ratio", "weight_decay")
METRICS = {"train/loss": "train_loss", "eval/loss": "valid_loss", "train/learning_rate": "learning_rate"}
STEPS = ("train/global_step", "eval/global_step", "global_step", "step")
NOT_METRICS = frozenset({*STEPS, "train/epoch", "eval/epoch", "epoch"})


def file(file: RemoteFile) -> RemoteFile:
    word = values.text(file.raw.get("processing_status")) or ""
    report = values.mapping(file.raw.get("validation_report"))
    return files.with_status(file, FILES.get(word.upper(), word.lower() or file.status), values.text(report.get("error")))


def fine_tune(data: dict[str, Any]) -> RemoteFineTune:
    status, word = statuses.read(data.get("status"))
    has_ended = status in statuses.TERMINAL
    price = values.number(data.get("total_price")) if has_ended else None
    return RemoteFineTune(
        id=values.identifier(data),
        dialect="together",
        status=status,
        provider_status=word,
        model=values.text(data.get("model")) or values.text(data.get("from_checkpoint")) or "",
        # The name is given at the start; until the end there is no model behind it.
        fine_tuned_model=values.text(data.get("model_output_name")) if status == "succeeded" else None,
        created_at=values.moment(data.get("created_at")),
        finished_at=values.moment(data.get("updated_at")) if has_ended else None,
        hyperparameters={name: data[name] for name in SETTINGS if data.get(name) is not None},
        training_file=values.text(data.get("training_file")),
        validation_file=values.text(data.get("validation_file")),
        trained_tokens=values.whole(data.get("token_count")) if has_ended else None,
        error=_error(data) if status == "failed" else None,
        suffix=values.text(data.get("suffix")),
        steps_done=values.whole(data.get("steps_completed")),
        total_steps=values.whole(data.get("total_steps")) or None,
        epochs_done=values.whole(data.get("epochs_completed")),
        cost=Decimal(int(price)) * BILLIONTH if price else None,
        raw=data,
    )


def _error(data: Mapping[str, Any]) -> str | None:
    events = [event for event in values.items(data.get("events")) if isinstance(event, dict)]
    errors = [event.get("message") for event in events if _level(event) == "error"]
    return values.text(errors[-1]) if errors else None


def _level(data: Mapping[str, Any]) -> str:
    word = (values.text(data.get("level")) or "").lower()
    return LEVELS.get(word, word)


def event(data: dict[str, Any], key: str) -> RemoteEvent:
    step, total = values.whole(data.get("step")), values.whole(data.get("total_steps"))
    return RemoteEvent(
        key=key,
        created_at=values.moment(data.get("created_at")),
        level=_level(data),
        message=values.text(data.get("message")) or "",
        type=(values.text(data.get("type")) or "message").lower(),
        metrics={"step": step} | ({"total_steps": total} if total else {}) if step else None,
        raw=data,
    )


def checkpoint(data: dict[str, Any]) -> RemoteCheckpoint:
    step, kind = values.whole(data.get("step")), values.text(data.get("checkpoint_type")) or "checkpoint"
    place = values.text(data.get("path")) or ""
    return RemoteCheckpoint(
        id=values.text(data.get("object_id")) or place or f"{kind}@{step}",
        model=values.text(data.get("object_name")) or place,
        step=step,
        created_at=values.moment(data.get("created_at")),
        raw=data,
    )


def step(row: Any) -> int | None:
    found = (values.whole(values.mapping(row).get(name)) for name in STEPS)
    return next((step for step in found if step is not None), None)


def numbers(row: Any) -> dict[str, float]:
    return {METRICS.get(name, name): value for name, value in values.numbers(row).items() if name not in NOT_METRICS}


def estimate(data: dict[str, Any]) -> Estimate:
    if data.get("estimation_available") is False:
        return Estimate(problem=values.text(data.get("unavailable_reason")) or "unknown", raw=data)
    cost, allowed = values.number(data.get("estimated_total_price")), data.get("allowed_to_proceed")
    return Estimate(
        cost=Decimal(str(cost)) if cost is not None else None,
        training_tokens=values.whole(data.get("estimated_train_token_count")),
        validation_tokens=values.whole(data.get("estimated_eval_token_count")),
        may_proceed=allowed if isinstance(allowed, bool) else None,
        raw=data,
    )


def limits(model: str, data: dict[str, Any]) -> Limits:
    lora = values.mapping(data.get("lora_training"))
    sizes = values.whole(lora.get("min_batch_size")), values.whole(lora.get("max_batch_size"))
    rates = values.number(data.get("min_learning_rate")), values.number(data.get("max_learning_rate"))
    return Limits(
        model=model,
        most_epochs=values.whole(data.get("max_num_epochs")),
        batch_sizes=(sizes[0], sizes[1]) if sizes[0] and sizes[1] else None,
        learning_rates=(rates[0], rates[1]) if rates[0] is not None and rates[1] is not None else None,
        most_tokens=values.whole(data.get("max_seq_length_sft")),
        raw=data,
    )
