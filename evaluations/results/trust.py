"""The reliability curve as a drawing of a hundred by a hundred: said to the right, true upwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Point:
    said: float  # mean probability
    true: float  # share
    rows: int
    x: float
    y: float
    top: float
    bottom: float
    size: float


@dataclass(frozen=True, slots=True)
class Curve:
    points: list[Point]

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:.2f},{point.y:.2f}" for point in self.points)


def curve(data: Mapping[str, Any]) -> Curve | None:
    bins = data.get("reliability") or []
    most = max((one["rows"] for one in bins), default=0)
    return Curve([_point(one, most) for one in bins]) if bins else None


def _point(one: Mapping[str, Any], most: int) -> Point:
    return Point(
        said=one["said"],
        true=one["true"],
        rows=one["rows"],
        x=100 * one["said"],
        y=100 - 100 * one["true"],
        top=100 - 100 * (one["true_high"] if one["true_high"] is not None else one["true"]),
        bottom=100 - 100 * (one["true_low"] if one["true_low"] is not None else one["true"]),
        size=1 + 2 * (one["rows"] / most) ** 0.5,
    )
