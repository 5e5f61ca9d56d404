"""One form for the lines of all processes: ours, Django's, uvicorn's and Celery's.

A line says when, how bad, where, what, and what it is about: request, person and organization by their ids. Keys,
passwords and e-mail addresses are taken out of messages and tracebacks, whoever wrote them there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from config import env
from openai_api.redact import SHORTEST_KEY, STAND_IN, redactor
from work import trace

_MAIL = re.compile(r"\b(?!(?:dashboard|training|beat|celery)@)[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
# What PostgreSQL quotes of a row that it refuses.
_DETAIL = re.compile(r"(?m)^(\s*DETAIL: ).*$")
# Whatever could begin a new line or move about in a terminal.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code != 9} | {10: "\\n", 13: "\\r"}
_CONTROLS |= {0x2028: "\\u2028", 0x2029: "\\u2029"}


class Clean:
    """Takes secrets and personal data out of a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # A whole secret first: one may be part of another.
        self._secrets = sorted({secret for secret in secrets if len(secret) >= SHORTEST_KEY}, key=len, reverse=True)
        self._redact = redactor("")

    def __call__(self, text: str) -> str:
        text = text.encode(errors="backslashreplace").decode()
        for secret in self._secrets:
            text = text.replace(secret, STAND_IN)
        return _DETAIL.sub(r"\1[left out]", _MAIL.sub("[e-mail]", self._redact(text)))


class Formatter(logging.Formatter):
    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.clean = Clean(secrets)

    def about(self, record: logging.LogRecord) -> dict[str, Any]:
        return {**trace.about(), **getattr(record, "about", {})}

    def moment(self, record: logging.LogRecord) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def trouble(self, record: logging.LogRecord) -> str:
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        return self.clean("\n".join(part for part in (record.exc_text, record.stack_info) if part))


class Line(Formatter):
    """For people: `2026-11-21T20:00:00.000Z INFO finetunes.create: message [request_id=req_… person=3]`."""

    def format(self, record: logging.LogRecord) -> str:
        about = " ".join(f"{name}={value}" for name, value in self.about(record).items())
        message = self.clean(record.getMessage()).translate(_CONTROLS)
        line = f"{self.moment(record)} {record.levelname} {record.name}: {message}" + (f" [{about}]" if about else "")
        trouble = self.trouble(record)
        return line + "".join(f"\n  {text.translate(_CONTROLS)}" for text in trouble.split("\n")) if trouble else line


class Json(Formatter):
    """For programs: one object a line, with the same things under names of their own."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {"at": self.moment(record), "level": record.levelname.lower(), "logger": record.name}
        entry |= {"message": self.clean(record.getMessage()), "process": record.process, **self.about(record)}
        if trouble := self.trouble(record):
            entry["exception"] = trouble
        return orjson.dumps(entry, default=str).decode()


class NoAddress(logging.Filter):
    """Django names the address of a request that failed; an invitation's or a sign-in link's is a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if path := getattr(request, "path", ""):
            match = getattr(request, "resolver_match", None)
            route = f"/{match.route}" if match else "an address that is not there"
            record.args = tuple(route if value == path else value for value in record.args or ())
        return True


def configuration(secrets: Iterable[str]) -> dict[str, Any]:
    """Return Django's LOGGING, as TUNEDECK_LOG_FORMAT and TUNEDECK_LOG_LEVEL ask for."""
    form = env.one_of("TUNEDECK_LOG_FORMAT", "line", "json")
    level = env.one_of("TUNEDECK_LOG_LEVEL", "info", "debug", "warning", "error").upper()
    quiet = {"httpx": "WARNING", "kombu.connection": "ERROR", "django.request": "ERROR", "celery.app.trace": "WARNING"}
    quiet |= {"celery.worker.request": "WARNING", "celery.worker.strategy": "WARNING", "celery.beat": "WARNING"}
    quiet |= dict.fromkeys(
        ("httpcore", "asyncio", "PIL", "matplotlib", "botocore", "urllib3", "celery.utils.functional"), "WARNING"
    )
    # uvicorn brings handlers of its own, which this takes away.
    foreign = {name: {"handlers": [], "propagate": True} for name in ("uvicorn", "uvicorn.error")}
    # Its lines hold addresses, some of which are secrets; tunedeck.request says the same without them.
    foreign["uvicorn.access"] = {"handlers": [], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no_address": {"()": NoAddress}},
        "formatters": {form: {"()": {"line": Line, "json": Json}[form], "secrets": list(secrets)}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["no_address"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {name: {"level": least} for name, least in quiet.items()} | foreign | {"django": {"propagate": True}},
    }
