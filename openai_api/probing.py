"""Try an account without changing anything in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from openai_api import answers
from openai_api.dialects import Dialect
from openai_api.errors import APIError, AuthenticationFailed, ConnectionFailed, Timeout
from openai_api.http import Wire
from openai_api.types import DialectName


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One listing that was asked for: how many items came, or what went wrong."""

    found: int | None = None
    error: APIError | None = None

    @property
    def ok(self) -> bool:
        return self.error is None


@dataclass(frozen=True, kw_only=True)
class Probe:
    models: Attempt
    files: Attempt
    fine_tunes: dict[DialectName, Attempt] = field(default_factory=dict)

    @property
    def models_ok(self) -> bool:
        return self.models.ok

    @property
    def files_ok(self) -> bool:
        return self.files.ok

    @property
    def fine_tunes_ok(self) -> bool:
        return all(attempt.ok for attempt in self.fine_tunes.values())

    @property
    def ok(self) -> bool:
        return self.models_ok and self.files_ok and self.fine_tunes_ok


def probe(wire: Wire, dialect: Dialect) -> Probe:
    """Ask for each listing once. Without a connection or a valid key the first answer is all."""
    models = _attempt(lambda: _count(wire, "/models"))
    if isinstance(models.error, ConnectionFailed | Timeout | AuthenticationFailed):
        return Probe(models=models, files=models, fine_tunes=dict.fromkeys(dialect.listings, models))
    return Probe(
        models=models,
        files=_attempt(lambda: _count(wire, "/files")),
        fine_tunes={
            name: _attempt(lambda path=path: _count(wire, path))  # type: ignore[misc]
            for name, path in dialect.listings.items()
        },
    )


def _count(wire: Wire, path: str) -> int:
    return len(answers.as_items(wire.get(path, retries=0)))


def _attempt(ask: Callable[[], int]) -> Attempt:
    try:
        return Attempt(found=ask())
    except APIError as error:
        return Attempt(error=error)
