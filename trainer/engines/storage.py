"""One file per model: numpy arrays and a line of JSON, replaced atomically, never a pickle."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from trainer.engines.counts import Arrays, Counts
from trainer.engines.model import Capacity, Model

FILE = "network.npz"
_FORMAT = 1
_TABLES = ("words", "asked", "answered", "repeated")


class Unreadable(ValueError):
    """The folder holds no network that this engine can read."""


def write(model: Model, folder: Path, *, resumable: bool) -> None:
    """Write the network so that a crash at any moment leaves the old file or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{FILE}.{uuid4().hex}"
    try:
        with draft.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **_packed(model, resumable))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / FILE)
    finally:
        draft.unlink(missing_ok=True)
    _sync(folder)


def read(folder: Path) -> Model:
    try:
        with np.load(folder / FILE, allow_pickle=False) as file:
            return _unpacked(dict(file))
    except (OSError, ValueError, KeyError) as error:
        raise Unreadable(f"There is no readable network in {folder.name}.") from error


def _packed(model: Model, resumable: bool) -> Arrays:
    about = {
        "format": _FORMAT,
        "base": model.base,
        "vocabulary": model.vocabulary,
        "seed": model.seed,
        "capacity": model.capacity._asdict(),
        "examples": model.known.examples,
        "prompted": model.known.prompted,
        "total": model.background.total,
        "top": model.background.top,
    }
    arrays: Arrays = {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    weights = model.weights
    arrays |= _sparse("weights", weights.value) | _sparse("seen", weights.seen)
    if resumable:
        arrays |= _sparse("squares", weights.squares)
    for name in _TABLES:
        arrays |= _sparse(name, getattr(model.known, name))
    arrays |= _sparse("single", model.background.single)
    for prefix, counts in _counts(model).items():
        arrays |= {f"{prefix}.{name}": array for name, array in counts.arrays().items()}
    return arrays


def _unpacked(arrays: dict[str, NDArray[Any]]) -> Model:
    about = json.loads(arrays["about"].tobytes())
    capacity = Capacity(**about["capacity"])
    model = Model(about["base"], capacity, about["vocabulary"], about["seed"])
    _fill(arrays, "weights", model.weights.value)
    _fill(arrays, "seen", model.weights.seen)
    if "squares.at" in arrays:
        _fill(arrays, "squares", model.weights.squares)
    model.known.examples, model.known.prompted = about["examples"], about["prompted"]
    for name in _TABLES:
        _fill(arrays, name, getattr(model.known, name))
    _fill(arrays, "single", model.background.single)
    model.background.total, model.background.top = about["total"], about["top"]
    model.contexts = Counts(capacity.entries, _part(arrays, "contexts"))
    model.background.pairs = Counts(capacity.entries, _part(arrays, "pairs"))
    return model


def _counts(model: Model) -> dict[str, Counts]:
    return {"contexts": model.contexts, "pairs": model.background.pairs}


def _part(arrays: dict[str, NDArray[Any]], prefix: str) -> Arrays:
    start = f"{prefix}."
    return {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}


def _sparse(name: str, table: NDArray[Any]) -> Arrays:
    places = np.flatnonzero(table)
    return {f"{name}.at": places.astype(np.uint32), f"{name}.is": table[places]}


def _fill(arrays: dict[str, NDArray[Any]], name: str, table: NDArray[Any]) -> None:
    table[arrays[f"{name}.at"]] = arrays[f"{name}.is"]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
