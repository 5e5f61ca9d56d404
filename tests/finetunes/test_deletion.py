"""A model is deleted: asked for, held, taken back or carried out, and nothing of it is lost on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from connections.models import Connection
from datasets.models import Version
from finetunes import bases, tasks
from finetunes.deletion import ask
from finetunes.deletion.carry_out import FIRST, LONGEST, carry_out
from finetunes.models import Deletion, FineTune, Model, Polling
from finetunes.shutdowns import calendar
from finetunes.statuses import Status
from notifications.models import Notification
from playground import pick
from teams.models import AuditEntry, Membership, Role
from tests.conftest import People, signed_in
from tests.finetunes.conftest import NAME, new_fine_tune
from tests.finetunes.provider import Crash, Provider, crash, lost, status

OWNER = "You have insufficient permissions for this operation. You need to be this role: Owner."
WHY = "It is wrong about refunds."


def wish(model: Model, people: People, **changes: Any) -> Deletion:
    return ask.ask(model, people.owner, **({"typed": NAME, "reason": WHY} | changes))


def come_true(deletion: Deletion, provider: Provider) -> Deletion:
    """Let the time of the deletion, or of its next attempt, come, and carry it out."""
    now = timezone.now()
    Deletion.objects.filter(pk=deletion.pk).update(due_at=now, hold_until=now)
    assert carry_out(deletion.pk, provider.client())
    deletion.refresh_from_db()
    deletion.model.refresh_from_db()
    return deletion


class TestAsking:
    def test_a_model_is_held_for_seven_days_and_nobody_is_asked(self, people: People, model: Model, held: Provider) -> None:
        deletion = wish(model, people)
        model.refresh_from_db()
        assert model.is_being_deleted
        assert not model.is_usable
        assert timedelta(days=6.9) < deletion.hold_until - timezone.now() <= timedelta(days=7)
        assert not carry_out(deletion.pk, held.client())
        assert held.requests == []

    def test_at_once_it_is_due_now(self, people: People, model: Model) -> None:
        assert wish(model, people, at_once=True).pk in Deletion.objects.due().values_list("pk", flat=True)

    def test_without_days_of_hold_every_deletion_is_at_once(self, people: People, model: Model, settings: Any) -> None:
        settings.DELETION_HOLD_DAYS = 0
        deletion = wish(model, people)
        assert deletion.at_once
        assert not deletion.is_held

    @pytest.mark.parametrize("typed", ["", "ada", NAME.upper(), NAME[:-1]])
    def test_another_name_changes_nothing(self, people: People, model: Model, typed: str) -> None:
        with pytest.raises(ask.Refused):
            wish(model, people, typed=typed)
        assert not Deletion.objects.exists()

    @pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001])
    def test_a_reason_is_wanted_of_a_sensible_length(self, people: People, model: Model, reason: str) -> None:
        with pytest.raises(ask.Refused):
            wish(model, people, reason=reason)

    def test_of_two_owners_the_second_is_told(self, people: People, model: Model) -> None:
        wish(model, people)
        with pytest.raises(ask.Refused):
            wish(model, people)
        assert Deletion.objects.count() == 1

    def test_the_database_takes_no_second_open_one(self, people: People, model: Model) -> None:
        wish(model, people)
        with pytest.raises(IntegrityError), transaction.atomic():
            Deletion.objects.create(model=model, reason=WHY, hold_until=timezone.now())

    def test_another_owner_may_do_without_the_rest_of_the_hold(self, people: People, model: Model) -> None:
        first = wish(model, people)
        second = wish(model, people, at_once=True)
        assert second == first
        assert second.at_once
        assert Deletion.objects.due().exists()

    def test_the_other_owners_are_told(self, people: People, model: Model) -> None:
        wish(model, people)
        told = Notification.objects.get(kind="deletion-planned")
        assert told.concerns == people.owner
        assert told.facts["why"] == WHY


class TestHidden:
    """While it is held it is offered nowhere."""

    @pytest.fixture(autouse=True)
    def hidden(self, people: People, model: Model, held: Provider) -> None:
        assert pick.if_there(people.organization, str(model.pk))
        wish(model, people)

    def test_in_no_choice(self, people: People, model: Model, connection: Connection, held: Provider) -> None:
        assert not pick.models(people.organization).exists()
        assert pick.if_there(people.organization, str(model.pk)) is None
        offer = bases.offered(connection, client=held.client(), fresh=True)
        assert offer.bases
        assert not offer.get(NAME)

    def test_in_no_list(self, member_client: Client, owner_client: Client, people: People, model: Model) -> None:
        for address in ("/models/", "/models/?show=all", "/playground/", "/playground/sides/", "/finetunes/new/"):
            assert NAME not in member_client.get(address).content.decode(), address
        assert "Being deleted" in owner_client.get("/models/").content.decode()
        Model.objects.filter(pk=model.pk).update(shutdown_date=timezone.localdate() + timedelta(days=9))
        assert calendar(people.organization) == []

    def test_its_own_page_says_so_to_everybody(self, viewer_client: Client, owner_client: Client, model: Model) -> None:
        page = viewer_client.get(model.get_absolute_url()).content.decode()
        assert "It will be deleted on" in page
        assert WHY in page
        assert reverse("models:restore", args=[model.pk]) not in page
        assert reverse("playground:home") + "?model" not in page
        assert reverse("models:restore", args=[model.pk]) in owner_client.get(model.get_absolute_url()).content.decode()

    def test_many_of_them_take_no_more_queries(
        self, people: People, model: Model, connection: Connection, owner_client: Client,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:  # fmt: skip
        for number in range(12):
            other = Model.objects.create(
                organization=people.organization, connection=connection, name=f"m{number}", base_model="ada"
            )
            ask.ask(other, people.owner, typed=other.name, reason=WHY)
        with django_assert_max_num_queries(12):
            assert "m11" in owner_client.get("/models/").content.decode()


class TestRestoring:
    def test_it_is_back_where_it_was(self, people: People, model: Model, held: Provider) -> None:
        deletion = wish(model, people)
        ask.restore(model, people.owner)
        model.refresh_from_db()
        assert model.is_usable
        assert not Deletion.objects.open().exists()
        assert not carry_out(deletion.pk, held.client())
        assert pick.if_there(people.organization, str(model.pk))

    def test_it_can_be_asked_for_anew(self, people: People, model: Model) -> None:
        wish(model, people)
        ask.restore(model, people.owner)
        model.refresh_from_db()
        assert wish(model, people).is_open

    def test_a_second_time_it_is_said(self, people: People, model: Model) -> None:
        wish(model, people)
        ask.restore(model, people.owner)
        with pytest.raises(ask.Refused):
            ask.restore(model, people.owner)

    def test_who_restores_just_before_the_provider_is_told_wins(
        self, people: People, model: Model, held: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deletion = wish(model, people, at_once=True)
        quiet = Polling.objects.quiet_until

        def restored_meanwhile(connection: int) -> Any:
            ask.restore(model, people.owner)
            return quiet(connection)

        monkeypatch.setattr(type(Polling.objects), "quiet_until", lambda self, pk: restored_meanwhile(pk))
        carry_out(deletion.pk, held.client())
        assert NAME in held.models
        model.refresh_from_db()
        assert model.is_usable

    def test_who_restores_while_the_provider_is_told_is_too_late(self, people: People, model: Model, held: Provider) -> None:
        deletion = wish(model, people, at_once=True)

        def meanwhile(request: httpx.Request) -> httpx.Response:
            with pytest.raises(ask.Refused):
                ask.restore(model, people.owner)
            return httpx.Response(200, json={"id": NAME, "deleted": True})

        held.break_next("DELETE", "/models/.+", meanwhile, after=True)
        assert come_true(deletion, held).done_at
        assert deletion.model.is_deleted


class TestCarryingOut:
    def test_it_is_deleted_there_its_record_stays_with_a_receipt(self, people: People, model: Model, held: Provider) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={"id": NAME, "deleted": True}, headers={"x-request-id": "req_17"})

        held.break_next("DELETE", "/models/.+", answer, after=True)
        done = come_true(wish(model, people), held)
        assert NAME not in held.models
        assert (done.model.deleted_by, done.model.is_deleted, done.model.is_being_deleted) == (people.owner, True, False)
        assert done.receipt["status"] == 200
        assert done.receipt["request_id"] == "req_17"
        assert NAME in done.receipt["answer"]
        entry = AuditEntry.objects.get(action="model.deleted")
        assert (entry.actor, entry.details["reason"], entry.details["request_id"]) == (people.owner, WHY, "req_17")

    def test_one_that_is_gone_there_counts_as_deleted(self, people: People, model: Model, held: Provider) -> None:
        held.models.clear()
        done = come_true(wish(model, people), held)
        assert done.was_gone
        assert done.model.is_deleted

    def test_a_second_run_asks_nobody(self, people: People, model: Model, held: Provider) -> None:
        done = come_true(wish(model, people), held)
        assert not carry_out(done.pk, held.client())
        assert len(held.sent("DELETE", ".*")) == 1

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_worker_that_dies_is_followed_by_another(
        self, people: People, model: Model, held: Provider, when: str
    ) -> None:
        deletion = wish(model, people, at_once=True)
        held.break_next("DELETE", "/models/.+", crash, after=when == "after")
        with pytest.raises(Crash):
            carry_out(deletion.pk, held.client())
        Deletion.objects.update(lease_until=timezone.now())
        deletion.refresh_from_db()
        assert not deletion.can_be_restored
        assert come_true(deletion, held).model.is_deleted
        assert NAME not in held.models
        assert AuditEntry.objects.filter(action="model.deleted").count() == 1

    def test_whoever_lost_the_lease_writes_nothing(self, people: People, model: Model, held: Provider) -> None:
        deletion = wish(model, people, at_once=True)

        def meanwhile(request: httpx.Request) -> httpx.Response:
            Deletion.objects.update(lease_token=None, lease_until=None)
            return httpx.Response(200, json={"deleted": True})

        held.break_next("DELETE", "/models/.+", meanwhile)
        carry_out(deletion.pk, held.client())
        assert not AuditEntry.objects.filter(action="model.deleted").exists()
        assert come_true(deletion, held).done_at
        assert AuditEntry.objects.filter(action="model.deleted").count() == 1

    def test_while_a_fine_tune_goes_on_from_it_it_waits(
        self, people: People, connection: Connection, version: Version, model: Model, held: Provider
    ) -> None:
        child = new_fine_tune(people, connection, version, base_model=NAME, parent=model)
        deletion = come_true(wish(model, people, at_once=True), held)
        assert NAME in held.models
        assert deletion.due_at
        assert deletion.can_be_restored
        FineTune.objects.filter(pk=child.pk).update(status=Status.SUCCEEDED)
        assert come_true(deletion, held).model.is_deleted

    def test_a_provider_that_asked_for_quiet_is_left_alone(
        self, people: People, connection: Connection, model: Model, held: Provider
    ) -> None:
        until = timezone.now() + timedelta(minutes=5)
        Polling.objects.create(connection=connection, quiet_until=until)
        assert come_true(wish(model, people, at_once=True), held).due_at == until
        assert held.requests == []

    def test_a_connection_that_was_ended_is_asked_all_the_same(
        self, people: People, connection: Connection, model: Model, held: Provider
    ) -> None:
        Connection.objects.filter(pk=connection.pk).update(archived_at=timezone.now())
        assert come_true(wish(model, people), held).model.is_deleted

    def test_the_ring_finds_what_is_due(
        self, people: People, model: Model, held: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deletion = wish(model, people, at_once=True)
        rung: list[Any] = []
        monkeypatch.setattr(tasks.delete_model, "apply_async", lambda args, **options: rung.append(args))
        tasks.ring()
        assert rung == [(deletion.pk,)]
        tasks.delete_model(deletion.pk)
        model.refresh_from_db()
        assert model.is_deleted


def page(number: int) -> Any:
    return lambda request: httpx.Response(number, html="<html><title>Sign in</title></html>")


TROUBLES = {
    "401": (status(401, "No such key."), "AuthenticationFailed", True),
    "403": (status(403, OWNER), "PermissionDenied", True),
    "429": (status(429, "Slow down."), "RateLimited", True),
    "500": (status(500), "ServerError", False),
    "503": (status(503), "ServerError", False),
    "a page": (page(200), "BadAnswer", False),
    "a page that says 404": (page(404), "BadAnswer", False),
    "a refusal that says 200": (lambda request: httpx.Response(200, json={"deleted": False}), "BadAnswer", False),
    "nothing": (lost(httpx.ReadTimeout), "Timeout", False),
    "no line": (lost(httpx.ConnectError), "ConnectionFailed", True),
    "a line that breaks": (lost(httpx.ReadError), "ConnectionLost", False),
}


class TestTrouble:
    @pytest.mark.parametrize("kind", TROUBLES)
    def test_it_is_said_and_tried_again(
        self, people: People, model: Model, held: Provider, viewer_client: Client, kind: str
    ) -> None:
        effect, name, can_be_restored = TROUBLES[kind]
        held.break_next("DELETE", "/models/.+", effect)
        stuck = come_true(wish(model, people), held)
        assert stuck.trouble["kind"] == name
        assert stuck.can_be_restored is can_be_restored
        assert not stuck.model.is_deleted
        assert stuck.due_at
        shown = viewer_client.get(model.get_absolute_url()).content.decode()
        assert "1 attempt has failed." in shown
        assert come_true(stuck, held).model.is_deleted

    def test_a_refusal_is_told_to_owners_at_once_and_once(self, people: People, model: Model, held: Provider) -> None:
        held.break_next("DELETE", "/models/.+", status(403, OWNER), times=2)
        stuck = come_true(come_true(wish(model, people), held), held)
        told = Notification.objects.get(kind="deletion-stuck")
        assert told.facts["error"] == OWNER
        assert stuck.failures == 2

    def test_what_may_pass_is_told_when_it_does_not(self, people: People, model: Model, held: Provider) -> None:
        held.break_next("DELETE", "/models/.+", status(503), times=3)
        stuck = come_true(come_true(wish(model, people), held), held)
        assert not Notification.objects.filter(kind="deletion-stuck").exists()
        come_true(stuck, held)
        assert Notification.objects.filter(kind="deletion-stuck").exists()

    def test_each_attempt_comes_later_but_within_an_hour(self, people: People, model: Model, held: Provider) -> None:
        held.break_next("DELETE", "/models/.+", status(503), times=100)
        stuck = come_true(wish(model, people), held)
        assert stuck.due_at
        assert 0.7 * FIRST < (stuck.due_at - timezone.now()).total_seconds() <= FIRST
        Deletion.objects.update(failures=60)
        stuck.refresh_from_db()
        due_at = come_true(stuck, held).due_at
        assert due_at
        assert (due_at - timezone.now()).total_seconds() <= LONGEST

    def test_it_waits_as_long_as_the_provider_wishes(self, people: People, model: Model, held: Provider) -> None:
        def later(request: httpx.Request) -> httpx.Response:
            return httpx.Response(429, json={"error": {"message": "Later."}}, headers={"retry-after": "900"})

        held.break_next("DELETE", "/models/.+", later)
        due_at = come_true(wish(model, people), held).due_at
        assert due_at
        assert (due_at - timezone.now()).total_seconds() > 890

    def test_once_it_may_have_happened_a_clear_refusal_does_not_open_the_way_back(
        self, people: People, model: Model, held: Provider
    ) -> None:
        held.break_next("DELETE", "/models/.+", lost(httpx.ReadTimeout), after=True)
        held.break_next("DELETE", "/models/.+", status(401))
        stuck = come_true(come_true(wish(model, people), held), held)
        assert not stuck.can_be_restored
        done = come_true(stuck, held)
        assert done.was_gone
        assert done.failures == 2

    def test_a_key_that_cannot_be_read_is_trouble_like_any_other(
        self, people: People, connection: Connection, model: Model, held: Provider, viewer_client: Client
    ) -> None:
        key = Connection.objects.filter(pk=connection.pk).values_list("key", flat=True)[0]
        deletion = wish(model, people, at_once=True)
        with transaction.atomic():
            from django.db import connection as database

            database.cursor().execute("update connections_connection set key = 'gAAAAA'")
        assert carry_out(deletion.pk)
        deletion.refresh_from_db()
        assert deletion.trouble["kind"] == "Ours"
        assert deletion.can_be_restored
        assert str(key) not in viewer_client.get(model.get_absolute_url()).content.decode()

    def test_where_there_is_no_way_to_delete_a_person_does_it_and_it_is_seen(
        self, people: People, connection: Connection, model: Model, held: Provider
    ) -> None:
        Model.objects.filter(pk=model.pk).update(name="ftjob-1:c1")
        model.refresh_from_db()
        held.jobs["ftjob-1"] = {"id": "ftjob-1", "object": "fine_tuning.job"}
        held.checkpoints["ftjob-1"] = [{"id": "c1", "object": "fine_tuning.job.checkpoint", "created_at": 1}]
        deletion = wish(model, people, typed="ftjob-1:c1", at_once=True)
        assert carry_out(deletion.pk, held.client("nebius"))
        deletion.refresh_from_db()
        assert (deletion.trouble["kind"], deletion.can_be_restored) == ("NotOffered", True)
        held.checkpoints.clear()
        Deletion.objects.update(due_at=timezone.now())
        assert carry_out(deletion.pk, held.client("nebius"))
        model.refresh_from_db()
        assert model.is_deleted


class TestPages:
    def url(self, model: Model, name: str = "delete") -> str:
        return reverse(f"models:{name}", args=[model.pk])

    def test_an_owner_deletes_and_restores(self, owner_client: Client, people: People, model: Model) -> None:
        shown = owner_client.post(self.url(model), {"name": NAME, "reason": WHY}, follow=True).content.decode()
        assert "The model is hidden, and will be deleted when its hold ends." in shown
        entry = AuditEntry.objects.get(action="model.deletion-asked")
        assert (entry.details["reason"], entry.details["at_once"]) == (WHY, False)
        shown = owner_client.post(self.url(model, "restore"), follow=True).content.decode()
        assert "The model is back where it was." in shown
        assert AuditEntry.objects.filter(action="model.restored").exists()
        shown = owner_client.post(self.url(model, "restore"), follow=True).content.decode()
        assert "It is too late" in shown

    def test_at_once_is_done_by_a_worker_and_the_page_waits_for_it(
        self, owner_client: Client, model: Model, held: Provider
    ) -> None:
        wanted = {"name": NAME, "reason": WHY, "at_once": "1"}
        shown = owner_client.post(self.url(model), wanted, follow=True).content.decode()
        assert "every 2s" in shown
        part = {"HX-Request": "true", "HX-Target": "deletion"}
        assert "<html" not in owner_client.get(model.get_absolute_url(), headers=part).content.decode()
        assert carry_out(Deletion.objects.get().pk)
        assert owner_client.get(model.get_absolute_url(), headers=part)["HX-Refresh"] == "true"
        shown = owner_client.get(model.get_absolute_url()).content.decode()
        assert "Deleted at the provider by Owner" in shown
        assert "Receipt of its deletion" in shown

    @pytest.mark.parametrize(
        ("said", "words"),
        [({"name": "ada", "reason": WHY}, "The name does not match."), ({"name": NAME}, "Write down why")],
    )
    def test_what_is_missing_is_explained(
        self, owner_client: Client, model: Model, said: dict[str, str], words: str
    ) -> None:
        answer = owner_client.post(self.url(model), said)
        assert answer.status_code == 422
        assert words in answer.content.decode()

    def test_a_page_that_is_loaded_just_as_it_ends_is_loaded_again(
        self, owner_client: Client, people: People, model: Model, held: Provider
    ) -> None:
        done = come_true(wish(model, people, at_once=True), held)
        # What a look at the model before the end, and at its deletion after it, come to.
        Model.objects.filter(pk=model.pk).update(deleted_at=None, deletion_asked_at=done.asked_at)
        part = {"HX-Request": "true", "HX-Target": "deletion"}
        assert owner_client.get(model.get_absolute_url(), headers=part)["HX-Refresh"] == "true"
        assert "It waits" not in owner_client.get(model.get_absolute_url()).content.decode()

    def test_stuck_ones_can_be_tried_again(self, owner_client: Client, people: People, model: Model, held: Provider) -> None:
        held.break_next("DELETE", "/models/.+", status(403, OWNER))
        come_true(wish(model, people), held)
        assert OWNER in owner_client.get(model.get_absolute_url()).content.decode()
        owner_client.post(self.url(model, "delete-again"))
        assert Deletion.objects.due().exists()

    def test_members_and_viewers_may_not(self, member_client: Client, viewer_client: Client, model: Model) -> None:
        for client in (member_client, viewer_client):
            assert client.get(self.url(model)).status_code == 403
            for name in ("delete", "restore", "delete-again"):
                assert client.post(self.url(model, name), {"name": NAME, "reason": WHY}).status_code == 403
        assert not Deletion.objects.exists()

    def test_another_organization_s_is_not_found(
        self, outsider_client: Client, people: People, model: Model, held: Provider
    ) -> None:
        wish(model, people)
        for name in ("delete", "restore", "delete-again"):
            assert outsider_client.post(self.url(model, name), {"name": NAME, "reason": WHY}).status_code == 404
        assert Deletion.objects.open().exists()

    def test_restoring_what_nobody_deletes_changes_nothing(self, owner_client: Client, model: Model) -> None:
        for name in ("restore", "delete-again"):
            owner_client.post(self.url(model, name))
        model.refresh_from_db()
        assert model.is_usable
        assert not AuditEntry.objects.exists()

    def test_a_member_sees_no_way_to_it(self, member_client: Client, owner_client: Client, model: Model) -> None:
        assert self.url(model) not in member_client.get(model.get_absolute_url()).content.decode()
        assert self.url(model) in owner_client.get(model.get_absolute_url()).content.decode()

    def test_strangers_are_asked_to_sign_in(self, client: Client, model: Model) -> None:
        for url in ("/models/", model.get_absolute_url(), self.url(model)):
            assert "/accounts/login/" in client.get(url)["Location"]

    def test_a_hostile_answer_is_only_text(self, owner_client: Client, people: People, model: Model, held: Provider) -> None:
        evil = "<script>alert(1)</script>"
        body = {"deleted": True, "said": f"{evil}\0"}
        held.break_next("DELETE", "/models/.+", lambda request: httpx.Response(200, json=body))
        come_true(wish(model, people, reason=evil), held)
        shown = owner_client.get(model.get_absolute_url()).content.decode()
        assert evil not in shown
        assert "&lt;script&gt;" in shown

    def test_a_second_owner_can_take_it_back(self, people: People, model: Model) -> None:
        wish(model, people)
        Membership.objects.filter(user=people.member).update(role=Role.OWNER)
        answer = signed_in(people.member).post(self.url(model, "restore"), follow=True)
        assert "The model is back where it was." in answer.content.decode()
        assert Deletion.objects.get().restored_by == people.member
