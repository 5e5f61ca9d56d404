"""What a dialect has to be able to say. Same verbs, same returned types, one file per spelling.

Most of it is alike everywhere and comes from `Common`.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import IO, Protocol

from openai_api.dialects.traits import Traits
from openai_api.http import Wire
from openai_api.types import (
    DialectName,
    Estimate,
    Limits,
    NewFineTune,
    RemoteCheckpoint,
    RemoteEvent,
    RemoteFile,
    RemoteFineTune,
    RemoteModel,
    Removal,
)


class Dialect(Protocol):
    @property
    def traits(self) -> Traits: ...

    @property
    def listings(self) -> Mapping[DialectName, str]:
        """Name the path of each listing of fine-tunes that this dialect reads."""

    def headers(self, key: str) -> dict[str, str]:
        """Return the header that carries the key."""

    def query(self, api_version: str) -> dict[str, str]:
        """Return what every address ends with."""

    def upload(self, wire: Wire, source: IO[bytes] | Path, filename: str, purpose: str) -> RemoteFile: ...

    def files(self, wire: Wire) -> list[RemoteFile]: ...

    def file(self, wire: Wire, file_id: str) -> RemoteFile: ...

    def create(self, wire: Wire, new: NewFineTune, key: str | None) -> RemoteFineTune: ...

    def retrieve(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune: ...

    def listing(self, wire: Wire, metadata: Mapping[str, str] | None) -> Iterator[RemoteFineTune]: ...

    def cancel(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune: ...

    def pause(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune: ...

    def resume(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune: ...

    def events(self, wire: Wire, fine_tune_id: str, known: Container[str]) -> list[RemoteEvent]: ...

    def checkpoints(self, wire: Wire, fine_tune_id: str) -> list[RemoteCheckpoint]: ...

    def metrics(self, wire: Wire, fine_tune: RemoteFineTune, after: int) -> list[Mapping[str, float]]: ...

    def estimate(self, wire: Wire, new: NewFineTune) -> Estimate | None: ...

    def models(self, wire: Wire) -> list[RemoteModel]: ...

    def model(self, wire: Wire, name: str) -> RemoteModel: ...

    def delete_model(self, wire: Wire, name: str) -> Removal: ...

    def bases(self, wire: Wire) -> list[RemoteModel] | None:
        """List the models that can be trained; None where the provider does not tell."""

    def limits(self, wire: Wire, model: str) -> Limits | None: ...

    def place(self, base_url: str, resource: str, model: str) -> str:
        """Return the path at which this model is asked; `resource` is "chat/completions" or "completions"."""
