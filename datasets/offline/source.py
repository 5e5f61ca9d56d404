"""A person's file as parts that processes can look through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from datasets import formats, working
from datasets.formats import BadRow, Options
from datasets.mapping import Mapping, detect, taker
from datasets.offline.passes import Part, cut
from datasets.unpack import unpacked
from datasets.words import Refused, Sentence
from datasets.words import gettext_noop as _

MOST_UNPACKED = 16 << 30  # bytes


@dataclass(frozen=True)
class Source:
    parts: list[Part]
    mapping: Mapping
    columns: Sequence[str]
    notes: Sequence[Sentence]
    as_it_is: bool  # whether the file could be sent to a provider if nothing is wrong with its rows
    bad: list[BadRow] = field(default_factory=list)


@contextmanager
def opened(path: Path, options: Options, mapping: Mapping | None, processes: int, folder: Path) -> Iterator[Source]:
    """Yield the file ready to be looked through; Refused if it cannot be. `folder` takes what is unpacked or copied."""
    with path.open("rb") as stored:
        size = path.stat().st_size
        with unpacked(stored, path.name, size, lambda _read: None, folder=folder, most=MOST_UNPACKED) as (file, name, _size):
            layout = formats.inspect(file, name, options)
            columns = formats.columns(file, layout.options)
            chosen = _chosen(mapping or detect(columns), columns)
            plain = file is stored and layout.options.kind == "jsonl" and layout.options.encoding.startswith("utf-8")
            bad: list[BadRow] = []
            whole = Part(path, 0, size, columns=chosen) if plain else _copied(file, layout.options, chosen, bad, folder)
        yield Source(
            parts=cut(whole, processes),
            mapping=chosen,
            columns=columns,
            notes=layout.notes,
            as_it_is=plain and set(chosen.used()) == set(columns) == set(chosen.keys()),
            bad=bad,
        )


def _chosen(mapping: Mapping | None, columns: Sequence[str]) -> Mapping:
    if not columns:
        raise Refused(_("The file holds no examples: there is not a single row that can be read."))
    named = ", ".join(columns)
    if mapping is None:
        raise Refused(
            _("Say which columns to use: --prompt COLUMN --completion COLUMN. The file has %(columns)s.", columns=named)
        )
    if missing := [column for column in mapping.used() if column not in columns]:
        raise Refused(_("The file has no column “%(missing)s”. It has %(columns)s.", missing=missing[0], columns=named))
    return mapping


def _copied(file: BinaryIO, options: Options, mapping: Mapping, bad: list[BadRow], folder: Path) -> Part:
    """A working copy of a file that cannot be cut at line ends."""
    take, copy = taker(mapping), folder / "rows"
    with copy.open("wb") as rows:
        for row in formats.read(file, options):
            taken = row if isinstance(row, BadRow) else take(row)
            if isinstance(taken, BadRow):
                bad.append(taken)
            else:
                rows.write(working.pack(row.line, taken))
        return Part(copy, 0, rows.tell())
