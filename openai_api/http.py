"""Requests and answers: what every verb needs of HTTP and nothing of what it means.

A key is only ever sent to the base URL (redirects are not followed), and every answer is bounded in
size and in time.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import IO, Any
from urllib.parse import quote

import httpx

from openai_api import answers, refusals, retry, watching
from openai_api.errors import (
    BadAnswer,
    BadRequest,
    ConnectionFailed,
    ConnectionLost,
    NotFound,
    Timeout,
)
from openai_api.pacing import Pace, hooks
from openai_api.redact import STAND_IN, redactor, spellings
from openai_api.types import Removal

TIMEOUT = httpx.Timeout(connect=5.0, read=60.0, write=60.0, pool=5.0)
ANSWER_BYTES = 64 * 1024**2
REFUSAL_BYTES = 2**20
ANSWER_SECONDS = 120.0  # from the first byte of an answer to its last
CONTENT_BYTES = 512 * 1024**2  # what OpenAI accepts as one file
CONTENT_SECONDS = 900.0
# Shorter than the five seconds after which common servers close an idle connection: a request that is
# sent into a connection as it closes has an unknown outcome.
LIMITS = httpx.Limits(keepalive_expiry=2.0)
# A company's proxy is for the world outside; what runs on this machine is reached directly.
DIRECTLY: dict[str, None] = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    UnicodeError,
)

Query = Mapping[str, str | int]
AsyncTransport = httpx.AsyncBaseTransport | Callable[[], httpx.AsyncBaseTransport | None] | None
"""What carries streams, or what makes one for each of them."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request. `repeatable` says that sending it twice does no harm."""

    method: str
    path: str
    query: Query = field(default_factory=dict)
    body: bytes | None = None
    fields: dict[str, str] = field(default_factory=dict)
    file: tuple[str, IO[bytes]] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    repeatable: bool = True
    most_bytes: int = ANSWER_BYTES
    most_seconds: float = ANSWER_SECONDS
    read_timeout: float | None = None  # instead of the connection's own

    def options(self) -> dict[str, Any]:
        """Spell the request the way httpx wants it; the file comes after the fields."""
        options: dict[str, Any] = {"headers": self.headers}
        if self.file:
            name, source = self.file
            options["data"] = self.fields
            options["files"] = {"file": (name, source, "application/octet-stream")}
        elif self.body is not None:
            options["content"] = self.body
            options["headers"] = {"Content-Type": "application/json"} | self.headers
        return options


def path(*segments: str) -> str:
    """Join path segments; whatever they contain stays within its segment."""
    if any(segment in {"", ".", ".."} for segment in segments):
        raise BadRequest("Nothing at a provider has such a name.", status=400)
    return "/" + "/".join(quote(segment, safe="", errors="replace") for segment in segments)


def encoded(params: Mapping[str, Any]) -> bytes:
    """Encode a body, leaving out what is None."""
    given = {name: value for name, value in params.items() if value is not None}
    text = json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", errors="replace")


