"""The chain: whole while only Tunedeck writes it, and broken at the right entry by whatever else somebody does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teams import audit
from teams.audit import chain, guard, keep
from teams.audit.verify import Mark, Verdict, mark, spans, spread, verify
from teams.models import AuditChain, AuditEntry, Membership, Organization, Role, User
from tests.conftest import People
from tests.teams.audit.tampering import cut, end_of, forge

pytestmark = pytest.mark.django_db

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(max_size=8), some, max_size=4),
    max_leaves=12,
)


def write(people: People, count: int = 5) -> None:
    for number in range(count):
        audit.note(
            people.organization, "member.role-changed", people.member, actor=people.owner, address="10.0.0.7", number=number
        )


def looked_at(organization: Organization | None, **how: Any) -> Verdict:
    return verify(end_of(organization), **how)


class TestAWholeChain:
    def test_entries_are_numbered_and_follow_each_other(self, people: People) -> None:
        write(people, 3)
        first, second, third = AuditEntry.objects.order_by("number")
        assert [first.number, second.number, third.number] == [1, 2, 3]
        assert (second.previous, third.previous) == (first.hash, second.hash)
        verdict = looked_at(people.organization)
        assert (verdict.whole, verdict.checked, verdict.number, verdict.hash) == (True, 3, 3, third.hash)

    def test_each_organization_and_the_operator_have_their_own(self, people: People) -> None:
        elsewhere = Organization.objects.get(slug="elsewhere")
        for organization in (people.organization, elsewhere, None, None):
            audit.note(organization, "sign-in.failed")
        assert end_of(None).number == 2
        assert end_of(elsewhere).number == end_of(people.organization).number == 1
        assert all(verify(end).whole for end in AuditChain.objects.all())
        assert len(set(AuditEntry.objects.filter(number=1).values_list("previous", flat=True))) == 3

    def test_a_clock_that_is_set_back_does_not_disorder_it(self, people: People) -> None:
        with time_machine.travel(datetime(2031, 1, 2, tzinfo=UTC)):
            write(people, 1)
        with time_machine.travel(datetime(2030, 1, 2, tzinfo=UTC)):
            write(people, 1)
        one, other = AuditEntry.objects.order_by("number")
        assert other.created_at >= one.created_at
        assert looked_at(people.organization).whole

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(details=st.dictionaries(st.text(max_size=8).map("_{}".format), JSON, max_size=5), name=st.text(max_size=40))
    def test_whatever_was_written_is_read_as_it_was_hashed(self, people: People, details: Any, name: str) -> None:
        """Orders of keys, times, halves of characters and numbers that a database keeps in its own way."""
        people.member.name = name
        people.owner.name = f"{name} "
        with transaction.atomic():
            audit.note(people.organization, "a.b", people.member, actor=people.owner, address="2001:DB8:0::7", **details)
            assert looked_at(people.organization).whole
            transaction.set_rollback(True)

    @given(JSON)
    def test_what_is_plain_stays_plain(self, value: Any) -> None:
        plain = chain.plain(value)
        assert chain.canonical(plain) == chain.canonical(value)
        assert chain.canonical(json.loads(chain.canonical(plain))) == chain.canonical(plain)

    def test_a_note_that_is_taken_back_leaves_no_gap(self, people: People) -> None:
        write(people, 1)
        with transaction.atomic():
            write(people, 2)
            transaction.set_rollback(True)
        write(people, 1)
        assert looked_at(people.organization).number == 2

    def test_what_a_person_does_with_their_account_is_in_each_of_their_organizations(self, people: People) -> None:
        elsewhere = Organization.objects.get(slug="elsewhere")
        Membership.objects.create(user=people.member, organization=elsewhere, role=Role.VIEWER)
        entries = audit.note_for(people.member, "password.changed", address="10.0.0.7")
        assert {entry.organization for entry in entries} == {people.organization, elsewhere}
        (alone,) = audit.note_for(User.objects.create_user("alone@example.com"), "password.changed")
        assert alone.organization is None


ALTERED = {
    "created_at": datetime(2020, 1, 1, tzinfo=UTC),
    "actor": None,
    "actor_name": "Somebody else",
    "action": "member.removed",
    "target_type": "dataset",
    "target_id": "999",
    "target_name": "Another",
    "address": "10.0.0.8",
    "details": {"number": 3},
    "number": 77,
    "previous": "0" * 64,
    "hash": "f" * 64,
    "seals": ",".join(["0" * 32] * 3),
}


class TestTampering:
    @pytest.mark.parametrize("column", ALTERED)
    def test_a_change_of_any_column_is_found_at_its_entry(self, people: People, column: str) -> None:
        write(people)
        forge(3, people.organization, **{column: ALTERED[column]})
        verdict = looked_at(people.organization)
        assert (verdict.wrong, verdict.number) == (3, 2)
        assert verdict.why

    def test_every_column_is_in_the_test_above(self) -> None:
        columns = {field.name for field in AuditEntry._meta.get_fields()}
        assert columns - set(ALTERED) == {"id", "organization"}, "id orders nothing; organization has its own test"

    def test_an_entry_given_to_another_organization_is_missed(self, people: People) -> None:
        write(people)
        forge(3, people.organization, organization=Organization.objects.get(slug="elsewhere"))
        assert looked_at(people.organization).wrong == 3

    def test_a_changed_entry_with_a_new_hash_shows_at_the_next_one(self, people: People) -> None:
        write(people)
        entry = AuditEntry.objects.get(number=3)
        entry.action = "member.left"
        forge(3, people.organization, action="member.left", hash=chain.digest(entry))
        assert looked_at(people.organization).wrong == 4

    @pytest.mark.parametrize("number", [1, 3, 5])
    def test_a_removed_entry_is_missed(self, people: People, number: int) -> None:
        write(people)
        cut(number, people.organization)
        assert looked_at(people.organization).wrong == number

    def test_two_entries_that_were_swapped_are_found(self, people: People) -> None:
        write(people)
        forge(2, people.organization, number=99)
        forge(3, people.organization, number=2)
        forge(99, people.organization, number=3)
        assert looked_at(people.organization).wrong == 2

    def test_an_entry_put_behind_the_end_is_found(self, people: People) -> None:
        write(people, 2)
        AuditEntry.objects.create(organization=people.organization, action="a.b", number=3)
        assert looked_at(people.organization).wrong == 3

    def test_words_put_where_words_were_removed_are_found(self, people: People) -> None:
        write(people, 3)
        entry = AuditEntry.objects.get(number=2)
        forge(2, people.organization, seals=chain.without(entry, {"who"}), actor_name="Mallory", address=None)
        assert looked_at(people.organization).wrong == 2

    def test_words_removed_without_an_entry_that_says_so_are_found(self, people: People) -> None:
        write(people, 3)
        entry = AuditEntry.objects.get(number=2)
        forge(2, people.organization, seals=chain.without(entry, {"who"}), actor_name="", address=None)
        verdict = looked_at(people.organization)
        assert (verdict.wrong, verdict.why) == (2, "Words were removed from it, and no entry says so.")

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_whatever_is_changed_is_found_where_it_was_changed(self, people: People, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, 4))
        column = data.draw(st.sampled_from(["actor_name", "action", "target_id", "target_name", "details"]))
        drawn = st.dictionaries(st.text(max_size=8), JSON, max_size=3) if column == "details" else st.text(max_size=40)
        value = chain.plain(data.draw(drawn))
        with transaction.atomic():
            write(people, 4)
            entry = AuditEntry.objects.of(people.organization).get(number=number)
            unchanged = chain.canonical(getattr(entry, column)) == chain.canonical(value)
            forge(number, people.organization, **{column: value})
            assert looked_at(people.organization).wrong == (None if unchanged else number)
            transaction.set_rollback(True)


class TestACutEnd:
    def cut_end(self, people: People) -> None:
        """Remove the last two of five, and set the end of the chain as if they had never been."""
        for number in (4, 5):
            cut(number, people.organization)
        last = AuditEntry.objects.get(number=3)
        AuditChain.objects.filter(organization=people.organization).update(number=3, hash=last.hash)

    def test_it_shows_only_against_a_checkpoint(self, people: People) -> None:
        write(people)
        kept = mark(end_of(people.organization))
        self.cut_end(people)
        assert looked_at(people.organization).whole
        assert looked_at(people.organization, marks=[kept]).wrong == 4

    def test_entries_written_since_do_not_hide_it(self, people: People) -> None:
        write(people)
        kept = mark(end_of(people.organization))
        self.cut_end(people)
        write(people, 4)
        verdict = looked_at(people.organization, marks=[kept])
        assert (verdict.wrong, verdict.why) == (5, "It is not the entry that the checkpoint was made of.")

    def test_an_older_checkpoint_of_a_whole_chain_holds(self, people: People) -> None:
        write(people, 2)
        kept = mark(end_of(people.organization))
        write(people, 3)
        assert looked_at(people.organization, marks=[kept]).whole

    def test_a_chain_that_was_begun_anew_is_another_one(self, people: People) -> None:
        write(people, 2)
        end = end_of(people.organization)
        kept = Mark(end.name, str(uuid4()), 0, "")
        assert not looked_at(people.organization, marks=[kept]).whole


class TestTheGuard:
    def refused(self, deed: Any) -> None:
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            deed()

    def test_the_database_refuses_changes_and_removals(self, people: People) -> None:
        write(people, 2)
        entries = AuditEntry.objects.of(people.organization)
        self.refused(lambda: entries.update(actor_name="Nobody"))
        self.refused(lambda: entries.delete())
        self.refused(lambda: connection.cursor().execute("DELETE FROM teams_auditentry"))
        assert looked_at(people.organization).checked == 2

    def test_a_permit_ends_with_what_it_was_for(self, people: People) -> None:
        write(people, 1)
        forge(1, people.organization, action="c.d")
        self.refused(lambda: AuditEntry.objects.update(action="e.f"))

    def test_a_permit_that_fails_ends_too(self, people: People) -> None:
        write(people, 1)
        with pytest.raises(ZeroDivisionError), guard.permitted("tests"):
            raise ZeroDivisionError
        self.refused(lambda: AuditEntry.objects.update(action="e.f"))

    def test_it_stands_after_all_migrations(self) -> None:
        assert guard.missing() == []

    def test_one_that_was_taken_away_is_missed(self) -> None:
        guard.remove(connection)
        assert guard.missing() == list(guard.NAMES[connection.vendor])
        guard.install(connection)
        assert guard.missing() == []

    def test_an_organization_with_a_record_is_not_deleted_by_mistake(self, people: People) -> None:
        write(people, 1)
        with pytest.raises(Exception, match="protected"):
            people.organization.delete()


class TestWhatAnOlderVersionWrote:
    def old(self, people: People, count: int) -> None:
        """Entries as they were before there was a chain."""
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        AuditEntry.objects.bulk_create(
            AuditEntry(
                organization=people.organization,
                action="dataset.uploaded",
                actor_name="Mia",
                created_at=begin - timedelta(seconds=number),
                details={"z": 1.5, "a": "ü"},
            )
            for number in range(count)
        )

    def test_it_is_not_lost_and_is_chained_at_the_next_look(self, people: People) -> None:
        write(people, 2)
        self.old(people, 3)
        assert looked_at(people.organization).unchained == 3
        assert keep.take_in() == 3
        assert keep.take_in() == 0
        verdict = looked_at(people.organization)
        assert (verdict.whole, verdict.number, verdict.unchained) == (True, 6, 0), "and one entry that says so"

    def test_the_oldest_comes_first(self, people: People) -> None:
        self.old(people, 3)
        keep.take_in()
        times = list(
            AuditEntry.objects.filter(action="dataset.uploaded").order_by("number").values_list("created_at", flat=True)
        )
        assert times == sorted(times)


@given(st.sets(st.integers(0, 60)))
def test_numbers_come_back_from_their_spans(numbers: set[int]) -> None:
    assert set(spread(spans(numbers))) == numbers
