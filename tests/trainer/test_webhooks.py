"""The end of a job is told to those who asked, signed, once a day at most given up, whatever the receiver does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
import time_machine
from celery.app.task import Task
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from tests.trainer.conftest import Caller, current, legacy, work
from tests.trainer.receiver import Receiver, receiving
from tests.trainer.test_run import claimed, cut_off_in, queued
from tests.trainer.unigram import UnigramEngine
from trainer import deliver, finish, run, tasks, webhooks
from trainer.models import Delivery, Endpoint, Job, Organization, Status
from work.models import Pulse

pytestmark = pytest.mark.django_db

URL = "https://hooks.example.com/tunedeck"


@pytest.fixture
def secret(owner: Caller) -> str:
    """Register an endpoint of the owner's organization; return its secret."""
    return webhooks.register(Organization.objects.get(slug="acme"), URL)[1]


@pytest.fixture
def delivery(owner: Caller, secret: str) -> Delivery:
    owner.post(f"fine_tuning/jobs/{current(owner)['id']}/cancel")
    return Delivery.objects.get()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def due() -> Delivery:
    """Let the time pass until the delivery is due, and claim it."""
    Delivery.objects.update(due_at=timezone.now())
    found = Delivery.objects.claim(Delivery.objects.get().pk, 30)
    assert found is not None
    return found


def answers(status: int) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(status))


