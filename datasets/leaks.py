"""Validation rows of another dataset: how many of their prompts stand in training too, and what else would not fit.

A prompt that the model was trained on, in whatever spelling, says nothing about what it has learned. In: a dataset
and the version whose rows are to validate it. Out: a report, made before any version is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from datasets import keyed, later, working
from datasets.checks.separator import visible
from datasets.keyed import Keys, question
from datasets.later import Answer, Progress
from datasets.models import Dataset, Version, VersionQuerySet
from datasets.split import EVALUATION, PARTS
from datasets.storing import opened
from datasets.words import Sentence
from datasets.words import gettext_noop as _

SMALL = 20_000  # rows of both that are looked through while a person waits
SHOWN_LABELS = 5


@dataclass(frozen=True, kw_only=True)
class Report:
    rows: int
    leaked: int
    remarks: list[Sentence]

    @property
    def left(self) -> int:
        return self.rows - self.leaked


def others(dataset: Dataset) -> VersionQuerySet:
    """The versions whose rows can validate this dataset: of its format, and of another dataset."""
    found = Version.objects.of(dataset.organization).filter(format=dataset.format)
    return found.exclude(dataset=dataset).select_related("dataset").order_by("-created_at", "-pk")


def answer(dataset: Dataset, version: Version) -> Answer:
    return later.answer(dataset, f"leaks-{dataset.revision}-v{version.pk}.json")


def is_small(dataset: Dataset, version: Version) -> bool:
    return dataset.prepared_count + version.rows <= SMALL


def look(dataset: Dataset, version: Version) -> None:
    """Count the leaks and keep the number."""
    kept = answer(dataset, version)
    with kept.at_it() as progress:
        asked = _wordings(dataset, lambda done: progress(done / 2))
        theirs = usable(keyed.of_version(version, lambda done: progress(0.5 + done / 2)))
        with kept.written() as file:
            file.write(orjson.dumps({"rows": len(theirs), "leaked": int(np.isin(theirs["wording"], asked).sum())}))


def report(dataset: Dataset, version: Version) -> Report:
    """What was found; only once the answer is there."""
    found: dict[str, Any] = orjson.loads(answer(dataset, version).path.read_bytes())
    return Report(**found, remarks=remarks(dataset.numbers, version))


def usable(keys: Keys) -> Keys:
    """The rows of a version that may validate: what it holds out for evaluation stays held out."""
    kept: Keys = keys[keys["at"] >> keyed.PART_AT != PARTS.index(EVALUATION)]
    return kept


def _wordings(dataset: Dataset, progress: Progress) -> NDArray[np.uint64]:
    ask = partial(question, separator=dataset.numbers["separator"])
    asked = np.zeros(dataset.prepared_count, dtype=np.uint64)
    with opened(dataset.prepared) as file:
        for number, (_line, example) in enumerate(working.rows(file)):
            if number % keyed.TOLD == 0:
                progress(number / dataset.prepared_count)
            asked[number] = ask(example)[2]
    return asked


def remarks(numbers: dict[str, Any], version: Version) -> list[Sentence]:
    """What would make the validation mislead, beside leaks."""
    said = []
    if version.task != numbers.get("task"):
        said.append(_("That version was prepared for another task."))
    for key, template in (("separator", _SEPARATOR), ("ending", _ENDING)):
        here, there = numbers.get(key, ""), getattr(version, key)
        if here != there:
            said.append(Sentence(template.one, values={"here": visible(here), "there": visible(there)}))
    known = {label for label, _count in numbers.get("labels", [])}
    if known and (strange := [label.strip() for label in version.labels if label not in known]):
        said.append(_("Training has no class named: %(labels)s.", labels=", ".join(strange[:SHOWN_LABELS])))
    return said


_SEPARATOR = _("Prompts here end with “%(here)s”, there with “%(there)s”. Prepare both with the same recipe.")
_ENDING = _("Completions here end with “%(here)s”, there with “%(there)s”. Prepare both with the same recipe.")
