"""Whom a notification reaches, by which ways, and that twice is once."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from notifications import spread
from notifications.kinds import Kind
from notifications.models import Delivery, Notification, Preference, Receipt
from notifications.tasks import ring
from teams.models import Membership, Organization, Role, User
from tests.conftest import People
from tests.notifications.conftest import hook, told

pytestmark = pytest.mark.django_db


def readers() -> list[str]:
    return sorted(Receipt.objects.values_list("user__name", flat=True))


def mailed() -> list[str]:
    return sorted(Delivery.objects.filter(user__isnull=False).values_list("user__name", flat=True))


@pytest.mark.parametrize(
    ("kind", "reached"),
    [
        (Kind.SUCCEEDED, ["Member"]),
        (Kind.FAILED, ["Member"]),
        (Kind.LOST_CONTACT, ["Member"]),
        (Kind.APPROVAL_WANTED, ["Owner"]),
        (Kind.APPROVAL_GIVEN, ["Member"]),
        (Kind.APPROVAL_DECLINED, ["Member"]),
        (Kind.SHUTDOWN, ["Member", "Owner", "Viewer"]),
    ],
)
def test_each_kind_reaches_those_whose_matter_it_is(people: People, kind: Kind, reached: list[str]) -> None:
    told(people, kind)
    assert readers() == mailed() == reached


def test_what_nobody_here_started_is_the_owners_matter(people: People) -> None:
    told(people, Kind.FAILED, concerns=None)
    assert readers() == ["Owner"]


def test_whoever_wants_to_hear_of_everybody_s_does_except_of_others_approvals(people: People) -> None:
    Preference.objects.create(user=people.viewer, everybodys=True)
    told(people, Kind.SUCCEEDED)
    assert readers() == ["Member", "Viewer"]
    told(people, Kind.APPROVAL_GIVEN, key="another")
    assert readers() == ["Member", "Member", "Viewer"]


def test_an_owner_is_not_asked_for_their_own(people: People) -> None:
    second = User.objects.create_user("second@example.com", name="Second")
    Membership.objects.create(user=second, organization=people.organization, role=Role.OWNER)
    told(people, Kind.APPROVAL_WANTED, concerns=people.owner)
    assert readers() == ["Second"]


@pytest.mark.parametrize(
    ("ways", "read", "mail"),
    [(["page", "email"], True, True), (["page"], True, False), (["email"], False, True), ([], False, False)],
)
def test_it_comes_by_the_ways_that_were_chosen(people: People, ways: list[str], read: bool, mail: bool) -> None:
    Preference.objects.create(user=people.member, ways={"succeeded": ways})
    told(people)
    assert (readers() == ["Member"], mailed() == ["Member"]) == (read, mail)


def test_without_a_mail_server_no_mail_waits(people: People, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    told(people)
    assert (readers(), mailed()) == (["Member"], [])


def test_owners_hear_in_place_of_who_has_left_and_nobody_elsewhere_does(people: People) -> None:
    Membership.objects.get(user=people.member).delete()
    Preference.objects.create(user=people.outsider, everybodys=True)
    told(people)
    assert readers() == ["Owner"]


def test_hooks_hear_of_the_kinds_that_were_chosen_for_them(people: People) -> None:
    hook(people, "http://a.test/", kinds=["failed"])
    wanted = hook(people, "http://b.test/", kinds=["succeeded", "failed"])
    hook(people, "http://c.test/", organization=Organization.objects.get(slug="elsewhere"))
    told(people)
    assert list(Delivery.objects.filter(user=None).values_list("hook", flat=True)) == [wanted.pk]


def test_done_again_it_changes_nothing(people: People) -> None:
    hook(people, "http://a.test/")
    notification = told(people)
    before = (Receipt.objects.count(), Delivery.objects.count())
    assert before == (1, 2)
    Notification.objects.update(due_at=timezone.now())
    assert spread.spread(notification.pk)
    assert (Receipt.objects.count(), Delivery.objects.count()) == before


def test_whoever_has_lost_the_lease_writes_nothing(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Notification, "release", lambda self, **changes: False)
    with pytest.raises(spread.LeaseLost):
        told(people)
    assert (readers(), mailed()) == ([], [])


def test_it_asks_the_database_as_often_for_many_people_as_for_one(
    people: People, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        user = User.objects.create_user(f"{number}@example.com")
        Membership.objects.create(user=user, organization=people.organization)
    with django_assert_max_num_queries(12):
        told(people, Kind.SHUTDOWN)
    assert Receipt.objects.count() == 23


def test_the_ring_finds_what_is_due(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    from celery.app.task import Task

    rung: list[tuple[str, int]] = []
    monkeypatch.setattr(Task, "apply_async", lambda self, args, **options: rung.append((self.name, args[0])))
    notification = told(people)
    Notification.objects.update(due_at=timezone.now())
    ring()
    delivery = Delivery.objects.get()
    assert rung == [("notifications.tasks.spread", notification.pk), ("notifications.tasks.deliver", delivery.pk)]
