"""Words and old entries go, and the chain still holds."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from teams import audit
from teams.audit import guard, remove
from teams.audit.keep import check
from teams.audit.verify import verify
from teams.models import AuditEntry, Organization, User
from tests.conftest import People
from tests.teams.audit.tampering import end_of, forge

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(people: People) -> User:
    people.member.name, people.member.email = "Mia Müller", "mia@example.com"
    people.member.save()
    return people.member


def everything() -> str:
    return json.dumps(list(AuditEntry.objects.values()), default=str, ensure_ascii=False)


class TestForgettingAPerson:
    def test_nothing_of_them_is_left_and_the_chain_holds(self, people: People, mia: User) -> None:
        audit.note(people.organization, "dataset.uploaded", None, actor=mia, address="192.0.2.66", filename="a.csv")
        audit.note(people.organization, "member.role-changed", mia, actor=people.owner, before="member", after="owner")
        audit.note(people.organization, "invitation.created", None, actor=people.owner, email="Mia@Example.com")
        audit.note(None, "sign-in.failed", None, email="mia@example.com")
        audit.note(people.organization, "connection.added", None, actor=people.owner, note="asked by Mia Müller")
        assert remove.forget_person(mia) == 5
        mia.delete()
        left = everything()
        for word in ("mia@", "Mia", "Müller", "192.0.2.66"):
            assert word.lower() not in left.lower()
        for organization in (people.organization, None):
            assert verify(end_of(organization)).whole

    def test_what_others_did_stays(self, people: People, mia: User) -> None:
        audit.note(people.organization, "member.role-changed", mia, actor=people.owner, before="member", after="owner")
        audit.note(people.organization, "dataset.uploaded", None, actor=mia, filename="a.csv")
        remove.forget_person(mia)
        changed, uploaded, said = AuditEntry.objects.order_by("number")
        assert (changed.actor_name, changed.action, changed.target_name) == ("Owner", "member.role-changed", "")
        assert (uploaded.actor_name, uploaded.details) == ("", {"filename": "a.csv"})
        assert (said.action, said.details["entries"]) == (
            "audit.names-removed",
            {"who": [[2, 2]], "whom": [[1, 1]], "details": [[1, 1]]},
        )

    def test_a_second_time_finds_nothing(self, people: People, mia: User) -> None:
        audit.note(people.organization, "dataset.uploaded", None, actor=mia)
        assert [remove.forget_person(mia), remove.forget_person(mia)] == [1, 0]
        assert AuditEntry.objects.count() == 2

    def test_an_everyday_name_is_not_searched_for(self, people: People) -> None:
        people.member.name = "Ann"
        audit.note(people.organization, "connection.added", None, actor=people.owner, note="annual prices, says Ann")
        assert remove.forget_person(people.member) == 0

    def test_removing_one_part_keeps_the_other_tamper_evident(self, people: People, mia: User) -> None:
        audit.note(people.organization, "dataset.uploaded", None, actor=mia, filename="a.csv")
        remove.forget_person(mia)
        forge(1, people.organization, details={"filename": "b.csv"})
        assert verify(end_of(people.organization)).wrong == 1


class TestTrimming:
    def test_old_entries_go_and_the_chain_begins_after_them(self, people: People) -> None:
        for number in range(5):
            audit.note(people.organization, "dataset.uploaded", number=number)
        third = AuditEntry.objects.get(number=3)
        assert remove.trim(people.organization, third.created_at) == 2
        assert list(AuditEntry.objects.order_by("number").values_list("number", flat=True)) == [3, 4, 5, 6]
        assert verify(end_of(people.organization)).whole

    def test_it_can_be_done_again_and_again(self, people: People) -> None:
        for _round in range(3):
            for number in range(3):
                audit.note(people.organization, "dataset.uploaded", number=number)
            remove.trim(people.organization, timezone.now() + timedelta(days=1))
            check(end_of(people.organization))
            assert verify(end_of(people.organization)).whole
        assert remove.trim(Organization.objects.get(slug="elsewhere"), timezone.now()) == 0

    def test_entries_that_somebody_else_removed_are_missed(self, people: People) -> None:
        for number in range(5):
            audit.note(people.organization, "dataset.uploaded", number=number)
        entry = AuditEntry.objects.get(number=2)
        with guard.permitted("tests"):
            AuditEntry.objects.filter(number__lte=2).delete()
        end = end_of(people.organization)
        end.trimmed_number, end.trimmed_hash = 2, entry.hash
        end.save()
        verdict = verify(end)
        assert (verdict.wrong, verdict.why) == (2, "Entries up to it were removed, and no entry says so.")
