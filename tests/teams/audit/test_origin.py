"""Where a request came from, behind no proxy, one, and several."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from teams import audit


@pytest.mark.parametrize(
    ("proxies", "peer", "header", "kept"),
    [
        (0, "192.0.2.4", "", "192.0.2.4"),
        (0, "192.0.2.4", "203.0.113.9", "192.0.2.4"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "<script>", None),
        (0, "::1", "", "::1"),
        (0, "::ffff:192.0.2.4", "", "192.0.2.4"),
        (0, "fe80::1%eth0", "", "fe80::1"),
        (0, "unix:", "", None),
        (0, "", "", None),
    ],
)
def test_only_what_our_own_proxies_saw_is_believed(
    rf: RequestFactory, settings: Any, proxies: int, peer: str, header: str, kept: str | None
) -> None:
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": header} if header else {}
    assert audit.address(rf.get("/", REMOTE_ADDR=peer, headers=headers)) == kept
