from __future__ import annotations

import pytest

from openai_api import dialects
from openai_api.types import DialectName, NewFineTune
from tests.openai_api.provider import JOB, LEGACY, answering, listed


@pytest.mark.parametrize(
    ("model", "dialect"),
    [
        ("ada", "legacy"),
        ("davinci", "legacy"),
        ("curie:ft-acme:tickets-2023-01-29-13-51-40", "legacy"),
        ("ft:davinci-002:acme::9x9", "jobs"),
        ("davinci-002", "jobs"),
        ("gpt-3.5-turbo-0613", "jobs"),
        ("ada:something-else", "jobs"),
        ("", "jobs"),
    ],
)
def test_the_model_chooses_the_dialect_of_a_server_with_both(model: str, dialect: str) -> None:
    assert dialects.for_model("both", model) == dialect


@pytest.mark.parametrize("dialect", ["legacy", "jobs"])
def test_a_server_with_one_dialect_is_always_spoken_to_in_it(dialect: DialectName) -> None:
    assert dialects.for_model(dialect, "ada") == dialect
    assert dialects.for_model(dialect, "gpt-4.1") == dialect


@pytest.mark.parametrize(("model", "line"), [("ada", "POST /v1/fine-tunes"), ("gpt-4.1", "POST /v1/fine_tuning/jobs")])
def test_creating_goes_where_the_model_belongs(model: str, line: str) -> None:
    provider = answering({"id": "x"})

    provider.client("both").create_fine_tune(NewFineTune(model=model, training_file="file-1"))

    assert provider.lines == [line]


@pytest.mark.parametrize(
    ("name", "place", "checkpoints"),
    [
        ("ft-1", "/v1/fine-tunes/ft-1", []),
        ("ftjob-1", "/v1/fine_tuning/jobs/ftjob-1", ["GET /v1/fine_tuning/jobs/ftjob-1/checkpoints?limit=100"]),
    ],
)
def test_later_the_id_tells_the_dialect(name: str, place: str, checkpoints: list[str]) -> None:
    provider = answering({"id": name}, {"id": name}, listed(), listed())
    client = provider.client("both")

    client.fine_tune(name)
    client.cancel_fine_tune(name)
    client.events(name)
    client.checkpoints(name)

    assert [line.removesuffix("?limit=100") for line in provider.lines[:3]] == [
        f"GET {place}",
        f"POST {place}/cancel",
        f"GET {place}/events",
    ]
    assert provider.lines[3:] == checkpoints


def test_listing_goes_through_both() -> None:
    provider = answering(listed(JOB), listed(LEGACY))

    found = list(provider.client("both").fine_tunes())

    assert [(fine_tune.id, fine_tune.dialect) for fine_tune in found] == [(JOB["id"], "jobs"), (LEGACY["id"], "legacy")]
