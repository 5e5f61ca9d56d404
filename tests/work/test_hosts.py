"""Which addresses may be called, however they are written."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from work import hosts

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255",
    "::1", "::", "fc00::1", "fe80::1", "fe80::1%eth0", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
    "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "2001:0:7f00:1::80ff:fffe", "2130706433", "0x7f000001", "0177.0.0.1", "127.1",
    "localhost", "LOCALHOST.", "a.localhost",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "api.openai.com",
    "localhost.example",
]
LINK_LOCAL = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "2852039166",
    "fe80::1",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]


@pytest.fixture
def strict(settings: Settings) -> None:
    settings.FORBID_PRIVATE_ADDRESSES = True
    settings.TRAINER_ADDRESS = "http://127.0.0.1:8001/v1"


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_known_in_every_spelling(strict: None, host: str) -> None:
    assert hosts.is_private(host)
    assert not hosts.may_be_called(host, 80)


@pytest.mark.parametrize("host", PUBLIC)
def test_public_ones_may_be_called(strict: None, host: str) -> None:
    assert not hosts.is_private(host)
    assert hosts.may_be_called(host, 443)


@pytest.mark.parametrize("host", LINK_LOCAL)
def test_link_local_ones_may_never_be_called(host: str) -> None:
    assert not hosts.may_be_called(host, 80)


def test_private_ones_may_be_called_where_nobody_forbids_it() -> None:
    assert hosts.may_be_called("192.168.1.1", 80)
    assert hosts.may_be_called("localhost", 80)


def test_the_trainer_may_always_be_called_at_its_own_port_alone(strict: None) -> None:
    assert hosts.may_be_called("127.0.0.1", 8001)
    assert not hosts.may_be_called("127.0.0.1", 8000)
    assert not hosts.may_be_called("localhost", 8001)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_private_in_ipv6(address: Any) -> None:
    packed = int(address)
    for written in (f"::ffff:{address}", f"64:ff9b::{packed >> 16:x}:{packed & 0xFFFF:x}", str(packed)):
        assert hosts.is_private(written) == hosts.is_private(str(address))
        assert hosts.is_link_local(written) == hosts.is_link_local(str(address))


def test_a_name_is_what_it_leads_to(strict: None) -> None:
    with pytest.raises(hosts.Forbidden, match="private"):
        hosts.resolved("localhost", 80)


def test_of_several_addresses_the_public_ones_are_left(strict: None, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 80)) for one in ("10.0.0.1", "1.1.1.1", "::1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
    assert hosts.resolved("example.com", 80) == ["1.1.1.1"]


def test_no_name_leads_to_the_secrets_of_a_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
    with pytest.raises(hosts.Forbidden):
        hosts.resolved("metadata.example", 80)
