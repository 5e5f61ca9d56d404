from __future__ import annotations

import pytest

from connections.address import BadAddress, origin, tidy


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("  https://api.openai.com/v1/  ", "https://api.openai.com/v1"),
        ("HTTPS://API.OpenAI.com/v1", "https://api.openai.com/v1"),
        ("http://trainer:8001/v1", "http://trainer:8001/v1"),
        ("http://127.0.0.1:8001/v1", "http://127.0.0.1:8001/v1"),
        ("http://[::1]:8001/v1", "http://[::1]:8001/v1"),
        ("https://acme.openai.azure.com/openai/v1", "https://acme.openai.azure.com/openai/v1"),
        ("https://example.com/Case/V1", "https://example.com/Case/V1"),
    ],
)
def test_an_address_is_kept_without_what_does_not_matter(typed: str, kept: str) -> None:
    assert tidy(typed) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "must begin with https://"),
        ("api.openai.com/v1", "must begin with https://"),
        ("ftp://example.com/v1", "must begin with https://"),
        ("javascript:alert(1)", "must begin with https://"),
        ("file:///etc/passwd", "must begin with https://"),
        ("https:///v1", "must begin with https://"),
        ("https://example.com:port/v1", "not an address"),
        ("https://[::1/v1", "not an address"),
        ("https://exam ple.com/v1", "space or an invisible"),
        ("https://example.com/v\u200b1", "space or an invisible"),
        ("https://me:secret@example.com/v1", "Leave name and password out"),
        ("https://example.com/v1?key=x", "Leave out what follows"),
        ("https://example.com/v1#top", "Leave out what follows"),
        ("http://169.254.169.254/v1", "link-local"),
        ("http://[fe80::1]/v1", "link-local"),
    ],
)
def test_what_cannot_be_one_is_refused_with_the_reason(typed: str, said: str) -> None:
    with pytest.raises(BadAddress, match=said):
        tidy(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("https://api.openai.com/", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/fine_tuning/jobs", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/fine-tunes/", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/models", "https://api.openai.com/v1"),
    ],
)
def test_what_was_probably_meant_is_offered(typed: str, meant: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        tidy(typed)
    assert str(refusal.value).endswith(f"Did you mean {meant}?")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.com/v1", "https://A.com/v2", True),
        ("https://a.com/v1", "http://a.com/v1", False),
        ("https://a.com/v1", "https://a.com:444/v1", False),
        ("https://a.com/v1", "https://a.com.evil.org/v1", False),
    ],
)
def test_scheme_host_and_port_decide_who_receives_the_key(one: str, other: str, same: bool) -> None:
    assert (origin(one) == origin(other)) is same
