"""What a line of the log is about: the request or the task that is being done, and for whom.

A request's id travels with what it causes: into the tasks that it rings for, into their requests to providers, and
back into the answer. So one id finds everything in the logs of all processes.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_about: ContextVar[Mapping[str, Any]] = ContextVar("about", default={})  # noqa: B039 (never changed, only replaced)


def begin(about: Mapping[str, Any]) -> None:
    """Start with something new; whatever was known before is forgotten."""
    _about.set(dict(about))


def bind(**more: Any) -> None:
    """Know more about what is being done; ids only, no names, no texts."""
    _about.set({**_about.get(), **more})


def about() -> Mapping[str, Any]:
    return _about.get()


def request_id() -> str:
    """Return the id of what is being done; "" where nobody asked for it."""
    return str(_about.get().get("request_id", ""))


def new_id() -> str:
    return f"req_{uuid.uuid4().hex}"


def well_formed(text: str | None) -> str:
    """Return an id that somebody else gave if it can stand in a log and in a header, else ""."""
    return text if text and _WELL_FORMED.fullmatch(text) else ""


def named(error: BaseException) -> str:
    """Say on a page what kind of failure it was, and under which id the log has the rest."""
    found = request_id()
    return f"{type(error).__name__}, {found}" if found else type(error).__name__
