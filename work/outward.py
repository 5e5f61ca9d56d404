"""How anything outside is called: at an address that was looked at, and for so long at the most.

Both are kept where the bytes go through: a name is resolved once and connected to as resolved, and whoever sends
his answer, its headers or the frames around it, byte by byte is hung up on in time.
"""

from __future__ import annotations

import ssl
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import anyio.to_thread
import httpcore
import httpx
from django.conf import settings

from work import hosts

SECONDS = "seconds"
"""The extension of a request that says how long its answer may take, from its first byte to its last."""
LONGEST = 1800.0
LIMITS = httpx.Limits(keepalive_expiry=2.0)
_seconds: ContextVar[float] = ContextVar("seconds", default=LONGEST)


def transport(limits: httpx.Limits = LIMITS) -> httpx.BaseTransport | None:
    """Return what carries the requests of a client; None where a company's proxy does, which then decides itself."""
    return None if _has_proxy() else Transport(limits=limits, verify=_certificates(), trust_env=False)


def async_transport(limits: httpx.Limits = LIMITS) -> httpx.AsyncBaseTransport | None:
    return None if _has_proxy() else AsyncTransport(limits=limits, verify=_certificates(), trust_env=False)


def client(timeout: httpx.Timeout, carrier: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return a client that follows no redirects: it is for messages that are signed, or whose address is a secret."""
    trusts = not settings.FORBID_PRIVATE_ADDRESSES
    return httpx.Client(timeout=timeout, follow_redirects=False, transport=carrier or transport(), trust_env=trusts)


class Transport(httpx.HTTPTransport):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pool._network_backend = Backend()  # type: ignore[attr-defined, unused-ignore]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with _allowing(request):
            return super().handle_request(request)


class AsyncTransport(httpx.AsyncHTTPTransport):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pool._network_backend = AsyncBackend()  # type: ignore[attr-defined, unused-ignore]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _allowing(request):
            return await super().handle_async_request(request)


class Clock:
    """The time that is left of one answer: it begins to run when something is waited for."""

    def __init__(self) -> None:
        self._most, self._began = LONGEST, 0.0

    def left(self, timeout: float | None) -> float:
        """Return the seconds to wait for the next bytes; raise ReadTimeout if the answer has had all its time."""
        if not self._began:
            self._most, self._began = _seconds.get(), time.monotonic()
        left = self._began + self._most - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The answer took too long.")
        return left if timeout is None else min(left, timeout)

    def reset(self) -> None:
        """Something is sent: the next answer is another one."""
        self._began = 0.0


class Watched(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner, self._clock = inner, Clock()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._clock.reset()
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, *arguments: Any, **options: Any) -> httpcore.NetworkStream:
        return Watched(self._inner.start_tls(*arguments, **options))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class AsyncWatched(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner, self._clock = inner, Clock()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._inner.read(max_bytes, self._clock.left(timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._clock.reset()
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(self, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return AsyncWatched(await self._inner.start_tls(*arguments, **options))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Backend(httpcore.SyncBackend):
    def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> httpcore.NetworkStream:
        last: Exception | None = None
        with _refusing():
            addresses = hosts.resolved(host, port)
        for address in addresses:
            try:
                return Watched(super().connect_tcp(address, port, *rest, **more))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError("The host has no address.")


class AsyncBackend(httpcore.AnyIOBackend):
    async def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        last: Exception | None = None
        with _refusing():
            addresses = await anyio.to_thread.run_sync(hosts.resolved, host, port)
        for address in addresses:
            try:
                return AsyncWatched(await super().connect_tcp(address, port, *rest, **more))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError("The host has no address.")


@contextmanager
def _refusing() -> Iterator[None]:
    """Say in httpcore's words why there is no connection."""
    try:
        yield
    except (hosts.Forbidden, OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error


@contextmanager
def _allowing(request: httpx.Request) -> Iterator[None]:
    """Let the answer take as long as its request says; what is read after its headers keeps to that."""
    token = _seconds.set(float(request.extensions.get(SECONDS, LONGEST)))
    try:
        yield
    finally:
        _seconds.reset(token)


def _has_proxy() -> bool:
    """Whether the environment names a proxy. Where private addresses are forbidden none is asked: it would look up names."""
    proxies = urllib.request.getproxies_environment()
    return not settings.FORBID_PRIVATE_ADDRESSES and bool(proxies.keys() & {"http", "https", "all"})


@cache
def _certificates() -> ssl.SSLContext:
    """Load them once: that takes longer than most requests."""
    return httpx.create_ssl_context()
