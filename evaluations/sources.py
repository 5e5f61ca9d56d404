"""The questions of an evaluation, one row after the other, read from where they come.

A question is a conversation without what a model's own training adds to it (separator, system message), so that
models of different kinds can be asked the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import orjson

from datasets import formats
from datasets.formats import BadRow, Options, Row
from datasets.formats.rows import excerpt
from datasets.mapping import Mapping, fields, maker
from datasets.models import Format, Version
from datasets.storing import opened
from datasets.words import gettext_noop as _
from evaluations.models import Evaluation
from playground.record import question_of

MOST_LOOKED_AT = 20_000
NOT_A_QUESTION = _("The row asks nothing.")


class Asked(NamedTuple):
    thread: list[dict[str, Any]]
    expected: str = ""
    cells: tuple[str, ...] = ()


def rows(evaluation: Evaluation) -> Iterator[Asked | BadRow]:
    """Read all rows in their order; the same each time."""
    return _of_version(evaluation) if evaluation.version else _of_sheet(evaluation)


def chosen(found: Iterator[Asked | BadRow], total: int, at_most: int | None) -> Iterator[Asked | BadRow]:
    """Take `at_most` of `total` rows, spread evenly."""
    if not at_most or at_most >= total:
        yield from found
        return
    for place, row in enumerate(found):
        if (place + 1) * at_most // total > place * at_most // total:
            yield row


def count(evaluation: Evaluation) -> int:
    """Rows, good and bad; those of a version are known already."""
    if evaluation.version:
        return int(getattr(evaluation.version, f"{evaluation.part}_rows"))
    with opened(evaluation.source) as file:
        return sum(1 for _row in formats.read(file, Options.from_json(evaluation.options)))


class Sample(NamedTuple):
    rows: list[Asked]
    total: int  # of the source, bad ones left out as far as they were seen
    is_exact: bool


def sample(evaluation: Evaluation, most: int = 1_000) -> Sample:
    """Some rows, spread evenly over those that can be looked at while a person waits, and how many there are."""
    if evaluation.version:
        total = count(evaluation)
        return Sample(list(_lines(evaluation, evaluation.version, most)), total, True)
    with opened(evaluation.source) as file:
        looked = list(islice(_of_table(file, evaluation), MOST_LOOKED_AT))
        is_exact = len(looked) < MOST_LOOKED_AT
        seen = 1.0 if is_exact else min(1.0, file.tell() / max(1, evaluation.size))
    asked = [row for row in looked if isinstance(row, Asked)]
    step = max(1, len(asked) // most)
    return Sample(asked[::step], round(len(asked) / (seen or 1.0)), is_exact)


def _lines(evaluation: Evaluation, version: Version, most: int) -> Iterator[Asked]:
    step = max(1, count(evaluation) // most)
    with opened(getattr(version, evaluation.part)) as file:
        for line in islice(file, 0, None, step):
            if found := _of_line(line, version):
                yield found


def _of_version(evaluation: Evaluation) -> Iterator[Asked | BadRow]:
    version = evaluation.version
    assert version is not None  # noqa: S101 (for the types: who calls has looked)
    with opened(getattr(version, evaluation.part)) as file:
        for number, line in enumerate(file, 1):
            yield _of_line(line, version) or BadRow(number, "", NOT_A_QUESTION, excerpt(line.decode(errors="replace")))


def _of_line(line: bytes, version: Version) -> Asked | None:
    found = question_of(line, version)
    return Asked(_storable(found.thread), _storable(found.expected)) if found else None


def _of_sheet(evaluation: Evaluation) -> Iterator[Asked | BadRow]:
    with opened(evaluation.source) as file:
        yield from _of_table(file, evaluation)


def _of_table(file: BinaryIO, evaluation: Evaluation) -> Iterator[Asked | BadRow]:
    read = _Reader(evaluation.mapping)
    columns = list(evaluation.layout.get("columns", ()))
    for row in formats.read(file, Options.from_json(evaluation.options)):
        yield row if isinstance(row, BadRow) else read(row, columns)


class _Reader:
    """Makes a question of a row as the mapping says."""

    def __init__(self, mapping: dict[str, Any]) -> None:
        prompt, template, expected = (str(mapping.get(name) or "") for name in ("prompt", "template", "expected"))
        self._has_answers = bool(expected)
        answer = expected or next(iter(fields(template)), prompt)  # any column: what it says is not looked at
        made = Mapping(format=Format.PROMPT_COMPLETION, prompt=prompt, template=template, completion=answer)
        self._make = maker(made)

    def __call__(self, row: Row, columns: list[str]) -> Asked | BadRow:
        [example] = self._make(row)
        if isinstance(example, BadRow):
            return example
        if not example["prompt"].strip():
            return BadRow(row.line, "", NOT_A_QUESTION)
        cells = tuple(_cell(row.values.get(column)) for column in columns)
        answer = example["completion"] if self._has_answers else ""
        return Asked([{"role": "user", "content": example["prompt"]}], answer, cells)


def _cell(value: Any) -> str:
    """Write a cell as text, the way it was uploaded."""
    if value is None or isinstance(value, str):
        return value or ""
    return orjson.dumps(value).decode() if not isinstance(value, float) else repr(value)


def _storable(data: Any) -> Any:
    """Replace what no database keeps, wherever it stands."""
    if isinstance(data, str):
        return data.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    if isinstance(data, list):
        return [_storable(item) for item in data]
    return {_storable(name): _storable(value) for name, value in data.items()} if isinstance(data, dict) else data
