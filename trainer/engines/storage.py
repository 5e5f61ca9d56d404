"""One file per network: numpy arrays and a line of JSON, replaced atomically, never a pickle."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from trainer.engines.counts import Arrays, Counts
from trainer.engines.network import Capacity, LogLinearNetwork

FILE = "network.npz"
_FORMAT = 1
_TABLES = ("words", "asked", "answered", "repeated")


class Unreadable(ValueError):
    """The folder holds no network that this engine can read."""


def write(network: LogLinearNetwork, folder: Path, *, resumable: bool) -> None:
    """Write the network so that a crash at any moment leaves the old file or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{FILE}.{uuid4().hex}"
    try:
        with draft.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **_packed(network, resumable))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / FILE)
    finally:
        draft.unlink(missing_ok=True)
    _sync(folder)


def read(folder: Path) -> LogLinearNetwork:
    try:
        with np.load(folder / FILE, allow_pickle=False) as file:
            return _unpacked(dict(file))
    except (OSError, ValueError, KeyError) as error:
        raise Unreadable(f"There is no readable network in {folder.name}.") from error


def _packed(network: LogLinearNetwork, resumable: bool) -> Arrays:
    about = {
        "format": _FORMAT,
        "base": network.base,
        "vocabulary": network.vocabulary,
        "seed": network.seed,
        "capacity": network.capacity._asdict(),
        "examples": network.known.examples,
        "prompted": network.known.prompted,
        "total": network.background.total,
        "top": network.background.top,
    }
    arrays: Arrays = {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    weights = network.weights
    arrays |= _sparse("weights", weights.value) | _sparse("seen", weights.seen)
    if resumable:
        arrays |= _sparse("squares", weights.squares)
    for name in _TABLES:
        arrays |= _sparse(name, getattr(network.known, name))
    arrays |= _sparse("single", network.background.single)
    for prefix, counts in _counts(network).items():
        arrays |= {f"{prefix}.{name}": array for name, array in counts.arrays().items()}
    return arrays


def _unpacked(arrays: dict[str, NDArray[Any]]) -> LogLinearNetwork:
    about = json.loads(arrays["about"].tobytes())
    capacity = Capacity(**about["capacity"])
    network = LogLinearNetwork(about["base"], capacity, about["vocabulary"], about["seed"])
    _fill(arrays, "weights", network.weights.value)
    _fill(arrays, "seen", network.weights.seen)
    if "squares.at" in arrays:
        _fill(arrays, "squares", network.weights.squares)
    network.known.examples, network.known.prompted = about["examples"], about["prompted"]
    for name in _TABLES:
        _fill(arrays, name, getattr(network.known, name))
    _fill(arrays, "single", network.background.single)
    network.background.total, network.background.top = about["total"], about["top"]
    network.contexts = Counts(capacity.entries, _part(arrays, "contexts"))
    network.background.pairs = Counts(capacity.entries, _part(arrays, "pairs"))
    return network


def _counts(network: LogLinearNetwork) -> dict[str, Counts]:
    return {"contexts": network.contexts, "pairs": network.background.pairs}


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
