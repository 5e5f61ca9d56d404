"""A server with both generations of the API, as OpenAI's was until January 2024."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from itertools import chain

from openai_api.dialects.common import Common
from openai_api.dialects.interface import Dialect
from openai_api.dialects.jobs import Jobs
from openai_api.dialects.legacy import Legacy
from openai_api.dialects.models import for_model
from openai_api.http import Wire
from openai_api.types import (
    DialectName,
    NewFineTune,
    RemoteCheckpoint,
    RemoteEvent,
    RemoteFineTune,
)


class Both(Common):
    """Speaks legacy or jobs: a new fine-tune's model decides, later its id (ft-… is legacy)."""

    def __init__(self) -> None:
        self._legacy: Dialect = Legacy()
        self._jobs: Dialect = Jobs()

    @property
    def listings(self) -> Mapping[DialectName, str]:
        return {**self._legacy.listings, **self._jobs.listings}

    def create(self, wire: Wire, new: NewFineTune, key: str | None) -> RemoteFineTune:
        is_legacy = for_model("both", new.model) == "legacy"
        return (self._legacy if is_legacy else self._jobs).create(wire, new, key)

    def retrieve(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return self._of(fine_tune_id).retrieve(wire, fine_tune_id)

    def listing(self, wire: Wire, metadata: Mapping[str, str] | None) -> Iterator[RemoteFineTune]:
        return chain(self._jobs.listing(wire, metadata), self._legacy.listing(wire, metadata))

    def cancel(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return self._of(fine_tune_id).cancel(wire, fine_tune_id)

    def pause(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return self._of(fine_tune_id).pause(wire, fine_tune_id)

    def resume(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return self._of(fine_tune_id).resume(wire, fine_tune_id)

    def events(self, wire: Wire, fine_tune_id: str, known: Container[str]) -> list[RemoteEvent]:
        return self._of(fine_tune_id).events(wire, fine_tune_id, known)

    def checkpoints(self, wire: Wire, fine_tune_id: str) -> list[RemoteCheckpoint]:
        return self._of(fine_tune_id).checkpoints(wire, fine_tune_id)

    def _of(self, fine_tune_id: str) -> Dialect:
        return self._legacy if fine_tune_id.startswith("ft-") else self._jobs
