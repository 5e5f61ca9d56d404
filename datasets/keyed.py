"""A million rows as short keys: what each row asks, in which words, what it is as a whole, and where it stands."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson
from django.db.models.fields.files import FieldFile
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from datasets import later
from datasets.checks.keys import of_question
from datasets.checks.wording import text_asked, words
from datasets.later import Progress
from datasets.mapping import Example
from datasets.models import Version
from datasets.split import PARTS
from datasets.storing import opened

Keys = NDArray[Any]  # of ROW
ROW = np.dtype([("question", "u8"), ("wording", "u8"), ("whole", "u8"), ("at", "u8")])
PART_AT = 56  # the bits of `at` below are the offset in the part's file, those above the part
TOLD = 5_000  # rows between two words about progress


def of_version(version: Version, progress: Progress) -> Keys:
    """The keys of all rows of a version, training first; kept once they have been found."""
    kept = later.answer(version.dataset, f"v{version.pk}.npy")
    if kept.is_there():
        found: Keys = np.load(kept.path)
        if found.dtype == ROW:
            return found
    found = _found(version, progress)
    with kept.written() as file:
        np.save(file, found)
    return found


def _found(version: Version, progress: Progress) -> Keys:
    keys = np.zeros(version.rows, dtype=ROW)
    for number, (at, line) in enumerate(lines(version)):
        if number % TOLD == 0:
            progress(number / max(version.rows, 1))
        example = orjson.loads(line.removeprefix(BOM_UTF8))
        asked, _words, wording = question(example, version.separator)
        keys[number] = (asked, wording, whole(example), at)
    return keys


def lines(version: Version) -> Iterator[tuple[int, bytes]]:
    """Each row of a version with its place, in the order of its keys."""
    for part, name in enumerate(PARTS):
        stored: FieldFile = getattr(version, name)
        if stored:
            with opened(stored) as file:
                at = part << PART_AT
                for line in file:
                    if line.strip():  # files of others may hold empty lines
                        yield at, line
                    at += len(line)


def whole(example: Example) -> int:
    """A key of all that an example is, in whatever order its keys stand."""
    line = orjson.dumps(example, option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(blake2b(line, digest_size=8).digest(), "little")


def question(example: Example, separator: str) -> tuple[int, bytes, int]:
    """What an example asks, whatever separator stands behind it: a key, its words, and a key of these.

    What asks without a word, as a picture does, has its own key for that of its words.
    """
    if separator and "prompt" in example and example["prompt"].endswith(separator):
        example = {**example, "prompt": example["prompt"].removesuffix(separator)}
    asked, said = of_question(example), words(text_asked(example))
    return asked, said, xxh3_64_intdigest(said) if said.strip(b" |") else asked


def part_of(at: int) -> str:
    return PARTS[at >> PART_AT]


def reader(version: Version) -> Callable[[int], Example]:
    """A function that reads the row at a place."""

    def read(at: int) -> Example:
        with opened(getattr(version, part_of(at))) as file:
            file.seek(at & ((1 << PART_AT) - 1))
            example: Example = orjson.loads(file.readline())
            return example

    return read
