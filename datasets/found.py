"""A dataset's findings and decisions in the order in which a person wants to see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from django.utils.dateparse import parse_datetime

from datasets import amend, by_hand, decide
from datasets.checks import BY_CODE
from datasets.formats import BadRow, Row
from datasets.mapping import Example, Mapping, maker
from datasets.models import Dataset
from datasets.read import LONGEST_PREVIEW
from datasets.samples import NOT_PREFERRED, PREFERRED, texts
from datasets.words import Sentence
from datasets.words import gettext_noop as _

SHOWN_EXAMPLES = 6
SHOWN_BY_HAND = 100
Stored = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Found:
    open: list[Stored] = field(default_factory=list)  # something to decide
    told: list[Stored] = field(default_factory=list)  # only to know
    made: list[Stored] = field(default_factory=list)  # decisions, with their place in the list
    by_hand: list[Stored] = field(default_factory=list)  # the last that was done to single rows, newest first
    older_by_hand: int = 0
    recommended: int = 0


def of(dataset: Dataset, *, every_change: bool = False) -> Found:
    skipped = {made["code"] for made in dataset.decisions if made["choice"] == decide.SKIPPED}
    newest = dataset.by_hand if every_change else dataset.by_hand[-SHOWN_BY_HAND:]
    shown = [finding for finding in dataset.findings if finding["code"] not in skipped]
    return Found(
        open=[_adjustable(finding) for finding in shown if finding["fix"]],
        told=[finding for finding in shown if not finding["fix"]],
        made=[_made(number, made) for number, made in enumerate(dataset.decisions) if decide.concerns(dataset, made)],
        by_hand=[_by_hand(dataset, made) for made in reversed(newest)],
        older_by_hand=len(dataset.by_hand) - len(newest),
        recommended=sum(decide.recommended(dataset, finding) for finding in dataset.findings),
    )


def _adjustable(finding: Stored) -> Stored:
    name = BY_CODE[finding["code"]].adjustable
    return {**finding, "adjust": {"name": name, "value": finding["fix"]["params"].get(name, "")}} if name else finding


def _made(number: int, made: Stored) -> Stored:
    accepted = made["choice"] == decide.ACCEPTED
    said = BY_CODE[made["code"]].said(made["params"]) if accepted else made["title"]
    return {**made, "number": number, "accepted": accepted, "said": said, "at": parse_datetime(made["at"])}


def _by_hand(dataset: Dataset, made: Stored) -> Stored:
    told = {"said": by_hand.said(made), "applies": amend.applies(dataset, made), "at": parse_datetime(made["at"])}
    row = by_hand.name_of(made["params"]["key"]) if made["code"] == by_hand.EDITED else ""
    return {**made, **told, "row": row}


@dataclass(frozen=True, kw_only=True)
class Text:
    name: str
    text: str
    side: Literal["", "new", "old"]  # new: the model learns to write it; old: not to


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a row becomes: an example's texts, or why it becomes none."""

    texts: list[Text] = field(default_factory=list)
    reason: Sentence | None = None


def examples(dataset: Dataset, mapping: Mapping) -> list[Seen]:
    """What the first rows become by that mapping."""
    make = maker(mapping)
    rows = [Row(number, row) for number, row in enumerate(dataset.layout.get("preview", []), 1)]
    return list(islice((_seen(row, made, mapping) for row in rows for made in make(row)), SHOWN_EXAMPLES))


def _seen(row: Row, made: Example | BadRow, mapping: Mapping) -> Seen:
    if not isinstance(made, BadRow):
        return Seen(texts=[Text(name=name, text=text, side=_side(name)) for name, text in texts(made).items()])
    if any(len(row.values.get(column, "")) >= LONGEST_PREVIEW for column in mapping.used()):
        return Seen(reason=_("The row is too long to be shown here."))
    return Seen(reason=made.reason)


def _side(name: str) -> Literal["", "new", "old"]:
    if name in ("completion", PREFERRED) or name.endswith(" assistant"):
        return "new"
    return "old" if name == NOT_PREFERRED else ""


def preview(dataset: Dataset) -> list[list[str]]:
    """The first rows as cells in the order of the columns."""
    columns = dataset.layout.get("columns", [])
    return [[row.get(column, "") for column in columns] for row in dataset.layout.get("preview", [])]
