"""A dataset's findings and decisions in the order in which a person wants to see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.dateparse import parse_datetime

from datasets import decide
from datasets.checks import BY_CODE
from datasets.formats import BadRow, Row
from datasets.mapping import Example, Mapping, taker
from datasets.models import Dataset

Stored = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Found:
    open: list[Stored] = field(default_factory=list)  # something to decide
    told: list[Stored] = field(default_factory=list)  # only to know
    made: list[Stored] = field(default_factory=list)  # decisions, with their place in the list
    recommended: int = 0


def of(dataset: Dataset) -> Found:
    skipped = {made["code"] for made in dataset.decisions if made["choice"] == decide.SKIPPED}
    shown = [finding for finding in dataset.findings if finding["code"] not in skipped]
    return Found(
        open=[_adjustable(finding) for finding in shown if finding["fix"]],
        told=[finding for finding in shown if not finding["fix"]],
        made=[_made(number, made) for number, made in enumerate(dataset.decisions) if decide.concerns(dataset, made)],
        recommended=sum(decide.recommended(dataset, finding) for finding in dataset.findings),
    )


def _adjustable(finding: Stored) -> Stored:
    name = BY_CODE[finding["code"]].adjustable
    return {**finding, "adjust": {"name": name, "value": finding["fix"]["params"].get(name, "")}} if name else finding


def _made(number: int, made: Stored) -> Stored:
    accepted = made["choice"] == decide.ACCEPTED
    said = BY_CODE[made["code"]].said(made["params"]) if accepted else made["title"]
    return {**made, "number": number, "accepted": accepted, "said": said, "at": parse_datetime(made["at"])}


def examples(dataset: Dataset, mapping: Mapping) -> list[Example | BadRow]:
    """What the first rows become by that mapping."""
    take = taker(mapping)
    return [take(Row(number, row)) for number, row in enumerate(dataset.layout.get("preview", []), 1)]


def preview(dataset: Dataset) -> list[list[str]]:
    """The first rows as cells in the order of the columns."""
    columns = dataset.layout.get("columns", [])
    return [[row.get(column, "") for column in columns] for row in dataset.layout.get("preview", [])]
