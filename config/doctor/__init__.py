"""What is right and what is wrong with an installation, part by part: `manage.py doctor`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from config.doctor import (
    audit,
    broker,
    clock,
    database,
    disk,
    keys,
    mail,
    providers,
    surroundings,
    trainer,
    waiting,
    watchers,
    workers,
)
from config.doctor import storage as files
from config.doctor.findings import Finding, bad

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    name: str
    look: Callable[[], Iterable[Finding]]
    needs_database: bool = False


PARTS = (
    Part("database", database.look),
    Part("broker", broker.look),
    Part("workers", workers.look, needs_database=True),
    Part("work", waiting.look, needs_database=True),
    Part("storage", files.look),
    Part("disk", disk.look),
    Part("clock", clock.look, needs_database=True),
    Part("keys", keys.look, needs_database=True),
    Part("audit", audit.look, needs_database=True),
    Part("trainer", trainer.look),
    Part("mail", mail.look),
    Part("settings", surroundings.look),
    Part("watchers", watchers.look),
)
CONNECTIONS = Part("connections", providers.look, needs_database=True)


def examine(parts: Iterable[Part]) -> Iterator[tuple[str, Finding]]:
    """Look at the parts one after the other; one that cannot be looked at is a finding, too."""
    answers = database.answers()
    for part in parts:
        if part.needs_database and not answers:
            continue
        for finding in _found(part):
            yield part.name, finding


def _found(part: Part) -> Iterator[Finding]:
    try:
        yield from part.look()
    except Exception as error:
        log.debug("%s could not be examined", part.name, exc_info=True)
        yield bad(
            f"It could not be examined ({type(error).__name__}).",
            "Run it again with TUNEDECK_LOG_LEVEL=debug, which shows why.",
        )
