"""What is known of each prepared row, stored beside the rows: a page, a search or a filter reads nothing else of the rest.

Three files of the same revision: the rows, their texts folded for searching, and arrays with a number for each row.
No UTF-8 text holds the two bytes that end a text and a row in the folded file.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from datasets import by_hand, working
from datasets.checks.hits import RowNumbers
from datasets.examine import Report
from datasets.mapping import Example
from datasets.samples import texts as texts_of
from datasets.storing import Draft, opened

END_OF_TEXT, END_OF_ROW = b"\xfe", b"\xff"
_HITS = "hits-"


class Writer:
    """Takes the prepared rows as they go by, then what the checks say of them."""

    def __init__(self, rows: Draft, folded: Draft, arrays: Draft) -> None:
        self._rows, self._folded, self._arrays = rows, folded, arrays
        self._keys, self._row_sizes, self._folded_sizes = array("Q"), array("I"), array("I")

    def add(self, key: int, example: Example) -> None:
        row, texts = working.pack(by_hand.line_of(key), example), folded(example)
        self._keys.append(key)
        self._row_sizes.append(len(row))
        self._folded_sizes.append(len(texts))
        self._rows.write(row)
        self._folded.write(texts)

    def keep(self, report: Report) -> dict[str, str]:
        """Put the three files in their places; returns their names by the dataset's fields."""
        arrays: dict[str, Any] = {
            "keys": np.frombuffer(self._keys, np.uint64),
            "row_sizes": np.frombuffer(self._row_sizes, np.uint32),
            "folded_sizes": np.frombuffer(self._folded_sizes, np.uint32),
            "tokens": report.token_counts,
            "labels": report.label_numbers,
        }
        arrays |= {_HITS + code: rows for code, rows in report.hits.items()}
        np.savez(self._arrays.file, **arrays)
        return {
            "prepared": self._rows.keep(),
            "prepared_texts": self._folded.keep(),
            "prepared_index": self._arrays.keep(),
        }


def folded(example: Example) -> bytes:
    """The texts of an example as a search compares them, whatever their case."""
    return END_OF_TEXT.join(text.casefold().encode() for text in texts_of(example).values()) + END_OF_ROW


class Index:
    """The arrays of a dataset, each read when it is asked for."""

    def __init__(self, arrays: Any) -> None:
        self._arrays = arrays

    @cached_property
    def keys(self) -> by_hand.Keys:
        return cast("by_hand.Keys", self._arrays["keys"])

    @cached_property
    def row_at(self) -> NDArray[np.int64]:
        """Where each row begins in the file of rows."""
        return self._begins("row")

    @cached_property
    def folded_at(self) -> NDArray[np.int64]:
        """Where the texts of each row begin in the file of folded texts."""
        return self._begins("folded")

    @cached_property
    def tokens(self) -> NDArray[np.int32]:
        """Of each row, by the encoding of the dataset's format."""
        return cast("NDArray[np.int32]", self._arrays["tokens"])

    @cached_property
    def labels(self) -> NDArray[np.int32]:
        """The place of each row's label in the dataset's numbers, -1 if it has none."""
        return cast("NDArray[np.int32]", self._arrays["labels"])

    def hits(self, code: str) -> RowNumbers:
        """The rows that a check found, in rising order."""
        name = _HITS + code
        return self._arrays[name] if name in self._arrays.files else np.zeros(0, np.int32)

    def number(self, key: int) -> int | None:
        """Which of the prepared rows has this key."""
        found = np.flatnonzero(self.keys == np.uint64(key))
        return int(found[0]) if len(found) else None

    def __len__(self) -> int:
        return len(self.keys)

    def _begins(self, of: str) -> NDArray[np.int64]:
        """The first release kept the places themselves."""
        places = f"{of}_at"
        return self._arrays[places] if places in self._arrays.files else _begins(self._arrays[f"{of}_sizes"])


def _begins(sizes: NDArray[np.uint32]) -> NDArray[np.int64]:
    begins = np.zeros(len(sizes), np.int64)
    np.cumsum(sizes[:-1], out=begins[1:])
    return begins


@contextmanager
def opened_index(name: str) -> Iterator[Index]:
    """The index that is stored under that name."""
    with opened(name) as file, np.load(file) as arrays:
        yield Index(arrays)


def read(index: Index, file: BinaryIO, number: int) -> tuple[int, Example]:
    """The line and the example of a prepared row."""
    file.seek(int(index.row_at[number]))
    return working.unpack(file.readline())
