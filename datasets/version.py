"""Make an immutable version of the prepared rows.

In: a dataset that is checked and has been asked for a version (`making`). Out: one Version with its files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from datasets import extend, keyed, leaks, sides, tokens, working
from datasets.drafting import Part, as_prepared, commit, tokens_of
from datasets.models import Dataset, Task, Version
from datasets.pace import Pace
from datasets.recipe import Numbered
from datasets.split import EVALUATION, PARTS, TRAINING, VALIDATION, parts
from datasets.storing import Draft, opened, sweep
from datasets.together import Together
from datasets.words import Refused
from datasets.words import gettext_noop as _

LEAST_TRAINING = 0.2  # of the rows


def request(
    dataset: Dataset,
    *,
    share: float,
    at_most: int,
    seed: int,
    by: int | None,
    held_out: int = 0,
    validation: Version | None = None,
    leave_out: bool = True,
) -> None:
    """Ask for a version of the rows as they are now prepared, `held_out` of them for evaluation.

    The rows of another dataset's version may validate instead of a share; `leave_out` those whose prompts stand here.
    """
    if dataset.to_check:
        raise Refused(_("The checks are still running. Make the version when they are done."))
    if not dataset.prepared_count:
        raise Refused(_("There are no rows to make a version of."))
    share = share if validation is None else 0.0
    kept = held_out + min(round(dataset.prepared_count * share), at_most)
    if kept > dataset.prepared_count * (1 - LEAST_TRAINING):
        raise Refused(_("That leaves too little to train on. Keep fewer rows for validation and evaluation."))
    wanted: dict[str, Any] = {"share": share, "at_most": at_most, "seed": seed, "by": by}
    if held_out:
        wanted["held_out"] = held_out
    if validation:
        own = {"version": validation.pk, "name": str(validation), "sha256": validation.training_sha256}
        wanted["validation"] = {**own, "leave_out": leave_out}
    if not dataset.ask(making=wanted):
        raise Refused(_("A version is being made already, or the dataset has just changed. Look again."))


def make(dataset: Dataset) -> Version:
    wanted: dict[str, Any] = dataset.making or {}
    if "added" in wanted:
        return extend.make(dataset, wanted)
    if wanted.get("as_it_is"):
        return _as_it_is(dataset, wanted)
    part_of, asked = _parts(dataset, wanted)
    with ExitStack() as stack:
        counted = tokens.encodings(dataset.format)
        made = [Part(stack.enter_context(Draft(dataset, name)), counted) for name in PARTS]
        _write(dataset, part_of, made)
        if own := wanted.get("validation"):
            barred = asked if own["leave_out"] else asked[part_of == PARTS.index(EVALUATION)]
            own["left_out"] = _write_own(dataset, own["version"], barred, made[PARTS.index(VALIDATION)])
        fields = {name: value for part, name in zip(made, PARTS, strict=True) for name, value in part.fields(name).items()}
        fields["sides"] = sides.keep(dataset, part_of, stack.enter_context(Draft(dataset, "sides", "npz")))
        version = commit(dataset, wanted, {**as_prepared(dataset, wanted), **fields, "tokens": tokens_of(made)})
    sweep(dataset)
    return version


def _as_it_is(dataset: Dataset, wanted: dict[str, Any]) -> Version:
    """Make a version of the very bytes of the source, which a provider has trained on already (see datasets.adopt)."""
    if not dataset.prepared_count:
        raise Refused(_("There are no rows to make a version of."))
    with ExitStack() as stack:
        counted = tokens.encodings(dataset.format)
        made = [Part(stack.enter_context(Draft(dataset, name)), counted) for name in PARTS]
        sources = {TRAINING: dataset.source.name or "", VALIDATION: wanted.get("validation_file") or ""}
        pace = Pace(dataset, dataset.row_count)
        for name, source in sources.items():
            if source:
                _copy(source, made[PARTS.index(name)], pace)
        fields = {name: value for part, name in zip(made, PARTS, strict=True) for name, value in part.fields(name).items()}
        everywhere = np.zeros(dataset.prepared_count, np.int8)
        fields["sides"] = sides.keep(dataset, everywhere, stack.enter_context(Draft(dataset, "sides", "npz")))
        version = commit(dataset, wanted, {**as_prepared(dataset, wanted), **fields, "tokens": tokens_of(made)})
    sweep(dataset)
    return version


def _copy(source: str, part: Part, pace: Pace) -> None:
    with opened(source) as file:
        for number, line in enumerate(file):
            pace(number)
            part.copy(line)


def _prepared(dataset: Dataset, pace: Pace) -> Iterator[Numbered]:
    with opened(dataset.prepared) as file:
        for number, row in enumerate(working.rows(file)):
            pace(number)
            yield row


def _parts(dataset: Dataset, wanted: dict[str, Any]) -> tuple[NDArray[np.int8], NDArray[np.uint64]]:
    """Which part each row is in, and the wording of what it asks; classes keep their shares if there are classes."""
    pace = Pace(dataset, dataset.prepared_count, share=0.2)
    classes: dict[str, int] = {}
    questions = np.zeros(dataset.prepared_count, dtype=np.uint64)
    wordings = np.zeros_like(questions)
    together = Together(dataset.prepared_count)
    labels = np.zeros(dataset.prepared_count, dtype=np.int64)
    classifier = dataset.numbers["task"] == Task.CLASSIFICATION
    for number, (_line, example) in enumerate(_prepared(dataset, pace)):
        questions[number], words, wordings[number] = keyed.question(example, dataset.numbers["separator"])
        together.add(words)
        if classifier:
            labels[number] = classes.setdefault(example["completion"], len(classes))
    how = {key: wanted[key] for key in ("share", "at_most", "seed")}
    groups = together.groups(questions, wordings)
    return parts(groups, labels, **how, held_out=wanted.get("held_out", 0)), wordings


def _write(dataset: Dataset, part_of: NDArray[np.int8], made: list[Part]) -> None:
    pace = Pace(dataset, dataset.prepared_count, start=0.2, share=0.8)
    for part, (_line, example) in zip(part_of, _prepared(dataset, pace), strict=True):
        made[part].add(example)


def _write_own(dataset: Dataset, pk: int, barred: NDArray[np.uint64], part: Part) -> int:
    """Write the rows of another dataset's version that ask nothing barred; returns how many were left out."""
    version = Version.objects.of(dataset.organization).filter(pk=pk).select_related("dataset").first()
    if version is None:
        raise Refused(_("The version that was to validate has been deleted. Choose another one."))
    pace = Pace(dataset, version.rows, start=0.9, share=0.1)
    keys = leaks.usable(keyed.of_version(version, lambda done: pace(round(done * version.rows))))
    leaked = np.isin(keys["wording"], barred)
    for left_out, (_at, line) in zip(leaked, keyed.lines(version), strict=False):  # what is held out there comes last
        if not left_out:
            part.add(orjson.loads(line))
    if not part.rows:
        raise Refused(_("No validation row is left: all of their prompts stand in training."))
    return int(leaked.sum())
