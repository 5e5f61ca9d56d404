"""The resumable state of a run on disk: the network at the end of an epoch, and how far that is.

`progress.json` names the folder of the network and the file of the results that belong to it, and how long the
results were then. It is replaced last and in one piece, so a process that dies at any moment leaves a state that
fits together. Each process writes results to a file of its own: one that wakes up after its lease has gone to
another process cannot add its lines to those of the other.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson

from trainer.engines.interface import Engine, Network

FILE = "progress.json"


@dataclass(frozen=True, kw_only=True)
class Progress:
    rows_name: str
    rows_bytes: int = 0
    epoch: int = 0
    """Epochs that are complete."""
    step: int = 0
    elapsed_tokens: int = 0
    elapsed_examples: int = 0


def load(folder: Path, engine: Engine, holder: str) -> tuple[Progress, Network | None]:
    """Return what the last complete epoch left; before the first one there is no network."""
    folder.mkdir(parents=True, exist_ok=True)
    rows_name = f"rows-{holder}.csv"
    if not (folder / FILE).exists():
        (folder / rows_name).write_bytes(b"")
        return Progress(rows_name=rows_name), None
    left = Progress(**orjson.loads((folder / FILE).read_bytes()))
    with (folder / left.rows_name).open("rb") as rows:
        (folder / rows_name).write_bytes(rows.read(left.rows_bytes))
    return replace(left, rows_name=rows_name), engine.load(_network(folder, left))


def save(folder: Path, progress: Progress, network: Network) -> Progress:
    """Keep the state at the end of an epoch; return it as it was kept."""
    kept = replace(progress, rows_bytes=_synced_size(folder / progress.rows_name))
    network.save(_network(folder, kept), resumable=True)
    _replace(folder / FILE, orjson.dumps(asdict(kept)))
    for old in folder.glob("epoch-*"):
        if old != _network(folder, kept):
            shutil.rmtree(old, ignore_errors=True)
    return kept


def _network(folder: Path, progress: Progress) -> Path:
    return folder / f"epoch-{progress.epoch}"


def _synced_size(path: Path) -> int:
    with path.open("ab") as file:
        os.fsync(file.fileno())
        return file.tell()


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
