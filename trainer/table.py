"""The results file: one line per step, an empty cell where there is no value."""

from __future__ import annotations

from collections.abc import Sequence

from trainer import metrics
from trainer.measure import Means, Step

LEGACY = [
    "step",
    "elapsed_tokens",
    "elapsed_examples",
    "training_loss",
    "training_sequence_accuracy",
    "training_token_accuracy",
]
LEGACY_VALIDATION = ["validation_loss", "validation_sequence_accuracy", "validation_token_accuracy"]
JOBS = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]

Cell = int | float | None


def legacy_columns(*, validation: bool, classification: bool, positive: str | None, betas: Sequence[float]) -> list[str]:
    columns = LEGACY + (LEGACY_VALIDATION if validation else [])
    return columns + (metrics.columns(positive, betas) if classification else [])


def line(columns: Sequence[str], step: Step) -> str:
    """Return the step's line: floats in full in the legacy file, to five decimals in the current one."""
    legacy = "elapsed_tokens" in columns
    cells = _legacy(step) if legacy else _jobs(step)
    return ",".join(_cell(cells.get(column)) for column in columns) + "\n"


def header(columns: Sequence[str]) -> str:
    return ",".join(columns) + "\n"


def _legacy(step: Step) -> dict[str, Cell]:
    return {
        "step": step.number,
        "elapsed_tokens": step.elapsed_tokens,
        "elapsed_examples": step.elapsed_examples,
        **_means("training", step.training),
        **_means("validation", step.validation),
        **step.classification,
    }


def _means(name: str, means: Means | None) -> dict[str, Cell]:
    if means is None:
        return {}
    return {
        f"{name}_loss": means.loss,
        f"{name}_sequence_accuracy": means.sequence_accuracy,
        f"{name}_token_accuracy": means.token_accuracy,
    }


def _jobs(step: Step) -> dict[str, Cell]:
    validation = step.validation
    return {
        "step": step.number,
        "train_loss": round(step.training.loss, 5),
        "train_accuracy": round(step.training.token_accuracy, 5),
        "valid_loss": round(validation.loss, 5) if validation else None,
        "valid_mean_token_accuracy": round(validation.token_accuracy, 5) if validation else None,
    }


def _cell(value: Cell) -> str:
    return "" if value is None else repr(value)
