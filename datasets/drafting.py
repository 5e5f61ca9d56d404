"""A version in the making: its files, and the row that points at them.

The files are complete on the disk before that row is written, and it is written in the same transaction that takes the
request away: whatever dies when, there is one version or none, and none is made again.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from contextlib import suppress
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Max

from datasets import amend, tokens
from datasets.decide import accepted
from datasets.mapping import Example, encoded
from datasets.models import Dataset, Version
from datasets.pace import LeaseLost
from datasets.split import PARTS, TRAINING
from datasets.storing import Draft


class Part:
    """One file of a version, with its rows and their exact tokens by each encoding."""

    def __init__(self, draft: Draft, encodings: tuple[str, ...]) -> None:
        self.draft, self.rows = draft, 0
        self.tokens = dict.fromkeys(encodings, 0)
        self.longest = dict.fromkeys(encodings, 0)
        self.answer = dict.fromkeys(encodings, 0)

    def add(self, example: Example) -> None:
        self.draft.write(encoded(example) + b"\n")
        self._count(example)

    def copy(self, line: bytes) -> None:
        """Take over a line byte by byte; it is read only to count its tokens."""
        self.draft.write(line)
        text = line.removeprefix(BOM_UTF8).strip()
        if text:
            with suppress(ValueError, TypeError, KeyError, AttributeError):  # what is no example counts as a row alone
                self._count(orjson.loads(text))

    def _count(self, example: Example) -> None:
        self.rows += 1
        for encoding in self.tokens:
            count, answer = _counted(example, encoding)
            self.tokens[encoding] += count
            self.longest[encoding] = max(self.longest[encoding], count)
            self.answer[encoding] = max(self.answer[encoding], answer)

    def fields(self, name: str) -> dict[str, Any]:
        """The version's fields about this part; a part without rows has no file, the training part excepted."""
        fields: dict[str, Any] = {f"{name}_rows": self.rows}
        if self.rows or name == TRAINING:
            fields |= {name: self.draft.keep(), f"{name}_sha256": self.draft.sha256.hexdigest()}
        return fields


def _counted(example: Example, encoding: str) -> tuple[int, int]:
    """Tokens of an example, and of its completion; a conversation's answers are not told apart."""
    if "prompt" not in example:
        return tokens.of_example(example, encoding), 0
    answer = tokens.count(example["completion"], encoding)
    return tokens.count(example["prompt"], encoding) + answer, answer


def tokens_of(made: list[Part]) -> dict[str, dict[str, int]]:
    return {
        encoding: {
            **{name: part.tokens[encoding] for name, part in zip(PARTS, made, strict=True)},
            "longest": max(part.longest[encoding] for part in made),
            "answer": max(part.answer[encoding] for part in made),
        }
        for encoding in made[0].tokens
    }


def commit(dataset: Dataset, wanted: dict[str, Any], fields: dict[str, Any]) -> Version:
    """Write the version and take the request away, both or neither."""
    with transaction.atomic():
        if not dataset.held().filter(making__isnull=False).update(making=None, progress=0.0):
            raise LeaseLost
        last = dataset.versions.aggregate(last=Max("number"))["last"]
        version = Version.objects.create(dataset=dataset, number=(last or 0) + 1, created_by_id=wanted["by"], **fields)
    dataset.making = None
    return version


def as_prepared(dataset: Dataset, wanted: dict[str, Any]) -> dict[str, Any]:
    """The fields of a version that tell how the dataset's rows are prepared now."""
    labels = dict(dataset.numbers["labels"])  # most frequent first
    return {
        "format": dataset.format,
        "task": dataset.numbers["task"],
        "separator": dataset.numbers["separator"],
        "ending": dataset.numbers["ending"],
        "system_message": dataset.numbers["system_message"],
        "labels": list(labels),
        "label_counts": labels,
        "recipe": [*amend.steps(dataset), *accepted(dataset)],
        "split": {key: value for key, value in wanted.items() if key != "by"},
        "parent": dataset.versions.first(),
    }
