"""Try an account without changing anything in it, and without asking for anything that costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from openai_api import answers, values
from openai_api.dialects import Dialect
from openai_api.errors import (
    APIError,
    AuthenticationFailed,
    BadRequest,
    ConnectionFailed,
    NotFound,
    PermissionDenied,
    RateLimited,
    Timeout,
    Unprocessable,
)
from openai_api.http import Wire
from openai_api.types import DialectName, NewFineTune

NO_FILE = "file-" + "0" * 22
SOME_MODEL = "gpt-4.1-mini-2025-04-14"


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
    training: Attempt | None = None  # whether a fine-tune may be started; None: nobody knows

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
    def training_ok(self) -> bool:
        return self.training is None or self.training.ok

    @property
    def ok(self) -> bool:
        return self.training_ok and self.models_ok and self.files_ok and self.fine_tunes_ok


def probe(wire: Wire, dialect: Dialect) -> Probe:
    """Ask for each listing once. Without a connection or a valid key the first answer is all."""
    names: list[str] = []
    models = _attempt(lambda: _count(wire, "/models", names))
    if isinstance(models.error, ConnectionFailed | Timeout | AuthenticationFailed):
        return Probe(models=models, files=models, fine_tunes=dict.fromkeys(dialect.listings, models))
    files = _attempt(lambda: _count(wire, "/files"))
    fine_tunes = {name: _attempt(partial(_count, wire, path)) for name, path in dialect.listings.items()}
    may_ask = models.ok and all(attempt.ok for attempt in fine_tunes.values())
    training = _training(wire, dialect, names) if may_ask else None
    return Probe(models=models, files=files, fine_tunes=fine_tunes, training=training)


def _training(wire: Wire, dialect: Dialect, models: list[str]) -> Attempt | None:
    """Ask for a fine-tune on a file that cannot exist: an account that may train is told that it is not there.

    Nothing can start of it; should a server start something all the same, it is cancelled.
    """
    try:
        # A model that exists, so that nothing but the file is wrong.
        bases = [model.id for model in dialect.bases(wire) or ()] or models or [SOME_MODEL]
        wish = NewFineTune(model=bases[0], training_file=NO_FILE)
        dialect.cancel(wire, dialect.create(wire, wish, None).id)
    except (BadRequest, NotFound, Unprocessable):
        return Attempt()
    except (PermissionDenied, RateLimited) as error:
        return Attempt(error=error)
    except APIError:
        pass
    return None


def _count(wire: Wire, path: str, names: list[str] | None = None) -> int:
    items = answers.as_items(wire.get(path, retries=0))
    if names is not None:
        names += filter(None, (values.text(item.get("id")) for item in items))
    return len(items)


def _attempt(ask: Callable[[], int]) -> Attempt:
    try:
        return Attempt(found=ask())
    except APIError as error:
        return Attempt(error=error)
