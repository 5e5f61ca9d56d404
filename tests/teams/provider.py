"""A real provider of identities that speaks OpenID Connect, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from tests.product import wait_for
from tests.servers import free_port


@contextmanager
def running_provider() -> Iterator[str]:
    """Run it; yield its address."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), "-H", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(address), "the provider of identities", 120)
        yield address
    finally:
        process.kill()
        process.wait()


def answers(address: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{address}/.well-known/openid-configuration").is_success
    return False


def known_there(address: str, sub: str, **claims: Any) -> None:
    """Tell the provider what to say of a person."""
    httpx.put(f"{address}/users/{sub}", json={"email_verified": True, "name": "Mia Miller", **claims}).raise_for_status()
