"""A person who is erased is nowhere any more: not in a table, not in a file; what they made stays."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import CASCADE, ForeignObjectRel, Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datasets.models import Dataset
from finetunes.models import FineTune
from forgetting import person, words
from handover import depart
from handover.models import Departure
from notifications.models import Notification, Receipt
from playground.models import Asked, Preset, Vote
from teams import audit, invitations
from teams.audit.verify import verify
from teams.models import AuditChain, AuditEntry, Membership, Organization, Role, User
from tests.conftest import signed_in
from tests.handover import made

EMAIL, NAME = "canary.bird@acme.test", "Carla Canarybird"


@pytest.fixture
def files(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def bird(db: None, files: Path) -> User:
    """A person who has left traces everywhere."""
    organization = made.organization()
    user = User.objects.get(email="mia@acme.test")
    User.objects.filter(pk=user.pk).update(email=EMAIL, name=NAME)
    user.refresh_from_db()
    owner = User.objects.get(email="olga@acme.test")
    EmailAddress.objects.create(user=user, email=EMAIL)
    signed_in(user)
    dataset = Dataset.objects.get(name="Tickets")
    steps = [{"code": "x", "choice": "accepted", "by": NAME}, {"code": "y", "by": "Olga Owner"}]
    Dataset.objects.filter(pk=dataset.pk).update(decisions=steps, by_hand=[{"id": "1", "by": EMAIL}], accepting=NAME)
    dataset.versions.update(recipe=steps)
    told = Notification.objects.create(organization=organization, kind="failed", key="x", path="/", facts={"by": NAME})
    Receipt.objects.create(notification=told, user=user)
    invitations.invite(organization, role=Role.VIEWER, email=EMAIL, invited_by=owner)
    audit.note(organization, "dataset.uploaded", dataset, actor=user, address="10.0.0.1")
    audit.note(organization, "member.joined", user, actor=owner, email=EMAIL)
    Departure.objects.create(organization=organization, asked_by=user, due_at=timezone.now())
    depart.carry_out(Departure.objects.get().pk)
    return user


def traces(files: Path) -> Iterator[str]:
    """Name every place of the database and of the files where the person still is."""
    wanted = [EMAIL.lower(), NAME.lower()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                if any(word in str(value).lower() for value in row for word in wanted):
                    yield f"{table}: {row}"
    for path in files.rglob("*"):
        if path.is_file() and any(word.encode() in path.read_bytes().lower() for word in wanted):
            yield str(path)


def test_the_canary_is_found_before(bird: User, files: Path) -> None:
    places = {place.split(":")[0] for place in traces(files)}
    assert {"teams_user", "teams_auditentry", "datasets_dataset", "teams_invitation"} <= places


def test_nothing_of_a_person_is_left(bird: User, files: Path) -> None:
    receipt = person.erase(bird)
    assert list(traces(files)) == []
    assert receipt.counts["invitations"] == 1
    assert receipt.counts["votes"] == 1
    assert receipt.counts["archives"] == 1
    assert receipt.counts["playground.Asked"] == 1
    assert receipt.counts["sessions"] >= 1


def hanging_on(model: type[Model]) -> set[type[Model]]:
    """Return the models whose rows go with a row of this one."""
    fields = model._meta.get_fields(include_hidden=True)
    related = (field for field in fields if isinstance(field, ForeignObjectRel) and field.on_delete is CASCADE)
    found = {field.related_model for field in related}
    return found.union(*map(hanging_on, found)) if found else set()


def test_whatever_goes_with_a_person_has_its_words() -> None:
    labels = {model._meta.label for model in hanging_on(User) | {User}}
    assert labels - set(words.REMOVED) - words.UNSAID == set(), "give each its words in forgetting/words.py"


def test_the_receipt_is_in_plain_words(bird: User) -> None:
    lines = dict(person.erase(bird).lines)
    assert lines["The account"] == lines["Invitations to the address"] == lines["Memberships in organizations"] == 1
    assert not any("." in what or what.islower() for what in lines)


def test_one_thing_of_two_tables_is_said_once() -> None:
    assert words.removed({"playground.Trial": 2, "trials": 1, "new": 3}) == [("Questions asked side by side", 3), ("new", 3)]


def test_what_belongs_to_the_organization_stays(bird: User) -> None:
    before = {model: model._default_manager.count() for model in (Dataset, FineTune, Preset)}
    person.erase(bird)
    assert {model: model._default_manager.count() for model in before} == before
    assert FineTune.objects.get(name="First").started_by is None
    decisions = Dataset.objects.get(name="Tickets").decisions
    assert [step["by"] for step in decisions] == ["somebody who left", "Olga Owner"]
    assert not Asked.objects.exists()
    assert not Vote.objects.exists()


def test_the_chain_of_the_log_still_holds_and_says_what_was_done(bird: User) -> None:
    person.erase(bird)
    for end in AuditChain.objects.all():
        assert verify(end).whole
    assert AuditEntry.objects.filter(action="person.erased").count() == 1
    assert AuditEntry.objects.filter(action="dataset.uploaded").exists()


def test_a_log_that_came_from_another_server_loses_the_name_too(bird: User, files: Path, tmp_path: Path) -> None:
    from handover.models import Arrival
    from handover.pack import as_line

    entries = [
        {
            field.attname: getattr(entry, field.attname)
            for field in AuditEntry._meta.concrete_fields
            if field.name != "organization"
        }
        for entry in AuditEntry.objects.order_by("pk")
    ]
    name = made.kept("arrivals/1/audit.jsonl", b"".join(map(as_line, entries)))
    Arrival.objects.create(
        archive=made.asked_token(), organization=Organization.objects.get(), logs=[{"file": name, "sha256": ""}]
    )
    person.erase(bird)
    assert list(traces(files)) == []


def test_the_only_owner_is_refused_and_told_what_to_do(bird: User) -> None:
    owner = User.objects.get(email="olga@acme.test")
    with pytest.raises(person.StillNeeded, match="Make somebody else an owner there first"):
        person.erase(owner)
    assert User.objects.filter(pk=owner.pk).exists()
    with pytest.raises(CommandError, match="only owner"):
        call_command("forget_person", owner.email)


def test_the_command_prints_a_receipt(bird: User) -> None:
    said = StringIO()
    call_command("forget_person", EMAIL.upper(), stdout=said)
    assert "The account: 1" in said.getvalue()
    assert EMAIL not in said.getvalue()
    with pytest.raises(CommandError, match="nobody with the address"):
        call_command("forget_person", EMAIL)


class TestPages:
    place = reverse("forgetting:delete_account")

    def test_a_person_deletes_themself_by_typing_their_address(self, bird: User) -> None:
        client = signed_in(bird)
        assert client.post(self.place, {"email": "x"}).status_code == 422
        assert User.objects.filter(pk=bird.pk).exists()
        answer = client.post(self.place, {"email": EMAIL})
        assert "Your account is deleted" in answer.content.decode()
        assert not User.objects.filter(pk=bird.pk).exists()
        assert client.get(reverse("teams:settings")).status_code == 302

    def test_the_only_owner_reads_why_not(self, bird: User) -> None:
        owner = User.objects.get(email="olga@acme.test")
        answer = signed_in(owner).post(self.place, {"email": owner.email})
        assert answer.status_code == 422
        assert "only owner" in answer.content.decode()

    def erase(self, client: Client, user: User) -> Any:
        member = Membership.objects.get(user=user, organization__slug="acme")
        return client.post(reverse("forgetting:member_erase", args=[member.pk]), follow=True)

    def test_an_owner_erases_a_member(self, bird: User) -> None:
        owner = User.objects.get(email="olga@acme.test")
        self.erase(signed_in(owner), bird)
        assert not User.objects.filter(pk=bird.pk).exists()

    def test_but_not_one_who_belongs_elsewhere_too(self, bird: User) -> None:
        owner = User.objects.get(email="olga@acme.test")
        other = Organization.objects.create(name="Other", slug="other")
        Membership.objects.create(user=bird, organization=other)
        assert "that you do not own" in self.erase(signed_in(owner), bird).content.decode()
        assert User.objects.filter(pk=bird.pk).exists()


def test_every_table_that_points_at_a_person_lets_go_of_them() -> None:
    """A table that would keep a person from being erased fails here."""
    from django.db.models import PROTECT, RESTRICT

    held = [
        f"{field.model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is User and getattr(field.remote_field, "on_delete", None) in (PROTECT, RESTRICT)
    ]
    assert held == []
