from __future__ import annotations

import base64

import httpx
import pytest

from openai_api.errors import BadAnswer, ServerError
from openai_api.types import RemoteFineTune
from tests.openai_api.provider import answering, refusal

CSV = b"step,train_loss,valid_loss\n1,1.5,\n2,6e-05,0.25"
ENCODED = base64.b64encode(CSV)
DONE = RemoteFineTune(id="ftjob-1", dialect="jobs", status="succeeded", result_files=("file-7", "file-8"))


def test_the_first_result_file_is_fetched() -> None:
    provider = answering(httpx.Response(200, content=CSV))

    assert provider.client().results(DONE) == CSV
    assert provider.lines == ["GET /v1/files/file-7/content"]


@pytest.mark.parametrize(
    "body",
    [
        CSV,
        b"\xef\xbb\xbf" + CSV,
        CSV + b"\n",
        ENCODED,
        ENCODED + b"\n",
        b"\n".join(ENCODED[start : start + 16] for start in range(0, len(ENCODED), 16)),
        base64.b64encode(b"\xef\xbb\xbf" + CSV + b"\n"),
    ],
    ids=["plain", "BOM", "newline", "base64", "base64-newline", "base64-lines", "base64-BOM"],
)
def test_every_wrapping_is_undone(body: bytes) -> None:
    found = answering(httpx.Response(200, content=body)).client().results(DONE)

    assert found is not None
    assert found.removesuffix(b"\n") == CSV


@pytest.mark.parametrize("header", [b"epoch,step,loss", b'"step","loss"', b"Step, loss"])
def test_the_step_column_may_stand_anywhere(header: bytes) -> None:
    body = header + b"\n1,2,3"

    assert answering(httpx.Response(200, content=body)).client().results(DONE) == body


def test_without_a_result_file_nobody_is_asked() -> None:
    provider = answering()

    assert provider.client().results(RemoteFineTune(id="x", dialect="jobs", status="running")) is None
    assert provider.asked == []


@pytest.mark.parametrize("answer", [refusal(404), httpx.Response(200), httpx.Response(200, content=b" \n")])
def test_a_file_that_cannot_be_had_yet_is_none(answer: httpx.Response) -> None:
    assert answering(answer).client().results(DONE) is None


def test_a_file_that_stays_in_conflict_is_none() -> None:
    assert answering(*[refusal(409) for _ in range(3)]).client().results(DONE) is None


def test_a_failing_server_is_not_mistaken_for_not_yet() -> None:
    with pytest.raises(ServerError):
        answering(*[refusal(500) for _ in range(3)]).client().results(DONE)


@pytest.mark.parametrize(
    "body", [b"PK\x03\x04binary", b"step", b"<html></html>", base64.b64encode(b"noise" * 9), b"a,b\n1,2"]
)
def test_what_is_not_a_table_of_steps_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer, match="table of steps"):
        answering(httpx.Response(200, content=body)).client().results(DONE)
