"""Find entries by person, kind, thing, address and day, page after page."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from teams import audit
from teams.audit import find
from teams.audit.find import Wish
from teams.models import AuditEntry
from tests.conftest import People


def on(day: int) -> Any:
    return time_machine.travel(datetime(2031, 5, day, 12, tzinfo=UTC), tick=False)


@pytest.fixture
def five_days(people: People) -> People:
    """A different entry a day: by whom, from where, upon what."""
    for day, actor, action, address in (
        (1, people.owner, "dataset.uploaded", "192.0.2.1"),
        (2, people.member, "dataset.renamed", "192.0.2.2"),
        (3, people.owner, "connection.added", "192.0.2.1"),
        (4, None, "model.deleted", None),
        (5, people.member, "dataset.uploaded", "2001:db8::1"),
    ):
        with on(day):
            audit.note(people.organization, action, people.viewer if day == 3 else None, actor=actor, address=address)
    return people


def days(people: People, **query: str) -> list[int]:
    """Return of which days the found entries are."""
    return [entry.created_at.day for entry in find.page(people.organization, Wish.read(query)).entries]


@pytest.mark.django_db
class TestFilters:
    def test_newest_first(self, five_days: People) -> None:
        assert days(five_days) == [5, 4, 3, 2, 1]

    def test_by_person(self, five_days: People) -> None:
        assert days(five_days, person=str(five_days.owner.pk)) == [3, 1]
        assert days(five_days, person="tunedeck") == [4]
        assert days(five_days, person="999") == []

    def test_by_action_and_by_kind(self, five_days: People) -> None:
        assert days(five_days, action="dataset.uploaded") == [5, 1]
        assert days(five_days, action="dataset") == [5, 2, 1]
        assert days(five_days, action="nonsense") == []

    def test_by_address(self, five_days: People) -> None:
        assert days(five_days, address="192.0.2.1") == [3, 1]
        assert days(five_days, address="2001:DB8:0::1") == [5]

    def test_by_thing(self, five_days: People) -> None:
        assert days(five_days, target=f"user:{five_days.viewer.pk}") == [3]

    @pytest.mark.parametrize(
        ("since", "until", "left"),
        [
            ("2031-05-02", "", [5, 4, 3, 2]),
            ("", "2031-05-02", [2, 1]),
            ("2031-05-02", "2031-05-04", [4, 3, 2]),
            ("2031-06-01", "", []),
            ("", "2031-04-30", []),
            ("2031-05-04", "2031-05-02", []),
        ],
    )
    def test_by_day(self, five_days: People, since: str, until: str, left: list[int]) -> None:
        assert days(five_days, since=since, until=until) == left

    def test_together(self, five_days: People) -> None:
        assert days(five_days, action="dataset", person=str(five_days.member.pk), until="2031-05-04") == [2]
        assert days(five_days, q="uploaded", address="192.0.2.1") == [1]

    def test_words_find_names_and_sentences(self, five_days: People) -> None:
        assert days(five_days, q="viewer") == [3]
        assert days(five_days, q="added the connection") == [3]

    @given(
        query=st.dictionaries(
            st.sampled_from([*find.FIELDS, "before"]),
            st.text(max_size=30) | st.sampled_from(["9" * 30, "0001-01-01", "9999-12-31"]),
        )
    )
    def test_whatever_is_asked_for_is_an_answer(self, query: dict[str, str]) -> None:
        wish = Wish.read(query)
        assert isinstance(wish.query(), str)
        assert wish.since is None or wish.since > date.min


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize("query", [{}, {"action": "dataset.uploaded"}, {"action": "dataset"}, {"q": "dataset"}])
    def test_pages_follow_each_other_without_a_gap(
        self, people: People, monkeypatch: pytest.MonkeyPatch, query: dict[str, str]
    ) -> None:
        monkeypatch.setattr(find, "PER_PAGE", 3)
        for number in range(8):
            audit.note(people.organization, "dataset.uploaded" if number % 2 or len(query) == 0 else "dataset.renamed")
        wanted = find.filtered(people.organization, Wish.read(query)).values_list("number", flat=True)
        seen, before = [], ""
        while True:
            found = find.page(people.organization, Wish.read({**query, "before": before}))
            seen += [entry.number for entry in found.entries]
            if not found.older:
                break
            before = str(found.older)
        assert seen == list(wanted)

    def test_a_search_for_words_looks_at_so_many_and_says_how_far(
        self, people: People, owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(find, "LOOKED_AT", 5)
        audit.note(people.organization, "connection.added")
        for _number in range(12):
            audit.note(people.organization, "dataset.uploaded")
        first = owner_client.get("/audit/", {"q": "connection"}).content.decode()
        assert "Nothing found" in first
        assert "Look further back" in first
        found: list[AuditEntry] = []
        before, looks = "", 0
        while not found:
            page = find.page(people.organization, Wish.read({"q": "connection", "before": before}))
            found, before, looks = page.entries, str(page.older), looks + 1
        assert (found[0].number, looks) == (1, 3)

    def test_entries_of_others_are_never_found(self, people: People, outsider_client: Client) -> None:
        audit.note(people.organization, "dataset.uploaded", people.member)
        page = outsider_client.get("/audit/", {"target": f"user:{people.member.pk}"}).content.decode()
        assert "Nothing found" in page
        assert AuditEntry.objects.of(people.organization).count() == 1
