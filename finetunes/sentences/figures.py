"""Figures as they are read in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from finetunes import words

Numbers = Mapping[str, Any]
SHARES = frozenset({"accuracy", "share", "recall", "precision", "f1", "token", "whole"})


def place(step: int | None, epoch: float | None, epochs: int | None) -> str:
    """A place in the run: its step, and the epoch that it lies in."""
    if step is None:
        return ""
    text = _("step %(step)s") % {"step": number_format(step, 0, force_grouping=True)}
    if epoch is None or not epochs or epochs < 2:
        return text
    return _("%(step)s (epoch %(epoch)d of %(epochs)d)") % {
        "step": text,
        "epoch": min(max(1, ceil(epoch - 0.001)), epochs),
        "epochs": epochs,
    }


def values(numbers: Numbers) -> dict[str, Any]:
    """All figures as they are read in a sentence."""
    said = {key: _figure(key, value) for key, value in numbers.items()}
    said["series"] = words.series(str(numbers.get("name", "training_loss")))
    for key in ("best", "settled"):
        if f"{key}_step" in numbers:
            said[f"{key}_place"] = place(numbers[f"{key}_step"], numbers.get(f"{key}_epoch"), numbers.get("epochs"))
    return said


def _figure(key: str, value: Any) -> Any:
    if key == "largest" or key == "positive":
        return str(value).strip()[:60]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if key in SHARES:
        return words.percent(value)
    return number_format(value, 0, force_grouping=True) if isinstance(value, int) else words.number(value)
