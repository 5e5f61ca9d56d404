"""A fine-tune is started exactly once, whatever is lost or dies on the way."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from connections.models import Connection
from datasets.models import Version
from finetunes import create
from finetunes.models import FineTune, Upload
from finetunes.statuses import Status
from teams.models import Organization
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune, new_version
from tests.finetunes.provider import Crash, Provider, crash, lost, status
from tests.finetunes.stepping import end_doubt, end_leases, step, step_and_die, steps

CREATE = "/(fine-tunes|fine_tuning/jobs)"
BASES = {"legacy": "ada", "jobs": "babbage-002"}


@pytest.fixture(params=["legacy", "jobs"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def intent(people: People, connection: Connection, version: Version, dialect: str) -> FineTune:
    return new_fine_tune(people, connection, version, base_model=BASES[dialect])


class TestIntend:
    def test_the_intent_is_committed_and_due_before_anything_is_asked(self, fine_tune: FineTune) -> None:
        assert fine_tune.status == Status.SENDING
        assert fine_tune.sent_at is None
        assert FineTune.objects.due().get() == fine_tune

    def test_the_same_token_twice_is_one_intent(self, people: People, connection: Connection, version: Version) -> None:
        token = uuid.uuid4()
        options: dict[str, Any] = {"connection": connection, "base_model": "ada", "version": version, "token": token}
        first, is_new = create.intend(people.organization, people.member, **options)
        second, is_new_again = create.intend(people.organization, people.member, **options)
        assert (is_new, is_new_again) == (True, False)
        assert first == second

    def test_another_organization_cannot_use_up_a_token(
        self, people: People, connection: Connection, version: Version, fine_tune: FineTune
    ) -> None:
        elsewhere = Organization.objects.create(name="Third", slug="third")
        other = Connection.objects.create(organization=elsewhere, name="C", base_url="http://x.test", key="k")
        others_people = People(elsewhere, people.owner, people.member, people.viewer, people.outsider)
        theirs = new_version(others_people, "Theirs")
        with pytest.raises(create.NotPossible):
            create.intend(elsewhere, None, connection=other, base_model="ada", version=theirs, token=fine_tune.token)

    def test_data_of_another_organization_is_refused(self, people: People, connection: Connection) -> None:
        elsewhere = Organization.objects.create(name="Third", slug="third")
        theirs = new_version(People(elsewhere, people.owner, people.member, people.viewer, people.outsider), "Theirs")
        with pytest.raises(create.NotPossible):
            create.intend(people.organization, None, connection=connection, base_model="ada", version=theirs)

    def test_validation_is_not_asked_for_where_there_is_none(self, people: People, connection: Connection) -> None:
        bare = new_version(people, "Bare", validation_rows=0, validation_sha256="")
        assert not new_fine_tune(people, connection, bare).use_validation

    @pytest.mark.parametrize(("base", "expected"), [("ada", "legacy"), ("babbage-002", "jobs")])
    def test_the_dialect_follows_the_base_model(
        self, people: People, connection: Connection, version: Version, base: str, expected: str
    ) -> None:
        assert new_fine_tune(people, connection, version, base_model=base).dialect == expected


class TestSend:
    def test_files_go_first_and_then_one_create(self, intent: FineTune, provider: Provider, dialect: str) -> None:
        sent = step(intent, provider.client(dialect))
        assert len(provider.sent("POST", "/files")) == 2
        assert len(provider.jobs) == 1
        assert sent.remote_id in provider.jobs
        assert sent.status == Status.QUEUED
        assert sent.training_file_id == "file-1"
        assert sent.validation_file_id == "file-2"

    def test_the_request_carries_settings_and_token(
        self, people: People, connection: Connection, version: Version, provider: Provider
    ) -> None:
        hyperparameters = {"n_epochs": 2, "compute_classification_metrics": True, "classification_positive_class": " refund"}
        intent = new_fine_tune(people, connection, version, hyperparameters=hyperparameters)
        step(intent, provider.client())
        (request,) = provider.sent("POST", CREATE)
        assert request.headers["Idempotency-Key"] == str(intent.token)
        assert orjson.loads(request.content) == {
            **hyperparameters,
            "model": "ada",
            "training_file": "file-1",
            "validation_file": "file-2",
            "suffix": "ticket-triage",
        }

    def test_the_current_api_gets_the_token_as_metadata(
        self, people: People, connection: Connection, version: Version, provider: Provider
    ) -> None:
        intent = new_fine_tune(
            people,
            connection,
            version,
            base_model="babbage-002",
            hyperparameters={"n_epochs": "auto"},
            seed=7,
            metadata={"team": "support"},
        )
        step(intent, provider.client("jobs"))
        body = orjson.loads(provider.sent("POST", CREATE)[0].content)
        assert body["metadata"] == {"team": "support", "tunedeck": intent.token.hex}
        assert body["seed"] == 7
        assert body["method"] == {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": "auto"}}}

    def test_a_version_is_uploaded_once_per_connection(
        self, people: People, connection: Connection, version: Version, provider: Provider
    ) -> None:
        for _ in range(3):
            step(new_fine_tune(people, connection, version), provider.client())
        assert len(provider.files) == 2
        assert len(provider.jobs) == 3

    def test_a_file_that_is_still_being_read_is_waited_for(self, fine_tune: FineTune, provider: Provider) -> None:
        provider.file_status = "uploaded"
        waiting = step(fine_tune, provider.client())
        assert waiting.status == Status.CHECKING_FILES
        assert not provider.jobs
        provider.files["file-1"]["status"] = "processed"
        provider.file_status = "processed"
        assert steps(waiting, provider.client(), 2).remote_id

    def test_a_file_that_the_provider_cannot_read_fails_with_its_words(
        self, fine_tune: FineTune, provider: Provider
    ) -> None:
        provider.file_status = "error"
        provider.break_next(
            "GET",
            "/files/file-1",
            lambda _r: httpx.Response(
                200, json={"id": "file-1", "object": "file", "status": "error", "status_details": "Line 3 is not JSON"}
            ),
        )
        failed = step(fine_tune, provider.client())
        assert failed.status == Status.FAILED
        assert failed.error == "Line 3 is not JSON"

    def test_a_file_that_was_deleted_at_the_provider_is_uploaded_anew(
        self, people: People, connection: Connection, version: Version, provider: Provider
    ) -> None:
        step(new_fine_tune(people, connection, version), provider.client())
        provider.files.clear()
        again = steps(new_fine_tune(people, connection, version), provider.client(), 3)
        assert again.remote_id
        assert len(provider.sent("POST", "/files")) == 4


class TestRefusal:
    @pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
    def test_it_fails_in_the_provider_s_own_words(
        self, intent: FineTune, provider: Provider, dialect: str, code: int
    ) -> None:
        provider.break_next("POST", CREATE, status(code, "No more training here.", code="training_not_available"))
        failed = step(intent, provider.client(dialect))
        assert failed.status == Status.FAILED
        assert failed.error == "No more training here."
        assert failed.error_raw["status"] == code
        assert failed.error_raw["code"] == "training_not_available"
        assert failed.due_at is None
        assert not Upload.objects.filter(creating=failed).exists()

    def test_too_many_requests_are_waited_for_and_sent_once(
        self, intent: FineTune, provider: Provider, dialect: str
    ) -> None:
        provider.break_next("POST", CREATE, lambda _r: httpx.Response(429, headers={"Retry-After": "7"}, json={"error": {}}))
        waiting = step(intent, provider.client(dialect))
        assert waiting.status == Status.SENDING
        assert not waiting.in_doubt
        assert waiting.due_at
        assert steps(waiting, provider.client(dialect), 2).remote_id
        assert len(provider.jobs) == 1

    def test_an_empty_account_is_a_refusal(self, intent: FineTune, provider: Provider, dialect: str) -> None:
        provider.break_next("POST", CREATE, status(429, "You are out of credit.", code="insufficient_quota"))
        assert step(intent, provider.client(dialect)).status == Status.FAILED

    def test_a_file_said_to_be_in_process_is_tried_again(self, intent: FineTune, provider: Provider, dialect: str) -> None:
        provider.break_next("POST", CREATE, status(400, "File 'file-1' is still being processed and is not ready"))
        assert steps(intent, provider.client(dialect), 3).remote_id
        assert len(provider.jobs) == 1


Effect = Callable[[httpx.Request], httpx.Response]
AMBIGUOUS: dict[str, Effect] = {
    "timeout": lost(httpx.ReadTimeout),
    "write timeout": lost(httpx.WriteTimeout),
    "reset": lost(httpx.ReadError),
    "cut off": lost(httpx.RemoteProtocolError),
    "500": status(500),
    "502": lambda _r: httpx.Response(502, html="<html>Bad gateway</html>"),
    "503": status(503),
    "408": status(408),
    "409": status(409),
    "half JSON": lambda _r: httpx.Response(200, content=b'{"id":"ft-'),
}


@pytest.mark.parametrize("effect", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
class TestAmbiguousAnswer:
    def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(
        self, intent: FineTune, provider: Provider, dialect: str, effect: Effect
    ) -> None:
        provider.break_next("POST", CREATE, effect, after=True)
        doubtful = step(intent, provider.client(dialect))
        assert doubtful.in_doubt
        assert doubtful.status == Status.SENDING
        found = step(doubtful, provider.client(dialect))
        assert found.remote_id in provider.jobs
        assert len(provider.jobs) == 1
        assert len(provider.sent("POST", CREATE)) == 1

    def test_a_request_that_never_arrived_is_sent_again_only_after_the_doubt_has_ended(
        self, intent: FineTune, provider: Provider, dialect: str, effect: Effect
    ) -> None:
        provider.break_next("POST", CREATE, effect)
        asked = steps(intent, provider.client(dialect), 4)
        assert asked.in_doubt
        assert len(provider.sent("POST", CREATE)) == 1
        end_doubt(asked)
        assert steps(asked, provider.client(dialect), 2).remote_id
        assert len(provider.jobs) == 1

    def test_a_job_that_turns_up_late_is_found(
        self, intent: FineTune, provider: Provider, dialect: str, effect: Effect
    ) -> None:
        provider.break_next("POST", CREATE, effect, after=True)
        doubtful = step(intent, provider.client(dialect))
        hidden = dict(provider.jobs)
        provider.jobs.clear()
        doubtful = steps(doubtful, provider.client(dialect), 2)
        provider.jobs.update(hidden)
        assert step(doubtful, provider.client(dialect)).remote_id in hidden
        assert len(provider.sent("POST", CREATE)) == 1

    def test_it_is_not_sent_again_while_the_provider_cannot_be_asked(
        self, intent: FineTune, provider: Provider, dialect: str, effect: Effect
    ) -> None:
        provider.break_next("POST", CREATE, effect, after=True)
        doubtful = step(intent, provider.client(dialect))
        provider.break_next("GET", CREATE, status(500), times=5)
        doubtful = steps(doubtful, provider.client(dialect), 3)
        end_doubt(doubtful)
        doubtful = steps(doubtful, provider.client(dialect), 2)
        assert len(provider.sent("POST", CREATE)) == 1
        assert steps(doubtful, provider.client(dialect), 3).remote_id
        assert len(provider.jobs) == 1


class TestUnsent:
    def test_a_provider_that_cannot_be_reached_leaves_no_doubt(
        self, intent: FineTune, provider: Provider, dialect: str
    ) -> None:
        provider.break_next("POST", CREATE, lost(httpx.ConnectError))
        waiting = step(intent, provider.client(dialect))
        assert not waiting.in_doubt
        assert waiting.trouble
        assert steps(waiting, provider.client(dialect), 2).remote_id
        assert len(provider.jobs) == 1


POINTS = [
    ("POST", "/files", False),
    ("POST", "/files", True),
    ("GET", "/files/file-1", False),
    ("GET", "/files/file-2", True),
    ("POST", CREATE, False),
    ("POST", CREATE, True),
]


class TestDeath:
    @pytest.mark.parametrize(("method", "path", "after"), POINTS)
    def test_a_worker_killed_at_any_point_leaves_one_job_and_two_files(
        self, intent: FineTune, provider: Provider, dialect: str, method: str, path: str, after: bool
    ) -> None:
        provider.break_next(method, path, crash, after=after)
        row = step_and_die(intent, provider.client(dialect))
        assert not row.remote_id
        row = steps(row, provider.client(dialect), 2)
        end_doubt(row)
        row = steps(row, provider.client(dialect), 3)
        assert row.remote_id
        assert len(provider.jobs) == 1
        assert len(provider.files) == 2

    def test_a_worker_killed_again_and_again_leaves_one_job(
        self, intent: FineTune, provider: Provider, dialect: str
    ) -> None:
        for method, path, after in POINTS:
            provider.break_next(method, path, crash, after=after)
        row = intent
        for _ in range(20):
            row = step_and_die(row, provider.client(dialect))
            end_doubt(row)
        assert row.remote_id
        assert len(provider.jobs) == 1

    def test_a_provider_without_metadata_is_searched_by_file(
        self, people: People, connection: Connection, version: Version, provider: Provider
    ) -> None:
        provider.keeps_metadata = False
        intent = new_fine_tune(people, connection, version, base_model="babbage-002")
        provider.break_next("POST", CREATE, lost(httpx.ReadTimeout), after=True)
        assert steps(intent, provider.client("jobs"), 2).remote_id == "ftjob-1"
        assert len(provider.jobs) == 1


class TestTwoAtOnce:
    def test_two_workers_at_the_same_step_send_once(self, intent: FineTune, provider: Provider, dialect: str) -> None:
        inner: list[bool] = []

        def second_worker(request: httpx.Request) -> httpx.Response:
            from finetunes.advance import advance

            inner.append(advance(intent.pk, provider.client(dialect)))
            return status(500)(request)

        provider.break_next("GET", "/files/file-1", second_worker)
        row = step(intent, provider.client(dialect))
        assert inner == [False]
        assert steps(row, provider.client(dialect), 2).remote_id
        assert len(provider.jobs) == 1

    def test_a_worker_that_slept_past_its_lease_does_not_send_what_another_has_sent(
        self, intent: FineTune, provider: Provider, dialect: str
    ) -> None:
        def meanwhile(request: httpx.Request) -> httpx.Response:
            end_leases()
            other = step(intent, provider.client(dialect))
            assert other.remote_id
            return httpx.Response(200, json=provider.files["file-1"])

        step(intent, provider.client(dialect))
        provider.jobs.clear()
        FineTune.objects.filter(pk=intent.pk).update(remote_id="", sent_at=None, due_at=intent.due_at)
        provider.break_next("GET", "/files/file-1", meanwhile)
        row = step(intent, provider.client(dialect))
        assert row.remote_id
        assert len(provider.jobs) == 1

    def test_twins_on_one_file_keep_apart_when_an_answer_is_lost(
        self, people: People, connection: Connection, version: Version, provider: Provider
    ) -> None:
        first, second = (new_fine_tune(people, connection, version) for _ in range(2))
        provider.break_next("POST", CREATE, lost(httpx.ReadTimeout), after=True)
        first = step(first, provider.client())
        second = step(second, provider.client())
        assert not second.remote_id, "the file is reserved while the first is in doubt"
        first = step(first, provider.client())
        second = steps(second, provider.client(), 2)
        assert {first.remote_id, second.remote_id} == {"ft-1", "ft-2"}
        assert len(provider.jobs) == 2

    def test_a_job_that_somebody_started_on_our_file_before_is_not_taken_for_ours(
        self, people: People, connection: Connection, version: Version, provider: Provider
    ) -> None:
        step(new_fine_tune(people, connection, version), provider.client())
        provider.jobs["ft-foreign"] = {**provider.jobs["ft-1"], "id": "ft-foreign"}
        provider.break_next("POST", CREATE, lost(httpx.ReadTimeout))
        row = steps(new_fine_tune(people, connection, version), provider.client(), 3)
        assert row.in_doubt
        assert row.remote_id == ""

    def test_an_idempotency_key_is_the_same_at_every_attempt(
        self, intent: FineTune, provider: Provider, dialect: str
    ) -> None:
        provider.break_next("POST", CREATE, status(500))
        row = step(intent, provider.client(dialect))
        end_doubt(row)
        steps(row, provider.client(dialect), 2)
        keys = {request.headers["Idempotency-Key"] for request in provider.sent("POST", CREATE)}
        assert keys == {str(intent.token)}


class TestUpload:
    @pytest.mark.parametrize("effect", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
    def test_an_upload_without_an_answer_is_found_by_its_name(
        self, fine_tune: FineTune, provider: Provider, effect: Effect
    ) -> None:
        provider.break_next("POST", "/files", effect, after=True)
        assert steps(fine_tune, provider.client(), 3).remote_id
        assert len(provider.files) == 2

    def test_an_upload_that_never_arrived_is_repeated_after_the_doubt(self, fine_tune: FineTune, provider: Provider) -> None:
        provider.break_next("POST", "/files", lost(httpx.ReadTimeout))
        row = steps(fine_tune, provider.client(), 2)
        assert len(provider.sent("POST", "/files")) == 1
        end_doubt(row)
        assert steps(row, provider.client(), 2).remote_id
        assert len(provider.files) == 2

    def test_its_name_carries_its_token(self, fine_tune: FineTune, provider: Provider) -> None:
        step(fine_tune, provider.client())
        names = {upload.filename for upload in Upload.objects.all()}
        assert {file["filename"] for file in provider.files.values()} == names
        assert all(upload.token.hex in upload.filename for upload in Upload.objects.all())


def test_a_crash_is_not_swallowed(fine_tune: FineTune, provider: Provider) -> None:
    provider.break_next("POST", "/files", crash)
    with pytest.raises(Crash):
        step(fine_tune, provider.client())


class TestPreferences:
    @pytest.fixture
    def preferred(self, people: People) -> Version:
        return new_version(people, "Pairs", format="preference", task="preference", labels=[])

    def test_the_method_asked_for_is_dpo(
        self, people: People, connection: Connection, preferred: Version, provider: Provider
    ) -> None:
        fine_tune = new_fine_tune(people, connection, preferred, base_model="gpt-4.1", hyperparameters={"n_epochs": 2})
        steps(fine_tune, provider.client("jobs"), 3)
        (request,) = provider.sent("POST", CREATE)
        assert orjson.loads(request.content)["method"] == {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 2}}}

    def test_a_model_of_the_first_generation_is_refused_before_anything_is_sent(
        self, people: People, connection: Connection, preferred: Version
    ) -> None:
        with pytest.raises(create.NotPossible, match="ada cannot learn from preferred"):
            create.intend(people.organization, people.member, connection=connection, base_model="ada", version=preferred)
        assert not FineTune.objects.exists()
