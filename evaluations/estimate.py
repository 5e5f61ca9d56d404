"""What an evaluation would cost and how long it would take, before anything is asked.

Tokens are counted on a sample of the questions as they would be sent. Money needs a price that an owner wrote down, time
an earlier evaluation at the same connection; where one is missing, it is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean
from typing import Any

from django.db.models import Q, Sum

from connections.answering import AnswerPrice, answer_price_of
from datasets import tokens
from datasets.models import Task
from evaluations import sources
from evaluations.asking.way import Way, trained_labels
from evaluations.models import Evaluation, Run
from evaluations.sources import Asked
from evaluations.start import described
from playground.pick import Picked
from playground.speak import base_in

COUNTED = 200
"""Questions whose tokens are counted."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one model takes of it. None: unknown."""

    picked: Picked
    rows: int
    prompt_tokens: int
    answer_tokens: int | None  # None where no answer is expected that could be counted
    most_answer_tokens: int
    price: AnswerPrice | None
    rows_per_second: float | None
    measured: int  # rows that the speed was measured on

    @property
    def cost(self) -> Decimal | None:
        if self.price is None or self.answer_tokens is None:
            return None
        return self.price.cost(self.prompt_tokens, self.answer_tokens)

    @property
    def most(self) -> Decimal | None:
        """What it costs at most: if every answer is as long as it may be."""
        return self.price.cost(self.prompt_tokens, self.most_answer_tokens) if self.price else None

    @property
    def seconds(self) -> float | None:
        return self.rows / self.rows_per_second if self.rows_per_second else None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    rows: int
    is_exact: bool  # False: a large sheet was not counted to its end
    shares: tuple[Share, ...]

    @property
    def costs(self) -> dict[str, Decimal] | None:
        """The whole cost by currency; None if that of any model is unknown."""
        total: dict[str, Decimal] = defaultdict(Decimal)
        for share in self.shares:
            if share.price is None or share.cost is None:
                return None
            total[share.price.currency] += share.cost
        return dict(total)

    @property
    def seconds(self) -> float | None:
        """Models of one connection follow each other, connections go on side by side; None if any speed is unknown."""
        each: dict[int, float] = defaultdict(float)
        for share in self.shares:
            if share.seconds is None:
                return None
            each[share.picked.connection.pk] += share.seconds
        return max(each.values(), default=None)


def estimate(
    evaluation: Evaluation,
    keys: Sequence[str],
    *,
    mapping: Mapping[str, str] | None = None,
    at_most: int | None = None,
    known: str = Evaluation.Known.ANY,
) -> Estimate:
    """Estimate what evaluations.start.start would begin with the same arguments; raises the same Refused."""
    asked = described(evaluation, keys, mapping or {})
    evaluation = copy(evaluation)  # as it would be once it is started
    evaluation.part, evaluation.mapping = asked.part, asked.mapping
    sample = sources.sample(evaluation)
    rows = min(sample.total, at_most) if at_most else sample.total
    versions = [evaluation.version, *(picked.version for picked in asked.picked)]
    labels = trained_labels(versions)
    like = next((version for version in versions if version), None)
    step = max(1, len(sample.rows) // COUNTED)
    shares = (_share(Way.to(picked, labels, known, like), sample.rows[::step], rows) for picked in asked.picked)
    return Estimate(rows=rows, is_exact=sample.is_exact, shares=tuple(shares))


def _share(way: Way, sample: Sequence[Asked], rows: int) -> Share:
    encoding = tokens.encoding_for(base_in(way.picked.base_model))
    bodies = [way.body(row.thread) for row in sample]
    read = fmean(_prompt_tokens(body, encoding) for body in bodies) if bodies else 0.0
    most = max((int(body.get("max_tokens") or 0) for body in bodies), default=0)
    written = _answer_tokens(sample, encoding, most)
    speed, measured = _speed(way)
    return Share(
        picked=way.picked,
        rows=rows,
        prompt_tokens=round(read * rows),
        answer_tokens=None if written is None else round(written * rows),
        most_answer_tokens=most * rows,
        price=answer_price_of(way.picked.connection, way.picked.name),
        rows_per_second=speed,
        measured=measured,
    )


def _prompt_tokens(body: Mapping[str, Any], encoding: str) -> int:
    if "messages" in body:
        return tokens.of_example({"messages": body["messages"]}, encoding)
    return tokens.count(str(body.get("prompt") or ""), encoding)


def _answer_tokens(sample: Sequence[Asked], encoding: str, most: int) -> float | None:
    if most == 1:
        return 1.0
    expected = [row.expected for row in sample if row.expected]
    return fmean(min(most, 1 + tokens.count(text, encoding)) for text in expected) if expected else None


def _speed(way: Way) -> tuple[float | None, int]:
    """Rows a second that this model was measured at, else others of its connection at the same kind of task."""
    runs = Run.objects.filter(connection=way.picked.connection, asking_seconds__gt=0, done_count__gt=0)
    classification = Q(evaluation__task=Task.CLASSIFICATION)
    for group in (runs.filter(key=way.picked.key), runs.filter(classification if way.labels else ~classification)):
        found = group.aggregate(rows=Sum("done_count"), seconds=Sum("asking_seconds"))
        if found["rows"]:
            return found["rows"] / found["seconds"], found["rows"]
    return None, 0
