"""A number, how sure it is, and why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

NO_ROWS = "no-rows"  # nothing was answered, or no answer is expected
ONE_CLASS = "one-class"  # all rows expect the same label, or none of them the one in question
NEVER_SAID = "never-said"  # the model has never given this label
NO_CHANCES = "no-chances"  # the provider has reported no probabilities
NO_FIELDS = "no-fields"  # the expected answers hold no fields
REASONS = (NO_ROWS, ONE_CLASS, NEVER_SAID, NO_CHANCES, NO_FIELDS)


@dataclass(frozen=True, slots=True)
class Figure:
    """`low` and `high` bound it in 95 of 100 samples of as many rows; `n` rows were counted."""

    value: float | None
    n: int = 0
    low: float | None = None
    high: float | None = None
    why: str = ""  # one of REASONS where value is None

    @classmethod
    def missing(cls, why: str, n: int = 0) -> Figure:
        return cls(None, n, why=why)

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> Figure:
        """Read what `plain` wrote; a key of later days is left out."""
        known = {name: value for name, value in (stored or {}).items() if name in cls.__slots__}
        return cls(**{"value": None, **known})

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON: what is not a finite number is null."""
        return {
            "value": finite(self.value),
            "n": self.n,
            "low": finite(self.low),
            "high": finite(self.high),
            "why": self.why,
        }


def finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
