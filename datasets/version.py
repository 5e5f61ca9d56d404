"""Make an immutable version of the prepared rows.

In: a dataset that is checked and has been asked for a version (`making`). Out: one Version with its files. The files
are complete on the disk before the row that points at them is written, and that row is written in the same transaction
that takes the request away: whatever dies when, there is one version or none, and none is made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max

from datasets import tokens, working
from datasets.checks.keys import of_question
from datasets.decide import accepted
from datasets.mapping import encoded
from datasets.models import Dataset, Task, Version
from datasets.pace import LeaseLost, Pace
from datasets.recipe import Numbered
from datasets.split import Sides, split
from datasets.storing import Draft, opened, sweep
from datasets.words import Refused
from datasets.words import gettext_noop as _

TRAINING, VALIDATION = "training", "validation"


def request(dataset: Dataset, *, share: float, at_most: int, seed: int, by: int | None) -> None:
    """Ask for a version of the rows as they are now prepared."""
    if dataset.to_check:
        raise Refused(_("The checks are still running. Make the version when they are done."))
    if not dataset.prepared_count:
        raise Refused(_("There are no rows to make a version of."))
    if not dataset.ask(making={"share": share, "at_most": at_most, "seed": seed, "by": by}):
        raise Refused(_("A version is being made already, or the dataset has just changed. Look again."))


def make(dataset: Dataset) -> Version:
    wanted: dict[str, Any] = dataset.making or {}
    sides = _sides(dataset, wanted)
    with Draft(dataset, TRAINING) as training, Draft(dataset, VALIDATION) as validation:
        counts = _Counts()
        _write(dataset, sides, (training, validation), counts)
        fields = {
            "training": training.keep(),
            "training_sha256": training.sha256.hexdigest(),
            "training_rows": int(len(sides) - sides.sum()),
            "validation_rows": int(sides.sum()),
        }
        if sides.any():
            fields |= {"validation": validation.keep(), "validation_sha256": validation.sha256.hexdigest()}
        version = _commit(dataset, wanted, {**fields, "tokens": counts.tokens()})
    sweep(dataset)
    return version


class _Counts:
    """Exact token counts of both sides, by both encodings."""

    def __init__(self) -> None:
        self.counts = {name: {TRAINING: 0, VALIDATION: 0, "longest": 0} for name in tokens.ENCODINGS}

    def add(self, side: str, example: dict[str, Any]) -> None:
        for encoding, counts in self.counts.items():
            count = tokens.of_example(example, encoding)
            counts[side] += count
            counts["longest"] = max(counts["longest"], count)

    def tokens(self) -> dict[str, dict[str, int]]:
        return self.counts


def _prepared(dataset: Dataset, pace: Pace) -> Iterator[Numbered]:
    with opened(dataset.prepared) as file:
        for number, row in enumerate(working.rows(file)):
            pace(number)
            yield row


def _sides(dataset: Dataset, wanted: dict[str, Any]) -> Sides:
    """Which rows validate; classes keep their shares if there are classes."""
    pace = Pace(dataset, dataset.prepared_count, share=0.2)
    classes: dict[str, int] = {}
    groups = np.zeros(dataset.prepared_count, dtype=np.uint64)
    labels = np.zeros(dataset.prepared_count, dtype=np.int64)
    classifier = dataset.numbers["task"] == Task.CLASSIFICATION
    for number, (_line, example) in enumerate(_prepared(dataset, pace)):
        groups[number] = of_question(example)
        if classifier:
            labels[number] = classes.setdefault(example["completion"], len(classes))
    return split(groups, labels, share=wanted["share"], at_most=wanted["at_most"], seed=wanted["seed"])


def _write(dataset: Dataset, sides: Sides, drafts: tuple[Draft, Draft], counts: _Counts) -> None:
    pace = Pace(dataset, dataset.prepared_count, start=0.2, share=0.8)
    for side, (_line, example) in zip(sides, _prepared(dataset, pace), strict=True):
        drafts[int(side)].write(encoded(example) + b"\n")
        counts.add(VALIDATION if side else TRAINING, example)


def _commit(dataset: Dataset, wanted: dict[str, Any], fields: dict[str, Any]) -> Version:
    """Write the version and take the request away, both or neither."""
    labels = dict(dataset.numbers["labels"])  # most frequent first
    with transaction.atomic():
        if not dataset.held().filter(making__isnull=False).update(making=None, progress=0.0):
            raise LeaseLost
        last = dataset.versions.aggregate(last=Max("number"))["last"]
        version = Version.objects.create(
            dataset=dataset,
            number=(last or 0) + 1,
            format=dataset.format,
            task=dataset.numbers["task"],
            separator=dataset.numbers["separator"],
            ending=dataset.numbers["ending"],
            system_message=dataset.numbers["system_message"],
            labels=list(labels),
            label_counts=labels,
            recipe=accepted(dataset),
            split={key: wanted[key] for key in ("share", "at_most", "seed")},
            parent=dataset.versions.first(),
            created_by_id=wanted["by"],
            **fields,
        )
    dataset.making = None
    return version
