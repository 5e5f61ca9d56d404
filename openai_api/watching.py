"""Who wants to know of every request to a provider: how it went and how long it took, and never what was said."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from openai_api.errors import APIError

HEADER = "X-Client-Request-Id"
# Whatever else stands in an address is the name of something, and everybody's names are their own.
_WORD = re.compile(
    "v[0-9]|batches|cancel|chat|checkpoints|completions?|complete|content|deployments?|embeddings|engines|estimate-price|"
    "events|files|fine-tunes|fine_tuning|jobs|limits|metrics|models|openai|parts|pause|permissions|resume|supported|uploads"
)


@dataclass
class Call:
    """One request: to which account, what for (`GET files/*/content`), how it ended after how many seconds."""

    account: str
    verb: str
    seconds: float = 0.0
    status: int = 0  # 0: no answer came
    failure: str = ""
    provider_id: str = ""  # the id that the provider gave it

    def answered(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.provider_id = answer.headers.get("x-request-id") or answer.headers.get("request-id") or ""

    @property
    def outcome(self) -> str:
        return self.failure or str(self.status or "unanswered")


listeners: list[Callable[[Call], None]] = []
request_id: Callable[[], str] = lambda: ""  # noqa: E731 (replaced by whoever knows on whose behalf requests are sent)


def headers() -> dict[str, str]:
    """Return what tells the provider under which id this is known here."""
    found = request_id()
    return {HEADER: found} if found else {}


@contextmanager
def call(account: str, method: str, path: str) -> Iterator[Call]:
    one = Call(account=account, verb=verb(method, path))
    began = time.perf_counter()
    try:
        yield one
    except APIError as error:
        one.failure = "" if one.status >= 400 else type(error).__name__
        raise
    finally:
        one.seconds = time.perf_counter() - began
        for listener in listeners:
            listener(one)


def verb(method: str, path: str) -> str:
    """Name what is asked for, without whose it is: bounded, however many files and models there are."""
    parts = [part for part in path.split("?")[0].split("/") if part]
    known = [part if _WORD.fullmatch(part) else "*" for part in parts[:8]]
    return f"{method} {'/'.join(known)}"
