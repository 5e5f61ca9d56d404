"""From an upload to the end of a fine-tune, through the client."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from openai_api import Client
from openai_api.types import NewFineTune, RemoteFile, RemoteFineTune

ENDED = {"succeeded", "failed", "cancelled"}
SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Trained:
    client: Client
    training: RemoteFile
    validation: RemoteFile
    sent: bytes
    fine_tune: RemoteFineTune
    metadata: dict[str, str]

    @property
    def model(self) -> str:
        assert self.fine_tune.fine_tuned_model, f"{self.fine_tune.provider_status}: {self.fine_tune.error}"
        return self.fine_tune.fine_tuned_model


def upload(client: Client, content: bytes, name: str = "") -> RemoteFile:
    return client.upload_file(io.BytesIO(content), name or f"{uuid4().hex}.jsonl")


def ended(client: Client, fine_tune_id: str) -> RemoteFineTune:
    return reached(client, fine_tune_id, lambda found: found.status in ENDED)


def reached(client: Client, fine_tune_id: str, state: Callable[[RemoteFineTune], bool]) -> RemoteFineTune:
    """Wait until a fine-tune is in a state."""
    deadline = time.monotonic() + SECONDS
    while not state(found := client.fine_tune(fine_tune_id)):
        assert time.monotonic() < deadline, f"still {found.provider_status} after {SECONDS:.0f} s"
        time.sleep(0.1)
    return found


def trained(client: Client, model: str, training: bytes, validation: bytes, options: dict[str, Any]) -> Trained:
    """Train from upload to the end; this is what every test of this folder rests on."""
    files = upload(client, training), upload(client, validation)
    metadata = {"tunedeck": uuid4().hex}
    new = NewFineTune(
        model=model,
        training_file=files[0].id,
        validation_file=files[1].id,
        suffix="Which Sport?",
        hyperparameters=options,
        metadata=metadata,
    )
    created = client.create_fine_tune(new)
    assert created.status in {"queued", "running"}
    fine_tune = ended(client, created.id)
    return Trained(
        client=client, training=files[0], validation=files[1], sent=training, fine_tune=fine_tune, metadata=metadata
    )
