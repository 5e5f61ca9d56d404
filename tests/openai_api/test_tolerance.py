"""Whatever a provider sends, the client returns its own types or raises its own errors."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openai_api import Client, answers, values
from openai_api.errors import APIError
from openai_api.types import DialectName, NewFineTune, RemoteFineTune
from tests.openai_api.provider import JOB, KEY, LEGACY, Provider, answering, listed

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=8),
    st.sampled_from(["2026-01-01T00:00:00Z", "1760000000", "running", "file-1", "\0", "9" * 400]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = re.findall(
    r"\w+",
    """
    id object created created_at updated_at finished_at estimated_finish status model fine_tuned_model hyperparams
    hyperparameters training_file training_files validation_file result_files trained_tokens error events metadata
    method type supervised message level data metrics step step_number filename bytes purpose status_details choices
    text index logprobs tokens token_logprobs top_logprobs text_offset content token logprob delta tool_calls usage
    total_tokens steps_completed epochs_completed model_output_name total_price processing_status validation_report
    metrics capabilities fine_tune deprecation inference models lora_training max_batch_size estimation_available
    estimated_total_price path checkpoint_type hash has_more code detail loc msg root parent shutdown_date
    user_provided_suffix finish_reason
    """,
)
SHAPED = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=40,
)
BODIES = st.one_of(
    st.binary(max_size=40),
    ANYTHING.map(lambda data: json.dumps(data).encode()),
    SHAPED.map(lambda data: json.dumps(data).encode()),
    st.lists(SHAPED, max_size=3).map(lambda items: json.dumps({"data": items, "has_more": True}).encode()),
    st.dictionaries(st.sampled_from(NAMES), SHAPED, max_size=9).map(lambda data: json.dumps({"id": "x"} | data).encode()),
)
DONE = RemoteFineTune(id="x", dialect="jobs", status="succeeded", result_files=("file-1",))
NEW = NewFineTune(model="ada", training_file="file-1")
VERBS: dict[str, Callable[[Client], Any]] = {
    "files": lambda client: client.files(),
    "file": lambda client: client.file("x"),
    "delete_file": lambda client: client.delete_file("x"),
    "create": lambda client: client.create_fine_tune(NEW),
    "fine_tune": lambda client: client.fine_tune("ftjob-x"),
    "fine_tunes": lambda client: list(client.fine_tunes()),
    "legacy fine_tune": lambda client: client.fine_tune("ft-x"),
    "cancel": lambda client: client.cancel_fine_tune("ft-x"),
    "events": lambda client: client.events("ftjob-x"),
    "legacy events": lambda client: client.events("ft-x"),
    "checkpoints": lambda client: client.checkpoints("ftjob-x"),
    "results": lambda client: client.results(DONE),
    "models": lambda client: client.models(),
    "model": lambda client: client.model("x"),
    "complete": lambda client: client.complete(model="x"),
    "chat": lambda client: client.chat(model="x"),
    "probe": lambda client: client.probe(),
    "stream": lambda client: asyncio.run(_collected(client)),
}


OTHERS: list[Callable[[Client], Any]] = [
    lambda client: client.files(),
    lambda client: client.file("x"),
    lambda client: client.create_fine_tune(NEW),
    lambda client: client.estimate(NEW),
    lambda client: client.fine_tune("ftjob-x"),
    lambda client: list(client.fine_tunes()),
    lambda client: client.events("ftjob-x"),
    lambda client: client.checkpoints("ftjob-x"),
    lambda client: client.metrics(DONE),
    lambda client: client.models(),
    lambda client: client.model("ftjob-x:y"),
    lambda client: client.delete_model("x"),
    lambda client: client.bases(),
    lambda client: client.limits("x"),
]


async def _collected(client: Client) -> list[Any]:
    return [chunk async for chunk in client.astream_chat(model="x")]


def outcome(verb: Callable[[Client], Any], client: Client) -> Any:
    try:
        return verb(client)
    except APIError as error:
        return error.message


def storable(found: Any) -> None:
    """Assert that a database can keep it: no NUL, no half characters, no NaN."""
    if is_dataclass(found):
        for item in fields(found):
            storable(getattr(found, item.name))
    elif isinstance(found, list | tuple):
        for inner in found:
            storable(inner)
    elif isinstance(found, dict):
        storable([*found, *found.values()])
    elif isinstance(found, float):
        assert math.isfinite(found)
    elif isinstance(found, str):
        assert "\0" not in found
        found.encode()


@pytest.mark.parametrize("verb", VERBS)
@settings(max_examples=60, deadline=None)
@given(body=BODIES, status=st.sampled_from([200, 200, 200, 400, 503]), stream=st.booleans())
def test_no_answer_whatever_breaks_a_verb(verb: str, body: bytes, status: int, stream: bool) -> None:
    kind = "text/event-stream" if stream else "application/json"
    content = b"data: " + body + b"\n\n" if stream else body
    provider = Provider(answer=lambda _: httpx.Response(status, content=content, headers={"content-type": kind}))
    with provider.client("both", retries=0) as client:
        found = outcome(VERBS[verb], client)
    assert found != ""
    storable(found)


@pytest.mark.parametrize("dialect", ["azure", "nebius", "together"])
@settings(max_examples=60, deadline=None)
@given(body=BODIES, status=st.sampled_from([200, 200, 200, 400, 503]))
def test_no_answer_whatever_breaks_a_verb_of_the_other_dialects(dialect: DialectName, body: bytes, status: int) -> None:
    provider = Provider(answer=lambda _: httpx.Response(status, content=body))
    with provider.client(dialect, retries=0) as client:
        for verb in OTHERS:
            found = outcome(verb, client)
            assert found != ""
            storable(found)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (1760000000, datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        (1760000000.0, datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        (1760000000000, datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        ("1760000000", datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        ("2025-10-09T08:53:20Z", datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        ("2025-10-09T10:53:20+02:00", datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        ("2025-10-09T08:53:20", datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        ("2025-10-09", datetime(2025, 10, 9, tzinfo=UTC)),
        (0, None),
        (-1, None),
        (None, None),
        (True, None),
        ("", None),
        ("yesterday", None),
        (1e300, None),
        (10**400, None),
        ("9" * 5000, None),
        ("0001-01-01T00:00:00+14:00", None),
        ([], None),
    ],
)
def test_a_moment_is_read_from_every_spelling(value: object, read: datetime | None) -> None:
    assert values.moment(value) == read


@pytest.mark.parametrize(
    ("value", "read"), [(3, 3), (3.0, 3), (3.9, 3), (True, None), ("3", None), (None, None), (2**63, None), (10**400, None)]
)
def test_a_whole_number_is_read_from_a_float_too(value: object, read: int | None) -> None:
    assert values.whole(value) == read


def test_unknown_fields_are_kept_beside_those_that_are_known() -> None:
    found = answering(JOB | {"shared_with_openai": True}).client().fine_tune("ftjob-1")

    assert found.raw["shared_with_openai"] is True


@pytest.mark.parametrize("job", [JOB, LEGACY])
def test_every_field_but_the_id_may_be_missing_or_null(job: dict[str, Any]) -> None:
    provider = answering({"id": "ft-1"}, {"id": "ft-1"} | dict.fromkeys(set(job) - {"id"}))
    client = provider.client("both")

    for found in (client.fine_tune("ft-1"), client.fine_tune("ftjob-1")):
        assert (found.id, found.status, found.model, found.result_files) == ("ft-1", "unknown", "", ())


def test_a_byte_order_mark_is_no_part_of_an_answer() -> None:
    body = b"\xef\xbb\xbf" + json.dumps(listed(JOB)).encode()

    assert len(list(answering(httpx.Response(200, content=body)).client().fine_tunes())) == 1


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (rb'{"a\u0000": "b\u0000"}', {"a\ufffd": "b\ufffd"}),
        (rb'["\ud83d", "\ud83d\ude42"]', ["?", "🙂"]),
        (rb'["\\u0000"]', [r"\u0000"]),
        (b"[NaN, Infinity, -Infinity, 1e999, 1.5]", [None, None, None, None, 1.5]),
    ],
)
def test_what_no_database_keeps_is_replaced(body: bytes, read: object) -> None:
    assert answers.parse(body) == read


def test_a_client_is_closed_with_its_block() -> None:
    with Client("http://127.0.0.1:9/v1", KEY) as client:
        pass

    with pytest.raises(RuntimeError, match="closed"):
        client.files()
