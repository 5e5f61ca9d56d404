"""The numbers of a metrics event: its data, or what its sentence says where there is no data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from openai_api import values

_STEP = re.compile(r"^Step (\d{1,15})/(\d{1,15})\s*[:,]\s*(.*)$", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z][\w \-]{0,80}?)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)")
_SHORT = {"training": "train", "validation": "valid"}


def read(event: Mapping[str, Any]) -> dict[str, float] | None:
    """Return step, total_steps and one number per metric, or None: the event reports no step."""
    found = values.numbers(event.get("data"))
    if "step" in found:
        return found
    if event.get("type") not in ("metrics", "message", None):  # whatever it is, a list too
        return None
    return _said(values.text(event.get("message")) or "")


def _said(message: str) -> dict[str, float] | None:
    """Read `Step 3/90: training loss=0.5, full validation loss=0.7`."""
    step = _STEP.match(message)
    if not step:
        return None
    pairs = {_name(words): float(number) for words, number in _PAIR.findall(step[3])}
    return {"step": float(step[1]), "total_steps": float(step[2])} | pairs


def _name(words: str) -> str:
    return "_".join(_SHORT.get(word, word) for word in re.split(r"[\s\-]+", words.lower()))
