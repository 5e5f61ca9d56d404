"""On which side of its newest version each row stands, kept beside the version by the rows' own keys.

So a filter by side holds on while rows are edited, excluded and checked again.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from datasets.by_hand import Keys
from datasets.index import opened_index
from datasets.models import Dataset, Version
from datasets.split import EVALUATION, PARTS, TRAINING, VALIDATION
from datasets.storing import Draft, opened
from datasets.words import Sentence
from datasets.words import gettext_noop as _

NOWHERE = "none"
NAMES = {
    TRAINING: _("In training"),
    VALIDATION: _("In validation"),
    EVALUATION: _("Held out for evaluation"),
    NOWHERE: _("Not in it"),
}


def keep(dataset: Dataset, part_of: NDArray[np.int8], draft: Draft) -> str:
    """Store which part each prepared row is in; returns the file's name."""
    with opened_index(dataset.prepared_index.name or "") as index:
        order = np.argsort(index.keys, kind="stable")
        np.savez(draft.file, keys=index.keys[order], parts=part_of[order])
    return draft.keep()


def newest(dataset: Dataset) -> Version | None:
    """The version whose sides are known; None if the newest was made before they were kept."""
    version = dataset.versions.first()
    return version if version and version.sides else None


def choices(dataset: Dataset) -> list[tuple[str, Sentence]]:
    """The sides that a person may ask for, by their names in an address."""
    version = newest(dataset)
    if version is None:
        return []
    return [(name, said) for name, said in NAMES.items() if name == NOWHERE or getattr(version, f"{name}_rows")]


def on_side(dataset: Dataset, keys: Keys, side: str) -> NDArray[np.bool_]:
    """Which rows of these keys stand on a side; none if that is not known."""
    version = newest(dataset)
    if version is None:
        return np.zeros(len(keys), np.bool_)
    wanted: NDArray[np.bool_] = _parts(version, keys) == (PARTS.index(side) if side in PARTS else -1)
    return wanted


def _parts(version: Version, keys: Keys) -> NDArray[np.int8]:
    """The place in PARTS of each row, -1 if it is in none of them."""
    with opened(version.sides) as file, np.load(file) as stored:
        arrays = cast("dict[str, Any]", stored)
        known, parts = arrays["keys"], arrays["parts"]
    nearest = np.minimum(np.searchsorted(known, keys), max(len(known) - 1, 0))
    return np.where(known[nearest] == keys, parts[nearest], np.int8(-1)) if len(known) else np.full(len(keys), -1, np.int8)
