"""Sent, outcome unknown: the provider is asked, then a person, and nothing is sent again before that."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetunes import doubt
from finetunes.models import FineTune, Upload
from finetunes.statuses import Status
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.provider import Provider, crash, lost, status
from tests.finetunes.stepping import end_doubt, step, step_and_die, steps

CREATE = "/fine_tuning/jobs"


@pytest.fixture
def provider() -> Provider:
    return Provider(promises_to_honour_keys=False)


@pytest.fixture
def intent(people: People, connection: Any, version: Any) -> FineTune:
    return new_fine_tune(people, connection, version, base_model="babbage-002")


def ask(fine_tune: FineTune, provider: Provider) -> FineTune:
    return step(fine_tune, provider.client("jobs"))


@pytest.fixture
def undecided(intent: FineTune, provider: Provider) -> FineTune:
    """One that never arrived, on which the provider was asked until nothing more could turn up."""
    provider.break_next("POST", CREATE, status(502, "Bad gateway"))
    row = steps(intent, provider.client("jobs"), 2)
    end_doubt(row)
    return ask(row, provider)


def decide_url(fine_tune: FineTune) -> str:
    return reverse("finetunes:decide", args=[fine_tune.pk])


class TestAsking:
    def test_nobody_is_asked_before_the_provider_was(self, intent: FineTune, provider: Provider) -> None:
        provider.break_next("POST", CREATE, lost(httpx.ReadTimeout))
        row = ask(intent, provider)
        assert row.in_doubt
        assert not row.awaits_decision
        provider.break_next("GET", CREATE, status(500), times=3)
        end_doubt(row)
        row = steps(row, provider.client("jobs"), 2)
        assert not row.awaits_decision, "it has not answered yet"
        assert row.denied_at is None

    def test_a_person_is_asked_once_nothing_more_can_turn_up(self, undecided: FineTune, provider: Provider) -> None:
        assert undecided.awaits_decision
        assert undecided.status == Status.SENDING
        assert undecided.last_words == "Bad gateway"
        assert undecided.denials == 2
        assert undecided.denied_at
        assert len(provider.sent("POST", CREATE)) == 1

    def test_it_is_never_sent_again_by_itself(self, undecided: FineTune, provider: Provider) -> None:
        for _ in range(5):
            end_doubt(undecided)
            undecided = ask(undecided, provider)
        assert len(provider.sent("POST", CREATE)) == 1
        assert undecided.due_at, "it goes on being looked for"

    def test_one_that_turns_up_needs_nobody(self, undecided: FineTune, provider: Provider) -> None:
        metadata = {"tunedeck": undecided.token.hex}
        job = {"id": "late", "object": "fine_tuning.job", "status": "queued", "training_file": "file-1"}
        provider.jobs["late"] = {**job, "model": "babbage-002", "metadata": metadata, "created_at": 1}
        row = ask(undecided, provider)
        assert row.remote_id == "late"
        assert not row.awaits_decision
        assert not FineTune.objects.undecided().exists()

    def test_a_crash_leaves_no_words(self, intent: FineTune, provider: Provider) -> None:
        provider.break_next("POST", CREATE, crash)
        row = step_and_die(intent, provider.client("jobs"))
        end_doubt(row)
        row = ask(row, provider)
        assert row.awaits_decision
        assert row.last_words == ""

    def test_a_key_is_relied_on_for_half_the_time_that_it_is_kept(self, undecided: FineTune, provider: Provider) -> None:
        provider.promises_to_honour_keys = True
        FineTune.objects.filter(pk=undecided.pk).update(first_sent_at=timezone.now() - timedelta(hours=13))
        assert ask(undecided, provider).awaits_decision
        FineTune.objects.filter(pk=undecided.pk).update(first_sent_at=timezone.now() - timedelta(hours=11))
        assert ask(undecided, provider).remote_id
        assert provider.sent("POST", CREATE)[-1].headers["Idempotency-Key"] == str(undecided.token)

    def test_a_provider_that_promises_nothing_gets_no_key(self, intent: FineTune, provider: Provider) -> None:
        ask(intent, provider)
        assert "Idempotency-Key" not in provider.sent("POST", CREATE)[0].headers

    def test_others_on_the_same_file_wait_and_say_for_whom(
        self, undecided: FineTune, provider: Provider, people: People, viewer_client: Client
    ) -> None:
        second = new_fine_tune(people, undecided.connection, undecided.version, base_model="babbage-002")
        second = ask(second, provider)
        assert not second.remote_id
        page = viewer_client.get(second.get_absolute_url()).content.decode()
        assert "It waits until it is known whether “ticket-triage”, which trains on the same file, was started." in page


class TestDeciding:
    def test_send_again_asks_once_more_and_sends(
        self, undecided: FineTune, provider: Provider, member_client: Client, people: People
    ) -> None:
        answer = member_client.post(decide_url(undecided), {"answer": "send-again"})
        assert answer["Location"] == undecided.get_absolute_url()
        asked = len(provider.sent("GET", CREATE))
        row = ask(undecided, provider)
        assert row.remote_id in provider.jobs
        assert len(provider.sent("GET", CREATE)) > asked
        assert len(provider.sent("POST", CREATE)) == 2
        entry = AuditEntry.objects.get(action="fine-tune.sent-again")
        assert entry.actor == people.member
        assert entry.details["said"] == "Bad gateway"
        assert entry.details["asked"] == 2
        assert entry.details["denied_at"]

    def test_send_again_of_one_that_is_there_after_all_sends_nothing(
        self, undecided: FineTune, provider: Provider, member_client: Client
    ) -> None:
        member_client.post(decide_url(undecided), {"answer": "send-again"})
        job = {"id": "late", "object": "fine_tuning.job", "status": "queued", "training_file": "file-1", "created_at": 1}
        provider.jobs["late"] = {**job, "model": "babbage-002", "metadata": {"tunedeck": undecided.token.hex}}
        assert ask(undecided, provider).remote_id == "late"
        assert len(provider.sent("POST", CREATE)) == 1

    def test_a_second_lost_answer_is_a_second_doubt(
        self, undecided: FineTune, provider: Provider, member_client: Client
    ) -> None:
        member_client.post(decide_url(undecided), {"answer": "send-again"})
        provider.break_next("POST", CREATE, lost(httpx.ReadTimeout))
        row = ask(undecided, provider)
        assert row.in_doubt
        assert row.denials == 0
        assert row.resend_requested_at is None
        row = ask(row, provider)
        assert not row.awaits_decision
        assert len(provider.sent("POST", CREATE)) == 2

    def test_give_up_ends_it(self, undecided: FineTune, provider: Provider, member_client: Client) -> None:
        member_client.post(decide_url(undecided), {"answer": "give-up"})
        row = ask(undecided, provider)
        assert row.status == Status.CANCELLED
        assert len(provider.sent("POST", CREATE)) == 1
        assert not Upload.objects.filter(creating=row).exists()
        assert AuditEntry.objects.filter(action="fine-tune.given-up").count() == 1

    def test_two_answers_are_one(self, undecided: FineTune, member_client: Client) -> None:
        for answer in ("send-again", "send-again", "give-up"):
            member_client.post(decide_url(undecided), {"answer": answer})
        assert AuditEntry.objects.filter(target_type="finetune").count() == 1
        undecided.refresh_from_db()
        assert undecided.cancel_requested_at is None
        assert not doubt.send_again(undecided)

    def test_a_strange_answer_changes_nothing(self, undecided: FineTune, member_client: Client) -> None:
        page = member_client.post(decide_url(undecided), {"answer": "whatever"})
        assert page.status_code == 200
        undecided.refresh_from_db()
        assert undecided.awaits_decision

    def test_there_is_nothing_to_decide_before_that(self, intent: FineTune, member_client: Client) -> None:
        page = member_client.get(decide_url(intent), follow=True)
        assert "There is nothing to decide any more." in page.content.decode()

    def test_a_viewer_may_not(self, undecided: FineTune, viewer_client: Client) -> None:
        assert viewer_client.post(decide_url(undecided), {"answer": "send-again"}).status_code == 403


class TestWords:
    def test_the_page_says_what_the_provider_said_and_what_each_button_means(
        self, undecided: FineTune, member_client: Client
    ) -> None:
        page = re.sub(r"\s+", " ", member_client.get(decide_url(undecided)).content.decode())
        assert "“Bad gateway”" in page
        assert "2 times" in page
        assert "“There is no such fine-tune in the list.”" in page
        assert "It is not there: send again</button>" in page
        assert "Give it up</button>" in page
        assert "there would be two, and both may cost money" in page

    def test_its_own_page_and_the_first_one_lead_there(
        self, undecided: FineTune, member_client: Client, viewer_client: Client
    ) -> None:
        own = member_client.get(undecided.get_absolute_url()).content.decode()
        assert "Sending, outcome unknown" in own
        assert "Trainer was asked 2 times, last just now, and says that it has no such fine-tune." in own
        assert f'href="{decide_url(undecided)}"' in own
        assert "Somebody has to decide." in viewer_client.get("/").content.decode()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({}, "is asked whether it arrived before anything is sent again"),
            ({"trouble": "The server did not answer in time."}, "cannot be asked yet whether it arrived. The server did"),
            ({"cancel_requested_at": timezone.now()}, "is asked whether it arrived, to cancel it there"),
            ({"resend_requested_at": timezone.now()}, "is asked once more, then it is sent again"),
            ({"needs_decision": True}, "It waits for somebody to decide"),
        ],
    )
    def test_each_moment_of_doubt_has_its_sentence(
        self, intent: FineTune, viewer_client: Client, changes: dict[str, Any], words: str
    ) -> None:
        now = timezone.now()
        FineTune.objects.filter(pk=intent.pk).update(sent_at=now, doubt_until=now, denied_at=now, **changes)
        assert words in viewer_client.get(intent.get_absolute_url()).content.decode()
