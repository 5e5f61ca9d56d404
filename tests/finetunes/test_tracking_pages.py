"""Who sets trackers up and who sends, and what the pages say of it."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetunes.models import FineTune, Sending, Tracker
from finetunes.tracking import child
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.exporting import HOSTILE, address
from tests.finetunes.tracking import new_tracker, settled, wished

LIST = "/finetunes/trackers/"
WANDB = f"{LIST}wandb/"
MLFLOW = f"{LIST}mlflow/"
VALUES = {"project": "Triage", "account": "", "address": "", "key": "secret-key-1", "sends_data": "on"}


def send_address(fine_tune: FineTune, kind: str = "wandb") -> str:
    return reverse("finetunes:export-send", args=[fine_tune.pk, kind])


def html(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


class TestSetUp:
    def test_an_owner_sets_it_up_and_the_key_is_never_shown(self, owner_client: Client, people: People) -> None:
        assert owner_client.post(WANDB, VALUES)["Location"] == LIST
        tracker = Tracker.objects.get()
        assert (tracker.key, tracker.project, tracker.since) == ("secret-key-1", "Triage", None)
        assert "secret-key-1" not in html(owner_client, WANDB) + html(owner_client, LIST)
        entry = AuditEntry.objects.get(action="tracker.changed")
        assert entry.actor == people.owner
        assert "secret-key-1" not in str(entry.details)

    def test_the_key_is_encrypted_and_can_be_rotated(self, people: People) -> None:
        tracker = new_tracker(people)
        with database.cursor() as cursor:
            cursor.execute("select key from finetunes_tracker")
            before = cursor.fetchone()[0]
        assert "k" * 40 not in before
        call_command("rotate_keys")
        with database.cursor() as cursor:
            cursor.execute("select key from finetunes_tracker")
            assert cursor.fetchone()[0] != before
        tracker.refresh_from_db()
        assert tracker.key == "k" * 40

    @pytest.mark.parametrize("who", ["member", "viewer"])
    def test_others_do_not(self, people: People, request: pytest.FixtureRequest, who: str) -> None:
        client: Client = request.getfixturevalue(f"{who}_client")
        for method, path in (("get", WANDB), ("post", WANDB), ("post", f"{WANDB}remove/")):
            assert getattr(client, method)(path).status_code == 403
        assert "An owner can do that" in html(client, LIST)

    def test_an_unknown_kind_is_not_found(self, owner_client: Client) -> None:
        assert owner_client.get(f"{LIST}neptune/").status_code == 404

    def test_an_empty_key_keeps_the_stored_one(self, owner_client: Client, people: People) -> None:
        new_tracker(people)
        owner_client.post(WANDB, VALUES | {"key": ""})
        assert Tracker.objects.get().key == "k" * 40

    def test_a_stored_key_goes_to_no_other_server(self, owner_client: Client, people: People) -> None:
        new_tracker(people)
        answer = owner_client.post(WANDB, VALUES | {"key": "", "address": "https://elsewhere.example"})
        assert answer.status_code == 422
        assert "enter the key for it" in answer.content.decode()
        assert Tracker.objects.get().address == ""

    @pytest.mark.parametrize(
        "bad",
        ["file:///etc", "sqlite:///x.db", "databricks", "http://169.254.169.254", "https://a:b@c.example", "https://c/?x=1"],
    )
    def test_only_web_servers_are_addresses(self, owner_client: Client, bad: str) -> None:
        assert owner_client.post(MLFLOW, VALUES | {"address": bad}).status_code == 422
        assert not Tracker.objects.exists()

    def test_mlflow_needs_an_address_and_no_key(self, owner_client: Client) -> None:
        assert owner_client.post(MLFLOW, VALUES | {"key": ""}).status_code == 422
        assert owner_client.post(MLFLOW, VALUES | {"key": "", "address": "http://mlflow:5000/"}).status_code == 302
        assert Tracker.objects.get().address == "http://mlflow:5000"

    def test_weights_and_biases_need_a_key(self, owner_client: Client) -> None:
        assert owner_client.post(WANDB, VALUES | {"key": ""}).status_code == 422

    def test_new_ones_are_those_from_now_on(self, owner_client: Client) -> None:
        before = timezone.now()
        owner_client.post(WANDB, VALUES | {"sends_new": "on"})
        since = Tracker.objects.get().since
        assert since is not None
        assert since >= before
        owner_client.post(WANDB, VALUES | {"sends_new": "on", "project": "Other"})
        assert Tracker.objects.get().since == since
        owner_client.post(WANDB, VALUES)
        assert Tracker.objects.get().since is None

    def test_removed_it_forgets_the_key(self, owner_client: Client, people: People) -> None:
        new_tracker(people)
        assert owner_client.post(f"{WANDB}remove/").status_code == 302
        assert not Tracker.objects.exists()
        assert AuditEntry.objects.filter(action="tracker.removed").exists()

    def test_another_organization_has_its_own(self, outsider_client: Client, people: People) -> None:
        new_tracker(people)
        assert outsider_client.post(f"{WANDB}remove/").status_code == 404
        outsider_client.post(WANDB, VALUES)
        assert Tracker.objects.count() == 2

    def test_a_client_that_is_not_installed_is_said(self, owner_client: Client, settings: Any) -> None:
        child.is_installed.cache_clear()
        assert f"{sys.executable} -m pip install wandb" in html(owner_client, WANDB)


class TestSend:
    def test_a_member_sends_one(self, member_client: Client, people: People, fine_tune: FineTune) -> None:
        new_tracker(people)
        assert "Only a fine-tune that succeeded" in html(member_client, address(fine_tune))
        settled(fine_tune)
        assert send_address(fine_tune) in html(member_client, address(fine_tune))
        assert member_client.post(send_address(fine_tune))["Location"] == address(fine_tune)
        assert Sending.objects.get().asked_by == people.member
        assert AuditEntry.objects.get(action="fine-tune.sent").details == {"tracker": "wandb", "force": False}
        page = html(member_client, address(fine_tune), **{"HX-Request": "true", "HX-Target": "sendings"})
        assert "It is being sent" in page
        assert 'hx-trigger="every 2s"' in page
        assert "<html" not in page

    def test_a_viewer_sees_and_does_not_send(self, viewer_client: Client, people: People, fine_tune: FineTune) -> None:
        new_tracker(people)
        assert send_address(settled(fine_tune)) not in html(viewer_client, address(fine_tune))
        assert viewer_client.post(send_address(fine_tune)).status_code == 403
        assert viewer_client.post(f"{WANDB}send/").status_code == 403

    def test_strangers_find_nothing(self, outsider_client: Client, people: People, fine_tune: FineTune) -> None:
        new_tracker(people)
        assert outsider_client.post(send_address(settled(fine_tune))).status_code == 404
        assert outsider_client.post(f"{WANDB}send/").status_code == 404

    def test_without_a_tracker_there_is_none_to_send_to(self, member_client: Client, fine_tune: FineTune) -> None:
        assert member_client.post(send_address(settled(fine_tune))).status_code == 404
        assert "An owner can add" in html(member_client, address(fine_tune))

    def test_what_was_sent_is_linked_and_can_be_sent_again(
        self, member_client: Client, people: People, fine_tune: FineTune
    ) -> None:
        one = wished(new_tracker(people), settled(fine_tune))
        facts = {"state": "sent", "due_at": None, "sent_at": timezone.now(), "url": "https://wandb.ai/x/runs/ftjob-1"}
        Sending.objects.filter(pk=one.pk).update(**facts)
        page = html(member_client, address(fine_tune))
        assert 'href="https://wandb.ai/x/runs/ftjob-1"' in page
        assert "Send to Weights &amp; Biases again" in page
        member_client.post(send_address(fine_tune), {"force": "1"})
        assert Sending.objects.get().force

    def test_what_went_wrong_is_said_as_text(self, member_client: Client, people: People, fine_tune: FineTune) -> None:
        one = wished(new_tracker(people), settled(fine_tune))
        Sending.objects.filter(pk=one.pk).update(state="failed", trouble=HOSTILE, url="javascript:alert(1)")
        for page in (html(member_client, address(fine_tune)), html(member_client, LIST)):
            assert HOSTILE not in page
            assert "alert(1)" in page
            assert "javascript:" not in page

    def test_all_at_once(self, member_client: Client, people: People, fine_tune: FineTune) -> None:
        new_tracker(people)
        assert "disabled" in html(member_client, LIST)
        settled(fine_tune)
        assert "1 fine-tune has succeeded" in html(member_client, LIST)
        assert member_client.post(f"{WANDB}send/")["Location"] == LIST
        assert Sending.objects.get().fine_tune == fine_tune
        page = html(member_client, LIST, **{"HX-Request": "true", "HX-Target": "trackers"})
        assert "Waiting to be sent" in page
        Sending.objects.update(state="sent", due_at=None)
        assert "is there already" in member_client.post(f"{WANDB}send/", follow=True).content.decode()

    def test_the_list_asks_no_more_for_many(
        self, member_client: Client, people: People, fine_tune: FineTune, django_assert_max_num_queries: Any
    ) -> None:
        wished(new_tracker(people), settled(fine_tune))
        with django_assert_max_num_queries(14):
            html(member_client, LIST)
