"""How much each address of the trainer takes, through the server that people run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.work.served import head, said, served
from trainer.api.receiving import most
from trainer.api.server import Server
from work.bounds import Bounds


@pytest.fixture
def port() -> Iterator[int]:
    """No test here may ask the database: what is too large costs nothing."""
    with served(Bounds(Server(), most)) as port:
        yield port


@pytest.mark.parametrize(
    ("path", "taken"),
    [("/v1/files", 513), ("/v1/files/", 513), ("/v1/uploads/a/parts", 65), ("/v1/completions", 8), ("/", 8)],
)
def test_what_is_too_large_is_refused_in_the_api_s_own_words(port: int, path: str, taken: int) -> None:
    answer = said(port, head(path, 10**12))
    assert answer.startswith("HTTP/1.1 413")
    assert "x-request-id" in answer.lower()
    assert json.loads(answer.partition("\n\n")[2])["error"] == {
        "message": f"The body of the request may have at most {taken} MB.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_what_has_no_length_is_cut_off(port: int) -> None:
    answer = said(port, head("/v1/completions", "chunked"), chunk=b"x" * (1 << 20), times=9)
    assert answer.startswith("HTTP/1.1 413")