class Wire:
    """The connection to one account: sends, waits, tries again, and translates failures."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Query | None = None,
        organization: str | None = None,
        transport: httpx.BaseTransport | None = None,
        async_transport: AsyncTransport = None,
        timeout: httpx.Timeout = TIMEOUT,
        retries: int = retry.RETRIES,
        sleep: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
        before: Callable[[], None] | None = None,
        account: str = "",
    ) -> None:
        key = key.strip()
        self._account = account
        self.redact = redactor(key)
        self._secrets = [spelling.encode() for spelling in spellings(key)]
        self.base_url = base_url.rstrip("/")
        self._headers = _headers(organization) | (dict(headers or {}) if key else {})
        self._query = dict(query or {})
        self._async_transport = async_transport
        self._timeout = timeout
        self._options: dict[str, Any] = {"verify": _tls(), "limits": LIMITS, "mounts": DIRECTLY}
        self._retries = retries
        self._sleep = sleep
        self._http = httpx.Client(transport=transport, event_hooks=hooks(pace, before), **self._options)
        self._last: tuple[int, str | None] = (0, None)  # status and request id of the last answer
        self.key_hours = 0.0  # so long the server last said it keeps an Idempotency-Key; 0: it said nothing

    @property
    def patience(self) -> float:
        """Seconds without a sign of life after which an answer counts as lost."""
        return self._timeout.read or TIMEOUT.read or 60.0

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, query: Query | None = None, *, retries: int | None = None) -> Any:
        """Fetch JSON."""
        return self.data(Ask(method="GET", path=path, query=query or {}), retries=retries)

    def data(self, ask: Ask, *, retries: int | None = None) -> Any:
        """Send a request and parse the JSON that answers it."""
        return answers.parse(self.without_key(self.send(ask, retries=retries)))

    def send(self, ask: Ask, *, retries: int | None = None) -> bytes:
        """Send a request, again while that is harmless and promising; return the answer's body."""
        if not ask.repeatable:
            return self._once(ask)
        times = self._retries if retries is None else retries
        return retry.until_answered(lambda: self._once(ask), retries=times, sleep=self._sleep)

    def copy(self, ask: Ask, sink: IO[bytes]) -> None:
        """Write an answer's body to a file piece by piece; tried again, it begins anew."""
        retry.until_answered(lambda: self._copy_once(ask, sink), retries=self._retries, sleep=self._sleep)

    def delete(self, path: str) -> Removal:
        """Delete something; that it is already gone is a success, if an API says so and not a web page."""
        try:
            body = self.without_key(self.send(Ask(method="DELETE", path=path)))
        except NotFound as error:
            if error.is_page:
                raise BadAnswer(error.message) from None
            return Removal(status=404, answer=error.message, request_id=error.request_id)
        if body.strip() and answers.as_object(answers.parse(body)).get("deleted") is False:
            raise BadAnswer("The server says that it has not deleted it.")
        status, request_id = self._last
        return Removal(status=status, answer=body.decode("utf-8", errors="replace"), request_id=request_id)

    @asynccontextmanager
    async def stream(self, ask: Ask) -> AsyncGenerator[httpx.Response, None]:
        """Open an answer that comes piece by piece; leaving the block hangs up."""
        carrier = self._async_transport() if callable(self._async_transport) else self._async_transport
        with self._translated(ask) as call:
            async with (
                httpx.AsyncClient(transport=carrier, **self._options) as client,
                client.stream(ask.method, **self._target(ask)) as answer,
            ):
                call.answered(answer)
                if not answer.is_success:
                    await self._refuse(answer, Bounds(ask, answer))
                yield answer

    def _once(self, ask: Ask) -> bytes:
        with (
            self._translated(ask) as call,
            self._http.stream(ask.method, **self._target(ask)) as answer,
        ):
            call.answered(answer)
            within = Bounds(ask, answer)
            body = b"".join(within.passing(chunk) for chunk in answer.iter_bytes())
        self.key_hours = retry.key_hours(answer.headers) or self.key_hours
        self._last = answer.status_code, refusals.request_id(answer.headers, self.redact)
        if not answer.is_success:
            raise refusals.error(answer.status_code, answer.headers, body, self.redact)
        return body

    def _copy_once(self, ask: Ask, sink: IO[bytes]) -> None:
        sink.seek(0)
        sink.truncate()
        with (
            self._translated(ask) as call,
            self._http.stream(ask.method, **self._target(ask)) as answer,
        ):
            call.answered(answer)
            within = Bounds(ask, answer)
            if not answer.is_success:
                body = b"".join(within.passing(chunk) for chunk in answer.iter_bytes())
                raise refusals.error(answer.status_code, answer.headers, body, self.redact)
            for chunk in answer.iter_bytes(1 << 16):
                sink.write(within.passing(chunk))

    async def _refuse(self, answer: httpx.Response, within: Bounds) -> None:
        body = b"".join([within.passing(chunk) async for chunk in answer.aiter_bytes()])
        raise refusals.error(answer.status_code, answer.headers, body, self.redact)

    def _target(self, ask: Ask) -> dict[str, Any]:
        if not all(value.isascii() and value.isprintable() for value in self._headers.values()):
            raise ConnectionFailed("The key or the organization has a character too strange to send.")
        options = ask.options()
        options["headers"] = self._headers | watching.headers() | options["headers"]
        options["params"] = (self._query | dict(ask.query)) or None
        options["timeout"] = self._limits(ask)
        options["extensions"] = {"seconds": (ask.read_timeout or self.patience) + ask.most_seconds}
        return options | {"url": self.base_url + ask.path, "follow_redirects": False}

    def _limits(self, ask: Ask) -> httpx.Timeout:
        limits = self._timeout.as_dict()
        return httpx.Timeout(**limits | ({"read": ask.read_timeout} if ask.read_timeout else {}))

    def without_key(self, body: bytes) -> bytes:
        """Take the key out of an answer, should a server repeat it there."""
        for secret in self._secrets:
            body = body.replace(secret, STAND_IN.encode())
        return body

    @contextmanager
    def _translated(self, ask: Ask) -> Iterator[watching.Call]:
        """Tell who watches, and turn what httpx raises into what this package promises, without a cause that shows keys."""
        with watching.call(self._account, ask.method, ask.path) as call, self._promised():
            yield call

    @contextmanager
    def _promised(self) -> Iterator[None]:
        try:
            yield
        except _NEVER_SENT as error:
            raise ConnectionFailed(self._said("Could not connect", error)) from None
        except httpx.TimeoutException:
            raise Timeout("The server did not answer in time.") from None
        except httpx.DecodingError:
            raise BadAnswer("The server's answer could not be decompressed.") from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise ConnectionLost(self._said("The connection was lost", error)) from None

    def _said(self, what: str, error: Exception) -> str:
        return self.redact(f"{what}: {error}." if str(error) else f"{what}.")


class Bounds:
    """Count the bytes and the seconds of one answer, as they are once it is unpacked."""

    def __init__(self, ask: Ask, answer: httpx.Response) -> None:
        if "," in answer.headers.get("content-encoding", ""):  # packed twice, a few bytes may be all that memory holds
            raise BadAnswer("The server's answer is packed more than once.")
        self._left = ask.most_bytes if answer.is_success else min(ask.most_bytes, REFUSAL_BYTES)
        self._end = time.monotonic() + ask.most_seconds

    def passing(self, chunk: bytes) -> bytes:
        self._left -= len(chunk)
        if self._left < 0:
            raise BadAnswer("The server's answer is too long.")
        if time.monotonic() > self._end:
            raise Timeout("The server took too long over its answer.")
        return chunk


def _headers(organization: str | None) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        "OpenAI-Organization": organization or "",
        "User-Agent": "tunedeck",
    }
    return {name: value for name, value in headers.items() if value}


@cache
def _tls() -> ssl.SSLContext:
    """Load the certificates once: that takes longer than most requests."""
    return httpx.create_ssl_context()
