"""Marks put around the texts of many rows at once: the lines of the file are written on with the marks in their places.

Nothing is read as JSON and written anew where a line shows by its bytes alone how it would come out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from datasets import tokens
from datasets.checks.hits import Mask
from datasets.mapping import Example, encoded
from datasets.offline.passes import Part, one_by_one, pairs, processes, thousands

_SPELLINGS = ((b'{"prompt": "', b'", "completion": "'), (b'{"prompt":"', b'","completion":"'))  # json's, orjson's
_BEGIN, _MIDDLE, _END = b'{"prompt":"', b'","completion":"', b'"}'
LONG_RUN = 64  # backslashes; whoever writes more has lines that are read and encoded


@dataclass(frozen=True)
class Marks:
    """What is put around all texts: none of them ends with its mark yet."""

    separator: str = ""
    ending: str = ""
    space: bool = False  # before completions that begin with none; no completion is empty

    def put(self, row: Example) -> Example:
        said = row["completion"]
        space = " " if self.space and not said.startswith(" ") else ""
        return {**row, "prompt": row["prompt"] + self.separator, "completion": space + said + self.ending}

    def tokens(self, encoding: str) -> int:
        return tokens.count(self.separator, encoding) + tokens.count(self.ending, encoding)

    def begin_with_space(self) -> bool:
        """Whether a mark shares no token with a text that does not end with white space."""
        return all(not mark or mark[0].isspace() for mark in (self.separator, self.ending))


@dataclass(frozen=True)
class Piece:
    """What one process writes."""

    part: Part
    plain: Sequence[bool]  # of each thousand lines: whether they could be read at once
    kept: Mask  # of the rows as they were read
    again: Mask  # of the rows that are written: whether their tokens have to be counted again
    marks: Marks
    encoding: str  # "" if no tokens are counted at all
    out: Path


def write(pieces: Sequence[Piece]) -> tuple[int, NDArray[np.int32]]:
    """Write all pieces; returns how many tokens the marks have, and those of each row that was to be counted again."""
    if len(pieces) == 1:
        return _written(pieces[0])
    with processes(len(pieces)) as pool:
        marks, counted = zip(*pool.map(_written, pieces), strict=True)
    return marks[0], np.concatenate(counted)


def _written(piece: Piece) -> tuple[int, NDArray[np.int32]]:
    counted: list[int] = []
    read = written = 0
    with piece.out.open("wb") as out:
        for lines in _marked(piece):
            kept = list(compress(lines, piece.kept[read : read + len(lines)].tolist()))
            again = np.flatnonzero(piece.again[written : written + len(kept)]).tolist()
            counted += [tokens.of_example(orjson.loads(kept[at]), piece.encoding) for at in again]
            read, written = read + len(lines), written + len(kept)
            out.writelines(kept)
    return piece.marks.tokens(piece.encoding) if piece.encoding else 0, np.array(counted, np.int32)


def _marked(piece: Piece) -> Iterator[list[bytes]]:
    for plain, (number, lines) in zip(piece.plain, thousands(piece.part), strict=True):
        spliced = splice(lines, piece.marks) if plain else None
        if spliced is None:
            found = pairs(lines) if plain else None
            examples = found or [row for _line, row in one_by_one(piece.part, number, lines, [])]
            spliced = [encoded(piece.marks.put(example)) + b"\n" for example in examples]
        yield spliced


def splice(lines: Sequence[bytes], marks: Marks) -> list[bytes] | None:
    """The lines of plain pairs with the marks, as they would be encoded; None if the bytes alone do not say it."""
    begin, middle = _SPELLINGS[not lines[0].startswith(_SPELLINGS[0][0])]
    between, end = _inside(marks.separator) + _MIDDLE, _inside(marks.ending) + _END + b"\n"
    space, spliced = b" " if marks.space else b"", []
    for line in lines if _as_encoded(b"\n".join(lines), len(lines)) else [b""]:
        asked, found, said = line.partition(middle)  # no text holds it: quotes inside texts stand behind a backslash
        if not (found and asked.startswith(begin) and said.endswith(_END)):
            return None
        gap = b"" if said.startswith(b" ") else space
        spliced.append(b"%b%b%b%b%b%b" % (_BEGIN, asked[len(begin) :], between, gap, said[: -len(_END)], end))
    return spliced


def _as_encoded(data: bytes, lines: int) -> bool:
    """Whether no letter is spelled in another way than it would be encoded, and no name stands twice in a line."""
    signs = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(signs[:-1] == ord("\\"))
    codes = signs[places + 1]
    if any(_begins_escape(data, at) for at in places[(codes == ord("u")) | (codes == ord("/"))].tolist()):
        return False
    return data.count(b'"prompt"') == data.count(b'"completion"') == lines


def _begins_escape(data: bytes, at: int) -> bool:
    """Whether a backslash is not itself behind one that escapes it."""
    before = data[max(0, at - LONG_RUN) : at]
    run = len(before) - len(before.rstrip(b"\\"))
    return run % 2 == 0 or run == LONG_RUN


def _inside(text: str) -> bytes:
    """A text as it stands between the quotes of JSON."""
    return orjson.dumps(text)[1:-1]
