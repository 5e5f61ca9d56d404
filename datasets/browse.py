"""Pages of prepared examples, and a search through them.

A page is read from the nearest offset of the index, so the last page of a million rows costs what the first does. A
search reads the file from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from datasets import tokens, working
from datasets.messages import Example, format_of
from datasets.models import Dataset
from datasets.samples import texts
from datasets.storing import opened

PER_PAGE = 25
MAX_WORDS = 200


@dataclass(frozen=True, kw_only=True)
class Page:
    examples: list[dict[str, Any]]
    number: int
    pages: int
    total: int

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def page(dataset: Dataset, *, words: str, number: str) -> Page:
    if not dataset.prepared or not dataset.prepared_count:
        return Page(examples=[], number=1, pages=1, total=0)
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 1
    with opened(dataset.prepared) as file:
        if words:
            return _searched(file, words, wanted)
        pages = -(-dataset.prepared_count // PER_PAGE)
        at = max(1, min(wanted, pages))
        rows = _from(file, dataset.prepared_index, (at - 1) * PER_PAGE)
        return Page(examples=_shown(islice(rows, PER_PAGE)), number=at, pages=pages, total=dataset.prepared_count)


def _from(file: BinaryIO, index: list[int], first: int) -> Iterator[bytes]:
    block, skipped = divmod(first, working.INDEXED)
    file.seek(index[block] if block < len(index) else 0)
    return islice(file, skipped, None)


def _searched(file: BinaryIO, words: str, wanted: int) -> Page:
    needle = words.casefold()
    first, total = (max(1, wanted) - 1) * PER_PAGE, 0
    hits: list[bytes] = []
    for line in file:
        if _holds(line, needle):
            if first <= total < first + PER_PAGE:
                hits.append(line)
            total += 1
    pages = max(1, -(-total // PER_PAGE))
    if total and not hits:
        file.seek(0)
        return _searched(file, words, pages)
    return Page(examples=_shown(iter(hits)), number=min(max(1, wanted), pages), pages=pages, total=total)


def _holds(line: bytes, needle: str) -> bool:
    """Whether a text of the example holds the words; the quick look at the whole line spares most of the parsing."""
    if needle.isascii() and needle.isalnum() and needle not in line.decode().casefold():
        return False
    _line, example = working.unpack(line)
    return any(needle in text.casefold() for text in texts(example).values())


def _shown(lines: Iterator[bytes]) -> list[dict[str, Any]]:
    return [_example(*working.unpack(line)) for line in lines]


def _example(line: int, example: Example) -> dict[str, Any]:
    encoding = tokens.encoding_of_format(format_of(example))
    return {"line": line, "texts": texts(example), "tokens": tokens.of_example(example, encoding)}