class TestAnnounce:
    def test_a_job_that_ends_writes_one_message_for_each_endpoint(self, owner: Caller, secret: str) -> None:
        webhooks.register(Organization.objects.get(slug="acme"), f"{URL}/second")
        job = work(current(owner, hyperparameters={"n_epochs": 1})["id"])
        bodies = [json.loads(row.body) for row in Delivery.objects.all()]
        assert len(bodies) == 2
        assert bodies[0] == bodies[1]
        assert bodies[0].pop("id").startswith("evt_")
        assert job.finished_at is not None
        assert bodies[0] == {
            "object": "event",
            "created_at": int(job.finished_at.timestamp()),
            "type": "fine_tuning.job.succeeded",
            "data": {"id": job.public_id},
        }

    def test_a_cancelled_job_says_so(self, delivery: Delivery) -> None:
        assert json.loads(delivery.body)["type"] == "fine_tuning.job.cancelled"

    def test_a_failed_job_says_so(self, owner: Caller, secret: str) -> None:
        job = claimed(queued(current(owner)))
        finish.fail(job, "No.", code="server_error")
        assert json.loads(Delivery.objects.get().body)["type"] == "fine_tuning.job.failed"

    def test_an_endpoint_hears_only_what_it_asked_for(self, owner: Caller) -> None:
        webhooks.register(Organization.objects.get(slug="acme"), URL, ["fine_tuning.job.failed"])
        owner.post(f"fine_tuning/jobs/{current(owner)['id']}/cancel")
        assert not Delivery.objects.exists()

    def test_other_organizations_hear_nothing(self, outsider: Caller, secret: str) -> None:
        outsider.post(f"fine_tuning/jobs/{current(outsider)['id']}/cancel")
        assert not Delivery.objects.exists()

    def test_fine_tunes_of_the_first_generation_have_no_such_events(self, owner: Caller, secret: str) -> None:
        owner.post(f"fine-tunes/{legacy(owner)['id']}/cancel")
        assert not Delivery.objects.exists()

    def test_a_crash_between_status_and_message_leaves_neither(
        self, owner: Caller, secret: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = queued(current(owner, hyperparameters={"n_epochs": 1}))
        cut_off_in(monkeypatch, webhooks, "announce", job)
        job.refresh_from_db()
        assert job.status == Status.RUNNING
        run.train(claimed(job), UnigramEngine())
        job.refresh_from_db()
        assert (job.status, Delivery.objects.count()) == (Status.SUCCEEDED, 1)


class TestDeliver:
    def test_the_message_arrives_signed(self, delivery: Delivery, secret: str, receiver: Receiver) -> None:
        Endpoint.objects.update(url=receiver.url)
        deliver.deliver(due())
        said, body = receiver.next()
        delivery.refresh_from_db()
        assert body == delivery.body
        assert said["content-type"] == "application/json"
        assert said["webhook-id"] == delivery.public_id
        assert abs(int(said["webhook-timestamp"]) - timezone.now().timestamp()) < 60
        signed = f"{said['webhook-id']}.{said['webhook-timestamp']}.{body}".encode()
        key = base64.b64decode(secret.removeprefix("whsec_"))
        right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert said["webhook-signature"] == f"v1,{right}"
        assert delivery.delivered_at is not None
        assert delivery.due_at is None

    def test_what_arrived_is_not_sent_again(self, delivery: Delivery) -> None:
        deliver.deliver(due(), answers(204))
        assert not Delivery.objects.due(timezone.now() + timedelta(days=2)).exists()

    @pytest.mark.parametrize("status", [302, 400, 404, 410, 429, 500, 503])
    def test_an_answer_that_is_no_yes_is_tried_again(self, delivery: Delivery, status: int) -> None:
        deliver.deliver(due(), answers(status))
        delivery.refresh_from_db()
        assert delivery.said == f"HTTP {status}"
        assert delivery.delivered_at is None
        assert delivery.due_at is not None
        assert delivery.lease_token is None

    def test_a_redirect_is_not_followed(self, delivery: Delivery) -> None:
        asked: list[str] = []

        def elsewhere(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            return httpx.Response(307, headers={"location": "http://169.254.169.254/"})

        deliver.deliver(due(), httpx.MockTransport(elsewhere))
        assert asked == [URL]

    def test_a_receiver_that_cannot_be_reached_is_tried_again(self, delivery: Delivery) -> None:
        def broken(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no route")

        deliver.deliver(due(), httpx.MockTransport(broken))
        delivery.refresh_from_db()
        assert delivery.said == "ConnectError"
        assert delivery.due_at is not None

    def test_a_secret_that_nobody_can_read_is_told_like_any_failure(self, delivery: Delivery, settings: Any) -> None:
        settings.FIELD_KEYS = ["another"]
        deliver.deliver(due(), answers(200))
        delivery.refresh_from_db()
        assert delivery.said == "Undecipherable"

    def test_the_waits_grow_to_an_hour_and_end_after_a_day(self, delivery: Delivery) -> None:
        waits = []
        with time_machine.travel(delivery.created_at, tick=False) as clock:
            while (row := Delivery.objects.get()).due_at is not None:
                waits.append((row.due_at - timezone.now()).total_seconds())
                clock.move_to(row.due_at)
                found = Delivery.objects.claim(row.pk, 30)
                assert found is not None
                deliver.deliver(found, answers(500))
        assert waits[:6] == [0, 5, 10, 20, 40, 80]
        assert max(waits) == 3600
        assert timedelta(hours=22) < timedelta(seconds=sum(waits)) < timedelta(days=1)

    def test_one_that_lost_its_lease_writes_nothing(self, delivery: Delivery) -> None:
        mine = due()
        Delivery.objects.update(lease_token=None)
        deliver.deliver(mine, answers(500))
        delivery.refresh_from_db()
        assert delivery.said == ""


class TestRing:
    @pytest.fixture
    def rung(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
        """Ring, and return the addresses that something was to be sent to."""

        def after_a_ring() -> list[str]:
            sent: list[int] = []
            with monkeypatch.context() as patch:
                note = lambda self, args, **options: sent.append(args[0]) if self.name.endswith("post") else None  # noqa: E731
                patch.setattr(Task, "apply_async", note)
                tasks.ring()
            return [Delivery.objects.select_related("endpoint").get(pk=pk).endpoint.url for pk in sent]

        return after_a_ring

    @pytest.fixture
    def many(self, owner: Caller) -> None:
        """Three endpoints with two messages each."""
        for place in range(3):
            webhooks.register(Organization.objects.get(slug="acme"), f"{URL}/{place}")
        for _ in range(2):
            owner.post(f"fine_tuning/jobs/{current(owner)['id']}/cancel")

    def test_a_message_is_rung_for_until_it_has_arrived(self, delivery: Delivery, rung: Callable[[], list[str]]) -> None:
        assert rung() == [URL]
        deliver.deliver(due(), answers(200))
        assert rung() == []

    def test_half_of_the_workers_stay_free(self, many: None, rung: Callable[[], list[str]]) -> None:
        assert len(rung()) == 1
        Pulse.objects.beat("dashboard@one", "dashboard", 4)
        assert len(rung()) == 2

    def test_each_endpoint_gets_one_message_at_a_time(self, many: None, rung: Callable[[], list[str]]) -> None:
        Pulse.objects.beat("dashboard@one", "dashboard", 100)
        assert rung() == [f"{URL}/{place}" for place in range(3)]
        first = Delivery.objects.earliest("pk")
        assert Delivery.objects.claim(first.pk, 30) is not None
        assert rung() == [f"{URL}/{place}" for place in (1, 2)]

    def test_the_task_delivers_what_it_is_rung_for_and_nothing_twice(
        self, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[str] = []

        def post(row: Delivery, transport: object) -> int:
            sent.append(row.public_id)
            return 200

        monkeypatch.setattr(deliver, "_post", post)
        tasks.post(delivery.pk)
        tasks.post(delivery.pk)
        assert sent == [delivery.public_id]


class TestRegister:
    @pytest.mark.parametrize(
        "url",
        [
            "ftp://example.com", "example.com/hook", "https://", "http://[::1", "https://x:99999/", "https://u:p@x/",
            "https://x/ y", "https://x/#part", "http://169.254.169.254/latest", "http://[fe80::1]/", "http://2852039166/",
            "http://[::ffff:169.254.169.254]/",
        ],
    )  # fmt: skip
    def test_what_cannot_be_called_is_refused(self, owner: Caller, url: str) -> None:
        with pytest.raises(webhooks.BadAddress):
            webhooks.register(Organization.objects.get(slug="acme"), url)

    @pytest.mark.parametrize("url", [URL, "http://10.1.2.3:8080/hook?token=x", "http://localhost/hook", "http://[::1]/"])
    def test_ones_own_network_may_be_called(self, owner: Caller, url: str) -> None:
        assert webhooks.register(Organization.objects.get(slug="acme"), url)[0].url == url

    def test_the_secret_is_encrypted_at_rest(self, secret: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM trainer_endpoint")
            stored = str(cursor.fetchone()[0])
        assert secret not in stored
        assert Endpoint.objects.get().secret == secret
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32

    def test_rotating_the_keys_keeps_it_readable(self, secret: str, settings: Any) -> None:
        settings.FIELD_KEYS = ["new", *settings.FIELD_KEYS]
        call_command("rotate_keys", stdout=StringIO())
        settings.FIELD_KEYS = ["new"]
        assert Endpoint.objects.get().secret == secret


class TestCommand:
    def command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("trainer_webhook", *arguments, stdout=out)
        return out.getvalue()

    def test_create_prints_the_secret_and_nothing_else(self, owner: Caller) -> None:
        said = self.command("create", URL, "--organization", "acme")
        assert said == f"{Endpoint.objects.get().secret}\n"
        assert said.startswith("whsec_")

    def test_create_takes_single_events(self, owner: Caller) -> None:
        self.command("create", URL, "--organization", "acme", "--event", "fine_tuning.job.failed")
        assert Endpoint.objects.get().events == ["fine_tuning.job.failed"]

    def test_an_unknown_organization_or_a_bad_address_is_said(self, owner: Caller) -> None:
        with pytest.raises(CommandError, match="There is no organization “nobody”"):
            self.command("create", URL, "--organization", "nobody")
        with pytest.raises(CommandError, match="must begin with https://"):
            self.command("create", "hooks.example.com", "--organization", "acme")

    def test_list_shows_what_came_of_the_last_message_and_no_secret(self, owner: Caller, secret: str) -> None:
        assert "nothing sent in the last 30 days" in self.command("list")
        owner.post(f"fine_tuning/jobs/{current(owner)['id']}/cancel")
        assert "on its way" in self.command("list")
        deliver.deliver(due(), answers(500))
        assert "HTTP 500" in self.command("list")
        deliver.deliver(due(), answers(200))
        listed = self.command("list")
        assert "delivered" in listed
        assert URL in listed
        assert secret not in listed
        Delivery.objects.update(delivered_at=None, due_at=None)
        assert "given up" in self.command("list")

    def test_remove_ends_it_with_its_messages(self, delivery: Delivery) -> None:
        assert "nothing any more" in self.command("remove", str(delivery.endpoint.pk))
        assert not Delivery.objects.exists()
        assert Job.objects.exists()
        with pytest.raises(CommandError, match="There is no webhook"):
            self.command("remove", "1")
