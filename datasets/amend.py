"""Edit a row, or exclude rows: what a person does to single rows, kept beside the decisions about findings.

Each change names rows by where they stand in the source, comes before all fixes, can be taken back, and raises the
revision, after which everything is checked again. The next version contains it; versions that were made stay as they
are.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.utils import timezone

from datasets import browse, by_hand, narrow, working
from datasets.by_hand import EDITED, EXCLUDED
from datasets.decide import CHANGED
from datasets.mapping import Example, Mapping
from datasets.models import Dataset
from datasets.narrow import Wanted
from datasets.retype import digest, retyped
from datasets.search import blocks
from datasets.storing import opened
from datasets.words import Refused, Sentence
from datasets.words import gettext_noop as _

Change = dict[str, Any]
MOST = 2_000  # changes of one dataset
GONE = _("That row is not in the file any more. Look at the examples again.")


def steps(dataset: Dataset) -> list[dict[str, Any]]:
    """The changes that apply to the rows as they are now read, as a recipe's steps."""
    return [{"code": made["code"], "params": made["params"]} for made in dataset.by_hand if applies(dataset, made)]


def applies(dataset: Dataset, made: Change) -> bool:
    """An excluded row is one of a sheet; an edited one holds what the columns chosen then made of it."""
    if made["sheet"] != _sheet(dataset):
        return False
    return made["code"] == EXCLUDED or Mapping(**made["mapping"]) == Mapping(**dataset.mapping)


def edit_of(dataset: Dataset, key: int) -> Change | None:
    edits = (made for made in dataset.by_hand if made["code"] == EDITED and made["params"]["key"] == key)
    return next((made for made in edits if applies(dataset, made)), None)


def exclusion_of(dataset: Dataset, key: int) -> Change | None:
    """The change that excluded a row."""
    made = (made for made in dataset.by_hand if made["code"] == EXCLUDED and applies(dataset, made))
    return next((one for one in made if np.uint64(key) in by_hand.unpacked(one["params"]["keys"])), None)


def as_read(dataset: Dataset, key: int) -> Example | None:
    """A row as it was read, without what was done to it since."""
    line, nth = by_hand.line_of(key), key & ((1 << by_hand.PLACES) - 1)
    begin = b"%d\t" % line
    with opened(dataset.rows) as file:
        for at, block in blocks(file, b"\n"):
            found = 0 if block.startswith(begin) else block.find(b"\n" + begin) + 1
            if found or block.startswith(begin):
                file.seek(at + found)
                rows = [working.unpack(packed) for packed, _skipped in zip(file, range(nth + 1), strict=False)]
                return rows[nth][1] if len(rows) > nth and rows[nth][0] == line else None
    return None


def before_fixes(dataset: Dataset, key: int) -> Example:
    """A row as the first fix sees it: edited, or as it was read."""
    edit = edit_of(dataset, key)
    example: Example | None = edit["params"]["example"] if edit else as_read(dataset, key)
    if example is None:
        raise Refused(GONE)
    return example


def edit(dataset: Dataset, key: int, texts: Sequence[str], *, was: str, by: str) -> bool:
    """Put these texts in the place of a row's; False if they are the same. `was` is the digest of what they replace."""
    before = before_fixes(dataset, key)
    if digest(before) != was:
        raise Refused(_("Somebody else has edited this row meanwhile. Look at it again, then edit it."))
    after = retyped(before, texts)
    if after == before:
        return False
    earlier = edit_of(dataset, key)
    kept = [made for made in dataset.by_hand if made is not earlier]
    if after != as_read(dataset, key):
        made = _change(dataset, EDITED, {"key": key, "example": after}, by=by)
        kept.append({**made, "mapping": dataset.mapping})
    _write(dataset, kept)
    return True


def exclude(dataset: Dataset, keys: by_hand.Keys, *, by: str, shown: Sequence[Sentence] = ()) -> int:
    """Leave rows out from now on; `shown` says by what they were chosen. Returns how many they are."""
    if not len(keys):
        raise Refused(GONE)
    if len(keys) >= dataset.prepared_count:
        raise Refused(_("That would leave no row to train on. Show fewer rows, then exclude those."))
    params = {"count": len(keys), "first": by_hand.name_of(int(keys.min())), "keys": by_hand.packed(keys)}
    made = _change(dataset, EXCLUDED, params, by=by)
    _write(dataset, [*dataset.by_hand, {**made, "shown": [sentence.to_json() for sentence in shown]}])
    return len(keys)


def undo(dataset: Dataset, change: str) -> Change:
    """Take back the change with this id; returns it."""
    taken: Change | None = next((made for made in dataset.by_hand if made["id"] == change), None)
    if taken is None:
        raise Refused(_("That has been taken back already."))
    _write(dataset, [made for made in dataset.by_hand if made is not taken])
    return taken


def exclude_shown(dataset: Dataset, wanted: Wanted, *, revision: int, by: str) -> int:
    """Leave out every row that a person was shown when the dataset had this revision; returns how many they are."""
    if dataset.to_check or dataset.revision != revision:
        raise Refused(_("The rows have changed since they were shown. Look at them again, then exclude them."))
    if not wanted.narrows:
        raise Refused(_("All rows are shown. Show fewer, then exclude those."))
    shown = [sentence for sentence, _less in narrow.in_words(dataset, wanted)]
    return exclude(dataset, browse.keys(dataset, wanted), by=by, shown=shown)


def _change(dataset: Dataset, code: str, params: dict[str, Any], *, by: str) -> Change:
    made = {"id": uuid.uuid4().hex[:12], "code": code, "params": params, "sheet": _sheet(dataset)}
    return {**made, "by": by[:254], "at": timezone.now().isoformat()}


def _sheet(dataset: Dataset) -> str:
    return str(dataset.layout.get("options", {}).get("sheet", ""))


def _write(dataset: Dataset, changes: list[Change]) -> None:
    if dataset.state != Dataset.State.READY:
        raise Refused(_("The file is being read. Change its rows when that is done."))
    if len(changes) > max(MOST, len(dataset.by_hand)):
        raise Refused(_("%(most)s changes by hand are the most. Correct the file itself, then upload it again.", most=MOST))
    if not dataset.ask_again(by_hand=changes):
        raise Refused(CHANGED)
