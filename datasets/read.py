"""Read an uploaded source into the working copy.

In: a dataset whose state is uploaded or reading. Out: its rows as one example a line, the bad rows listed apart, and
the dataset ready to be checked; or the dataset waiting for a person to choose columns; or Refused, if nothing of the
file can be used. Doing it again from the beginning gives the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, BinaryIO, cast

import orjson
from django.conf import settings

from datasets import formats, purposes, working
from datasets.formats import BadRow, Layout, Options, Row
from datasets.formats.rows import SHOWN, shown
from datasets.mapping import Mapping, detect, maker
from datasets.models import Dataset
from datasets.pace import Pace, Watched, write_held
from datasets.storing import Draft, drafts, opened, sweep
from datasets.unpack import Unpacked, unpacked
from datasets.words import Refused
from datasets.words import gettext_noop as _

SHOWN_BAD_ROWS = 100
PREVIEWED = 3
FEW_COLUMNS, LONGEST_PREVIEW = 20, 8_000  # characters of a cell
SHAPES_REMEMBERED = 100
LOOKING = 0.1  # the part of the bar for finding out how the file is to be read
HELD_STATES = {"state": Dataset.State.READING, "error": None, "progress": 0.0}


def read(dataset: Dataset) -> None:
    write_held(dataset, **HELD_STATES)
    with opened(dataset.source) as stored, _inside(dataset, stored) as (inside, name, size):
        pace = Pace(dataset, size, share=LOOKING)
        file = cast(BinaryIO, Watched(inside, pace))
        layout = formats.inspect(file, name, Options.from_json(dataset.options))
        columns = formats.columns(file, layout.options)
        write_held(dataset, layout=described(layout, columns, file))
        mapping = _mapping(dataset, columns)
        if mapping is None:
            write_held(dataset, state=Dataset.State.MAPPING, progress=0.0)
            return
        pace.start, pace.share = LOOKING, 1 - LOOKING
        _copy(dataset, file, layout.options, mapping)
    sweep(dataset)


def _inside(dataset: Dataset, stored: BinaryIO) -> AbstractContextManager[Unpacked]:
    pace, most = Pace(dataset, dataset.size), 4 * settings.UPLOAD_MAX_BYTES
    return unpacked(stored, dataset.filename, dataset.size, pace, folder=drafts(), most=most)


def _mapping(dataset: Dataset, columns: list[str]) -> Mapping | None:
    """What a person chose, if the file still has those columns, else what the names say."""
    if dataset.mapping:
        chosen = Mapping(**dataset.mapping)
        if set(chosen.used()) <= set(columns):
            return chosen
    if not columns:
        raise Refused(formats.EMPTY)
    if known := detect(columns) or _remembered(dataset, columns):
        return known
    purpose = purposes.of_columns(columns)
    return purpose.mapping_of(columns) if purpose else None


def _remembered(dataset: Dataset, columns: list[str]) -> Mapping | None:
    """What was chosen for the newest file of the organization that had the same columns."""
    others = Dataset.objects.of(dataset.organization).exclude(pk=dataset.pk).exclude(mapping={}).order_by("-pk")
    for layout, mapping in others.values_list("layout", "mapping")[:SHAPES_REMEMBERED]:
        if layout.get("columns") == columns:
            return Mapping(**mapping)
    return None


def described(layout: Layout, columns: list[str], file: BinaryIO) -> dict[str, Any]:
    """What a person sees of a file to point at its columns: these, its sheets, notes and the first rows, as JSON."""
    most = LONGEST_PREVIEW if len(columns) <= FEW_COLUMNS else SHOWN  # a conversation has to be there whole
    previewed = islice((row for row in formats.read(file, layout.options) if isinstance(row, Row)), PREVIEWED)
    return {
        "columns": columns,
        "sheets": list(layout.sheets),
        "notes": [note.to_json() for note in layout.notes],
        "heads": [[head.line, head.shown()] for head in layout.heads],
        "options": vars(layout.options),
        "preview": [{column: shown(row.values.get(column), most) for column in columns} for row in previewed],
    }


def _copy(dataset: Dataset, file: BinaryIO, options: Options, mapping: Mapping) -> None:
    """Write the working copy and the bad rows, then point the dataset at them."""
    good = bad = 0
    first: list[dict[str, Any]] = []
    with Draft(dataset, "rows") as rows, Draft(dataset, "bad") as bad_rows:
        for taken in _taken(formats.read(file, options), mapping):
            if isinstance(taken, BadRow):
                bad += 1
                bad_rows.write(orjson.dumps(_bad(taken)) + b"\n")
                first += [_bad(taken)] if bad <= SHOWN_BAD_ROWS else []
            else:
                good += 1
                rows.write(taken)
        _refuse_nothing(dataset, good, bad, first)
        write_held(
            dataset,
            state=Dataset.State.READY,
            format=mapping.format,
            mapping=mapping.to_json(),
            rows=rows.keep(),
            bad_file=bad_rows.keep() if bad else "",
            row_count=good,
            bad_count=bad,
            bad_rows=first,
            checked=0,
            progress=0.0,
        )


def _taken(rows: Iterable[Row | BadRow], mapping: Mapping) -> Iterator[bytes | BadRow]:
    make = maker(mapping)
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        for example in make(row):
            yield example if isinstance(example, BadRow) else working.pack_row(row, example)


def _bad(row: BadRow) -> dict[str, Any]:
    return {"line": row.line, "column": row.column, "reason": row.reason.to_json(), "text": row.text}


def _refuse_nothing(dataset: Dataset, good: int, bad: int, first: list[dict[str, Any]]) -> None:
    if good:
        return
    if not bad:
        raise Refused(_("The file has a first line with names, but no row below it."))
    write_held(dataset, bad_count=bad, bad_rows=first)
    raise Refused(_("Not one row could be read. The reasons are listed below."))
