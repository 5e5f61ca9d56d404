"""What a dialect has to be able to say. Same verbs, same returned types, one file per spelling."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Protocol

from openai_api.http import Wire
from openai_api.types import (
    DialectName,
    NewFineTune,
    RemoteCheckpoint,
    RemoteEvent,
    RemoteFineTune,
)


class Dialect(Protocol):
    @property
    def listings(self) -> Mapping[DialectName, str]:
        """Name the path of each listing of fine-tunes that this dialect reads."""

    def create(self, wire: Wire, new: NewFineTune, key: str | None) -> RemoteFineTune: ...

    def retrieve(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune: ...

    def listing(self, wire: Wire, metadata: Mapping[str, str] | None) -> Iterator[RemoteFineTune]: ...

    def cancel(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune: ...

    def events(self, wire: Wire, fine_tune_id: str, known: Container[str]) -> list[RemoteEvent]: ...

    def checkpoints(self, wire: Wire, fine_tune_id: str) -> list[RemoteCheckpoint]: ...
