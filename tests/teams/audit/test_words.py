"""Every action has its sentence, and the sentence says what somebody did."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Template

from teams import audit
from teams.audit import words
from teams.audit.sentences import SENTENCES
from teams.models import AuditEntry
from tests.conftest import People
from tests.teams.audit.recorded import REVEALS, WRITES
from tests.teams.audit.sources import actions


def test_every_action_that_is_written_has_its_sentence() -> None:
    found, _elsewhere = actions()
    wanted = found.union(*WRITES.values(), REVEALS.values()) - {"a.b"}
    assert wanted - set(SENTENCES) == set(), "give each a sentence in teams/audit/sentences.py"


def test_actions_are_chosen_by_their_sentences_without_who_and_what() -> None:
    chosen = dict(choice for _kind, _label, actions in words.by_kind() for choice in actions)
    assert chosen["sign-in.done"] == "Signed in"
    assert chosen["dataset.renamed"] == "Gave the dataset … its name"
    assert chosen["member.role-kept"] == "Kept their role, as the last owner"
    assert set(chosen) == set(SENTENCES)
    assert len(set(chosen.values())) == len(chosen), "two of them cannot be told apart"


def test_the_list_of_actions_is_in_the_language_of_the_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SENTENCES, "sign-in.done", "%(who)s hat sich angemeldet")
    assert words.short("sign-in.done") == "Hat sich angemeldet"


def test_every_kind_of_action_has_its_name() -> None:
    assert {words.kind_of(action) for action in SENTENCES} - set(words.KINDS) == set()


def test_every_sentence_can_be_filled_in() -> None:
    assert all(str(pattern) % {"who": "Mia", "what": "it"} for pattern in SENTENCES.values())


def said(people: People, action: str, target: Any = None, **details: Any) -> str:
    return words.sentence(audit.note(people.organization, action, target, actor=people.owner, **details))


@pytest.mark.django_db
class TestSentences:
    def test_what_changed_is_said_as_before_and_after(self, people: People) -> None:
        text = said(people, "budget.changed", before={"monthly_limit": 100}, after={"monthly_limit": 200})
        assert text == "Owner changed the limits on spending: monthly limit 100 → 200"

    def test_a_plain_before_and_after_is_said_too(self, people: People) -> None:
        text = said(people, "member.role-changed", people.member, before="member", after="owner")
        assert text == "Owner changed the role of Member:  member → owner".replace(":  ", ": ")

    def test_much_that_changed_is_left_to_the_open_entry(self, people: People) -> None:
        before, after = {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2, "c": 2}
        assert said(people, "connection.changed", before=before, after=after).startswith("Owner changed the connection")
        assert "→" not in said(people, "connection.changed", before=before, after=after)
        assert "→" not in said(people, "connection.priced", before={"prices": "x" * 90}, after={"prices": ""})

    def test_what_an_open_entry_tells_is_in_plain_words(self, people: People) -> None:
        entry = audit.note(people.organization, "sign-in.done", people.owner, actor=people.owner, by="password, mfa")
        assert words.others(entry) == [("by", "password, second step")]
        entry = audit.note(people.organization, "organization.exported", people.organization, sha256="ab", history=True)
        assert words.others(entry) == [("SHA-256", "ab"), ("with the playground's history", "yes")]

    def test_an_action_that_nobody_has_named_yet_is_shown_as_it_is(self, people: People) -> None:
        assert said(people, "moon.landed", people.member) == "Owner: moon landed Member"

    def test_what_was_deleted_is_named_by_its_details(self, people: People) -> None:
        assert said(people, "dataset.deleted", name="tickets") == "Owner deleted the dataset tickets"

    def test_somebody_whose_name_was_removed_is_somebody(self, people: People) -> None:
        entry = AuditEntry(action="dataset.deleted", actor_name="", details={}, target_name="")
        assert words.sentence(entry) == "Somebody who was removed deleted the dataset something that has no name any more"

    def test_a_hostile_name_stays_a_name(self, people: People) -> None:
        people.member.name = "%(who)s <b> %s"
        text = said(people, "member.removed", people.member)
        assert text == "Owner removed %(who)s <b> %s from the organization"
        assert "&lt;b&gt;" in Template("{{ text }}").render(Context({"text": text}))

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (None, "nothing"),
            ("", "nothing"),
            (True, "yes"),
            (False, "no"),
            ([1, "a"], "1, a"),
            ({"a_b": 1}, "a b: 1"),
            (0, "0"),
        ],
    )
    def test_values_are_words(self, value: Any, shown: str) -> None:
        assert words.value(value) == shown
