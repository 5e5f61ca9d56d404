from __future__ import annotations

import httpx
import pytest

from openai_api.errors import AuthenticationFailed, ConnectionFailed, NotFound
from openai_api.types import DialectName
from tests.openai_api.provider import FILE, JOB, answering, listed, refusal


@pytest.mark.parametrize(
    ("dialect", "paths"),
    [
        ("legacy", ["/v1/fine-tunes"]),
        ("jobs", ["/v1/fine_tuning/jobs"]),
        ("both", ["/v1/fine-tunes", "/v1/fine_tuning/jobs"]),
    ],
)
def test_every_listing_is_asked_for_once(dialect: DialectName, paths: list[str]) -> None:
    provider = answering(listed({"id": "ada"}), listed(FILE, FILE), *[listed(JOB) for _ in paths], refusal(400, "No file"))

    probe = provider.client(dialect).probe()

    assert provider.lines[:-1] == ["GET /v1/models", "GET /v1/files", *[f"GET {path}" for path in paths]]
    assert probe.ok
    assert (probe.models.found, probe.files.found) == (1, 2)
    assert [attempt.found for attempt in probe.fine_tunes.values()] == [1 for _ in paths]


def test_what_does_not_work_is_told_apart_from_what_does() -> None:
    provider = answering(listed(), listed(), refusal(404, "Unknown URL"), listed())

    probe = provider.client("both").probe()

    assert (probe.models_ok, probe.files_ok, probe.fine_tunes_ok, probe.ok) == (True, True, False, False)
    assert isinstance(probe.fine_tunes["legacy"].error, NotFound)
    assert probe.fine_tunes["jobs"].ok


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (refusal(400, "file-000 does not exist", param="training_file"), True),
        (refusal(404, "No such file"), True),
        (refusal(422, "training_file: no such file"), True),
        (refusal(403, "No longer", code="training_not_available"), False),
        (refusal(403, "This key may only read"), False),
        (refusal(429, "Nothing left", code="insufficient_quota"), False),
        (refusal(500), None),
        (httpx.Response(200, text="<html>hello</html>"), None),
    ],
)
def test_whether_it_may_train_is_asked_with_a_file_that_cannot_exist(answer: httpx.Response, verdict: bool | None) -> None:
    provider = answering(listed({"id": "gpt-4.1"}), listed(), listed(), answer)

    probe = provider.client().probe()

    assert (probe.training and probe.training.ok) == verdict
    assert provider.body["model"] == "gpt-4.1"
    assert provider.body["training_file"] == "file-" + "0" * 22
    assert provider.slept == []


def test_what_a_server_starts_all_the_same_is_cancelled() -> None:
    provider = answering(listed(), listed(), listed(), JOB, JOB | {"status": "cancelled"})

    probe = provider.client().probe()

    assert probe.training is None
    assert provider.lines[-1] == f"POST /v1/fine_tuning/jobs/{JOB['id']}/cancel"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(refusal(401, "Incorrect key"), AuthenticationFailed), (httpx.ConnectError("refused"), ConnectionFailed)],
)
def test_without_a_connection_or_a_key_one_question_is_enough(
    answer: httpx.Response | Exception, kind: type[Exception]
) -> None:
    provider = answering(answer)

    probe = provider.client("both").probe()

    assert len(provider.asked) == 1
    assert not probe.models_ok
    assert not probe.files_ok
    assert [type(attempt.error) for attempt in probe.fine_tunes.values()] == [kind, kind]


def test_a_person_who_waits_is_not_kept_waiting_by_further_attempts() -> None:
    provider = answering(refusal(500), refusal(500), refusal(500))

    assert not provider.client().probe().models_ok
    assert len(provider.asked) == 3
    assert provider.slept == []
