"""Rows that a person has edited or excluded, each known by where it stands in the source.

Such a change is made to the rows as they were read, before any fix sees them. It belongs to one file's rows, so no
saved recipe holds it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zlib import compress, decompress

import numpy as np
from numpy.typing import NDArray

from datasets.mapping import Example
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

EDITED, EXCLUDED = "edited-row", "excluded-rows"
CODES = (EDITED, EXCLUDED)
PLACES = 20  # bits: of the rows that one line gave, as a conversation does, which one
Keys = NDArray[np.uint64]
Keyed = tuple[int, Example]
Step = Mapping[str, Any]  # {"code": …, "params": {…}}


def keyed(rows: Iterable[tuple[int, Example]]) -> Iterator[Keyed]:
    """Rows behind their keys instead of their lines; those of one line stand together."""
    last, nth = -1, 0
    for line, example in rows:
        nth = nth + 1 if line == last else 0
        last = line
        yield line << PLACES | nth, example


def line_of(key: int) -> int:
    return key >> PLACES


def name_of(key: int) -> str:
    """A row's name in an address: its line, and which of that line's rows if it is not the first."""
    nth = key & ((1 << PLACES) - 1)
    return f"{line_of(key)}.{nth + 1}" if nth else str(line_of(key))


def named(name: str) -> int | None:
    """The key of the row with this name, None if that is none."""
    line, _dot, nth = name.partition(".")
    parts = (line, nth or "1")
    if (
        not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts)
        or not 0 < int(parts[1]) <= 1 << PLACES
    ):
        return None
    return int(line) << PLACES | int(parts[1]) - 1


def applied(steps: Sequence[Step], rows: Iterable[tuple[int, Example]]) -> Iterator[Keyed]:
    """The rows as read after all that was done to them by hand."""
    edited = {step["params"]["key"]: step["params"]["example"] for step in steps if step["code"] == EDITED}
    excluded: set[int] = set()
    for step in steps:
        if step["code"] == EXCLUDED:
            excluded.update(unpacked(step["params"]["keys"]).tolist())
    found = keyed(rows)
    if not steps:
        return found
    return ((key, edited.get(key, example)) for key, example in found if key not in excluded)


def packed(keys: Keys) -> str:
    """Keys as a short text: neighbours differ by little, so that their differences pack well."""
    return b64encode(compress(np.diff(np.sort(keys), prepend=np.uint64(0)).tobytes(), 6)).decode()


def unpacked(text: str) -> Keys:
    return np.cumsum(np.frombuffer(decompress(b64decode(text)), np.uint64), dtype=np.uint64)


def said(step: Step) -> Sentence:
    params = step["params"]
    if step["code"] == EDITED:
        return _("Row %(row)s was edited by hand.", row=name_of(params["key"]))
    if params["count"] == 1:
        return _("Row %(row)s was excluded by hand.", row=params["first"])
    return ngettext("%(count)s row was excluded by hand.", "%(count)s rows were excluded by hand.", params["count"])
