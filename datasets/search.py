"""Which prepared rows hold a text, whatever its case: all texts are looked through in large blocks.

A million rows take a fraction of a second. What was found last is remembered, so that the pages of a result and a walk
through it do not search again.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

import numpy as np

from datasets.checks.hits import RowNumbers
from datasets.index import END_OF_ROW, opened_index
from datasets.models import Dataset
from datasets.storing import opened

BLOCK = 1 << 23  # bytes
REMEMBERED = 8  # results, of at most 4 bytes for each row


def holding(dataset: Dataset, words: str) -> RowNumbers:
    """The numbers of the rows that hold the words in one of their texts, in rising order."""
    return _holding(dataset.prepared_texts.name or "", dataset.prepared_index.name or "", words.casefold())


@lru_cache(maxsize=REMEMBERED)
def _holding(texts: str, index: str, words: str) -> RowNumbers:
    """Stored files never change under their names, so neither does what they hold."""
    with opened(texts) as file:
        places = np.frombuffer(_places(file, words.encode(errors="replace")), np.int64)
    with opened_index(index) as arrays:
        found: RowNumbers = (np.searchsorted(arrays.folded_at, places, side="right") - 1).astype(np.int32)
    found.flags.writeable = False
    return found


def forget() -> None:
    _holding.cache_clear()


def _places(file: BinaryIO, needle: bytes) -> array[int]:
    """Where the needle stands for the first time in each row that holds it."""
    places = array("q")
    for begins, block in blocks(file, END_OF_ROW):
        at = block.find(needle)
        while at >= 0:
            places.append(begins + at)
            at = block.find(needle, block.find(END_OF_ROW, at) + 1)
    return places


def blocks(file: BinaryIO, end_of_row: bytes) -> Iterator[tuple[int, bytes]]:
    """The file in blocks of whole rows, each with where it begins."""
    begins, rest = 0, b""
    while more := file.read(BLOCK):
        rest += more
        if end := rest.rfind(end_of_row) + 1:
            yield begins, rest[:end]
            begins, rest = begins + end, rest[end:]
