"""What is sent of a fine-tune: its provider's object, its rows as a file, its data if that is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from django.core.files.storage import default_storage

from finetunes import store
from finetunes.archive.zipped import BLOCK, as_line
from finetunes.export.columns import columns
from finetunes.export.moments import Moments
from finetunes.models import FineTune, KeptFile, Sending, Tracker

ROWS = "rows.jsonl"
PARTS = {"training": "train", "validation": "valid"}
LONGEST = 100


def pack(sending: Sending, folder: Path) -> dict[str, Any]:
    """Write what is sent into the folder and return the work as the clients' programs take it."""
    fine_tune, tracker = sending.fine_tune, sending.tracker
    began = fine_tune.started_at or fine_tune.remote_created_at or fine_tune.created_at
    ended = fine_tune.finished_at or fine_tune.ended_at or began
    return {
        "id": fine_tune.remote_id,
        "project": tracker.project,
        "entity": tracker.account,
        "force": sending.force,
        "job": job(fine_tune),
        "rows": str(folder / ROWS),
        "files": list(_files(fine_tune, folder)) if tracker.sends_data else [],
        "started": int(began.timestamp() * 1000),
        "finished": int(ended.timestamp() * 1000),
    }


def job(fine_tune: FineTune) -> dict[str, Any]:
    """Return the job as its provider tells it, in words that JSON has; events are told as rows."""
    told = {name: value for name, value in fine_tune.raw.items() if name != "events"}
    ours = {"id": fine_tune.remote_id, "status": fine_tune.status, "fine_tuned_model": fine_tune.fine_tuned_model or None}
    made: dict[str, Any] = orjson.loads(as_line({"model": fine_tune.base_model, **told, **ours}))
    return made


def write_rows(fine_tune: FineTune, path: Path) -> int:
    """Write each step as a line, without what was not measured there; return how many there are."""
    names, moments, count = columns(fine_tune, store.series_names(fine_tune)), Moments.of(fine_tune), 0
    with path.open("wb") as file:
        for window in store.windows(fine_tune):
            steps = np.unique(np.concatenate([one.steps for one in window.values()]))
            steps = steps[steps >= 0]  # a tracker's steps begin with 0
            rows: dict[int, dict[str, float]] = {step: {} for step in steps.tolist()}
            for name, one in window.items():
                for step, value in zip(one.steps.tolist(), one.values.tolist(), strict=True):
                    if step in rows:
                        rows[step][names.get(name, name)] = value
            times = moments.at(steps).tolist()
            for (step, values), time in zip(rows.items(), times, strict=True):
                file.write(orjson.dumps({"step": step, "time": time, "values": values}) + b"\n")
            count += len(rows)
    return count


def _files(fine_tune: FineTune, folder: Path) -> Iterator[dict[str, str]]:
    """Copy the data that is here: a version's parts, or the files that were kept of the provider's."""
    for part, short in PARTS.items():
        stored, name = _stored(fine_tune, part)
        if stored:
            path = folder / f"{part}.jsonl"
            with default_storage.open(stored, "rb") as source, path.open("wb") as target:
                while block := source.read(BLOCK):
                    target.write(block)
            plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[-LONGEST:]
            kind = f"{part}_files"
            yield {"name": plain, "path": str(path), "artifact": f"{short}-{plain}", "type": kind}


def _stored(fine_tune: FineTune, part: str) -> tuple[str, str]:
    """Return where the data lies and what it is called; nothing if it is not here."""
    version = fine_tune.training_version
    if version is not None:
        used = part == "training" or fine_tune.use_validation
        content = getattr(version, part) if used else None
        return (content.name, f"{version.dataset.name}-v{version.number}-{part}.jsonl") if content else ("", "")
    id = getattr(fine_tune, f"{part}_file_id")
    kept = KeptFile.objects.filter(connection=fine_tune.connection_id, remote_id=id, state=KeptFile.State.KEPT).first()
    return (str(kept.content), str(kept)) if id and kept and kept.content else ("", "")


def environment(tracker: Tracker, folder: Path) -> dict[str, str]:
    """Return address and key as the client reads them; they are in no command line and no file."""
    return _wandb(tracker, folder) if tracker.kind == Tracker.Kind.WANDB else _mlflow(tracker)


def _wandb(tracker: Tracker, folder: Path) -> dict[str, str]:
    places = ("WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_ARTIFACT_DIR")
    given = {"WANDB_API_KEY": tracker.key, "WANDB_BASE_URL": tracker.address, "WANDB_ERROR_REPORTING": "false"}
    return {**dict.fromkeys(places, str(folder)), **{name: value for name, value in given.items() if value}}


def _mlflow(tracker: Tracker) -> dict[str, str]:
    given = {"MLFLOW_TRACKING_URI": tracker.address, "MLFLOW_DISABLE_TELEMETRY": "true"}
    if tracker.account:
        return {**given, "MLFLOW_TRACKING_USERNAME": tracker.account, "MLFLOW_TRACKING_PASSWORD": tracker.key}
    return {**given, "MLFLOW_TRACKING_TOKEN": tracker.key} if tracker.key else given
