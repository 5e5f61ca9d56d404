"""Examples in a file on this machine, looked through by several processes at once.

A file is cut at line ends into as many parts as there are processes. Each process runs all checks over its part; put
together in order, their findings are those of one run over the whole.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from datasets import working
from datasets.checks.hits import Mask
from datasets.examine import BATCH, Examination, chunks
from datasets.formats import BadRow
from datasets.formats.jsonl import parse
from datasets.formats.text import MAX_LINE
from datasets.mapping import PROMPT_COMPLETION, Example, encoded, taker
from datasets.mapping import Mapping as Columns
from datasets.recipe import Numbered, Recipe, replay

BLOCK = 4 << 20
PAIRS_AS_THEY_ARE = Columns(format=PROMPT_COMPLETION, prompt="prompt", completion="completion")
Batch = tuple[Sequence[int], Sequence[Example]]  # lines in the source, examples
SHORT = 1_000_000  # bytes; no text within such a line is too long to be a cell


@dataclass(frozen=True)
class Part:
    path: Path
    begin: int  # bytes
    end: int
    line: int = 1  # the number of its first line
    columns: Columns | None = None  # None: a working copy, whose lines are examples behind their numbers


@dataclass(frozen=True)
class Look:
    """What one process is asked to do."""

    part: Part
    examination: Examination
    recipe: Recipe = ()
    copies: Mapping[int, Mask] = field(default_factory=dict)  # by step: which rows that reach it are dropped
    out: Path | None = None  # where the rows that are left are written, one example a line


@dataclass(frozen=True)
class Seen:
    examination: Examination
    bad: list[BadRow]
    plain: list[bool]  # of each thousand lines: whether they could be read at once, see `pairs`


def cut(whole: Part, count: int) -> list[Part]:
    """Cut a part at line ends into at most `count` parts of about the same size."""
    with whole.path.open("rb") as file:
        ends = [_line_end(file, whole.begin + (whole.end - whole.begin) * turn // count) for turn in range(1, count)]
        bounds = sorted({whole.begin, *(min(end, whole.end) for end in ends), whole.end})
        parts, line = [], whole.line
        for begin, end in pairwise(bounds):
            parts.append(replace(whole, begin=begin, end=end, line=line))
            line += _count_lines(file, begin, end) if end < whole.end else 0
    return parts or [whole]


def _line_end(file: BinaryIO, at: int) -> int:
    """Where the line ends that the byte before `at` belongs to."""
    file.seek(max(0, at - 1))
    while (piece := file.readline(BLOCK)) and not piece.endswith(b"\n"):
        pass
    return file.tell()


def _count_lines(file: BinaryIO, begin: int, end: int) -> int:
    file.seek(begin)
    count = 0
    while begin < end and (block := file.read(min(BLOCK, end - begin))):
        count += block.count(b"\n")
        begin += len(block)
    return count


def look(looks: Sequence[Look]) -> list[Seen]:
    """Do what is asked, each in a process of its own; a single look is done in this one."""
    if len(looks) == 1:
        return [_looked(looks[0])]
    with processes(len(looks)) as pool:
        return list(pool.map(_looked, looks))


def processes(count: int) -> ProcessPoolExecutor:
    """Rows hold no cycles, so nothing is gained by looking for these."""
    return ProcessPoolExecutor(count, mp_context=get_context("fork"), initializer=gc.disable)


def _looked(look: Look) -> Seen:
    bad: list[BadRow] = []
    plain: list[bool] = []
    with look.out.open("wb") if look.out else nullcontext() as out:
        for numbers, examples in _replayed(look, bad, plain):
            look.examination.add(numbers, examples)
            if out:
                out.write(b"\n".join([*map(encoded, examples), b""]))
    return Seen(look.examination.gathered(), bad, plain)


def _replayed(look: Look, bad: list[BadRow], plain: list[bool]) -> Iterator[Batch]:
    if not look.recipe:
        yield from _batches(look.part, bad, plain)
        return
    for chunk in chunks(replay(look.recipe, rows(look.part, bad, plain), look.copies), BATCH):
        yield [line for line, _example in chunk], [example for _line, example in chunk]


def rows(part: Part, bad: list[BadRow], plain: list[bool] | None = None) -> Iterator[Numbered]:
    """Yield the examples of a part with their lines; lines that hold none are put into `bad`."""
    for numbers, examples in _batches(part, bad, [] if plain is None else plain):
        yield from zip(numbers, examples, strict=True)


def _batches(part: Part, bad: list[BadRow], plain: list[bool]) -> Iterator[Batch]:
    for number, lines in thousands(part):
        found = pairs(lines) if part.columns == PAIRS_AS_THEY_ARE else None
        plain.append(found is not None)
        if found is None:
            numbered = list(one_by_one(part, number, lines, bad))
            yield [line for line, _example in numbered], [example for _line, example in numbered]
        else:
            yield range(number, number + len(found)), found


def thousands(part: Part) -> Iterator[tuple[int, list[bytes]]]:
    """The lines of a part, up to a thousand at once, behind the number of the first."""
    number = part.line
    for lines in _lines(part):
        for at in range(0, len(lines), BATCH):
            yield number + at, lines[at : at + BATCH]
        number += len(lines)


def pairs(lines: list[bytes]) -> list[Example] | None:
    """The examples of lines that hold one each, in the plainest form; None if a single one has to be looked at."""
    whole = b"[%b]" % b",".join(lines)
    if max(map(len, lines)) > SHORT or b"\\u0000" in whole:
        return None
    try:
        values: list[Any] = orjson.loads(whole)
        texts = [value["prompt"] for value in values] + [value["completion"] for value in values]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return None
    plain = len(values) == len(lines) and set(map(type, texts)) == {str} and set(map(len, values)) == {2}
    return values if plain else None


def one_by_one(part: Part, first: int, lines: list[bytes], bad: list[BadRow]) -> Iterator[Numbered]:
    if part.columns is None:
        yield from map(working.unpack, lines)
        return
    take = taker(part.columns)
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        row = parse(number, line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape"))
        taken = row if isinstance(row, BadRow) else take(row)
        if isinstance(taken, BadRow):
            bad.append(taken)
        else:
            yield number, taken


def _lines(part: Part) -> Iterator[list[bytes]]:
    """The lines of a part without their ends, block by block; one that is much too long comes cut, but too long still."""
    with part.path.open("rb") as file:
        file.seek(part.begin)
        left, rest = part.end - part.begin, b""
        while left > 0 and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            *whole, rest = (rest + block).split(b"\n")
            yield whole
            rest = rest[: 4 * MAX_LINE + 4]
        if rest:
            yield [rest]


def all_rows(parts: Sequence[Part], recipe: Recipe, copies: Mapping[int, Sequence[Mask]]) -> Iterator[Numbered]:
    """The rows of all parts in order, after the fixes of the recipe."""
    of_part = [{step: masks[number] for step, masks in copies.items()} for number in range(len(parts))]
    return chain.from_iterable(replay(recipe, rows(part, []), known) for part, known in zip(parts, of_part, strict=True))
