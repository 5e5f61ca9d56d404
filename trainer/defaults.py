"""What the trainer chooses when the caller leaves it to the trainer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EPOCHS = 4
PROMPT_LOSS_WEIGHT = 0.01
LARGEST_BATCH = 256


def batch_size(examples: int) -> int:
    """Return 0.2 % of the examples, floored to a power of two, from 1 to 256."""
    share = max(examples // 500, 1)
    return int(min(2 ** (share.bit_length() - 1), LARGEST_BATCH))


def learning_rate_multiplier(batch: int) -> float:
    if batch <= 2:
        return 0.05
    return 0.1 if batch <= 32 else 0.2


def resolve(asked: Mapping[str, Any], examples: int) -> dict[str, Any]:
    """Replace null and "auto" with numbers."""
    open_values = (None, "auto")
    batch = asked.get("batch_size")
    batch = batch_size(examples) if batch in open_values else batch
    epochs = asked.get("n_epochs")
    rate = asked.get("learning_rate_multiplier")
    return {
        **asked,
        "n_epochs": EPOCHS if epochs in open_values else epochs,
        "batch_size": batch,
        "learning_rate_multiplier": learning_rate_multiplier(int(batch or 1)) if rate in open_values else rate,
    }
