"""A fine-tune with something to take away, and what a download holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse

from finetunes import metrics, store
from finetunes.models import FineTune
from finetunes.results import keep_results
from finetunes.statuses import Status
from openai_api.types import RemoteEvent

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RESULTS = b"step,train_loss,valid_loss,elapsed_tokens\n1,0.9,0.95,100\n2,0.5,,200\n3,0.25,0.4,300\n"
HOSTILE = "</script><script>alert(1)</script>"


def succeed(fine_tune: FineTune, results: bytes = RESULTS, **changes: Any) -> FineTune:
    """Let it have ended well, with results and events."""
    values: dict[str, Any] = {
        "status": Status.SUCCEEDED,
        "remote_id": "ftjob-1",
        "fine_tuned_model": "ft:ada:example",
        "hyperparameters": {"n_epochs": "auto"},
        "resolved": {"n_epochs": 4, "batch_size": 1},
        "raw": {"id": "ftjob-1", "object": "fine_tuning.job", "status": "succeeded", "created_at": 1772366400},
        "started_at": START,
        "finished_at": START + timedelta(minutes=5),
    }
    for name, value in (values | changes).items():
        setattr(fine_tune, name, value)
    fine_tune.save()
    keep_results(fine_tune, {"file-results": results})
    said(fine_tune, {1: {"train_loss": 0.9}, 3: {"train_loss": 0.25}})
    return fine_tune


def said(fine_tune: FineTune, reported: Mapping[int, Mapping[str, Any]], message: str = "Step {step}") -> None:
    events = [
        RemoteEvent(
            key=f"{message}-{step}",
            created_at=START + timedelta(seconds=10 * step),
            level="info",
            message=message.format(step=step),
            type="metrics",
            metrics={"step": step, **values},
        )
        for step, values in reported.items()
    ]
    new = store.append_events({fine_tune: events})[fine_tune.pk]
    fine_tune.last_event = new[-1].ordinal
    fine_tune.save(update_fields=["last_event"])


def write(fine_tune: FineTune, steps: int, columns: int) -> dict[str, metrics.Series]:
    """Store long series without a file."""
    numbers = np.arange(1, steps + 1, dtype=np.int64)
    random = np.random.default_rng(1)
    made = {f"column_{place}": metrics.Series(numbers, random.random(steps)) for place in range(columns)}
    store.write_series({fine_tune: made})
    return made


def address(fine_tune: FineTune, name: str = "") -> str:
    if not name:
        return reverse("finetunes:export", args=[fine_tune.pk])
    return reverse("finetunes:export-file", args=[fine_tune.pk, name])


def taken(client: Client, fine_tune: FineTune, name: str) -> bytes:
    answer = client.get(address(fine_tune, name))
    assert answer.status_code == 200
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")
    return async_to_sync(_gathered)(answer)


async def _gathered(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


def opened(client: Client, fine_tune: FineTune) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(taken(client, fine_tune, "everything.zip")))
