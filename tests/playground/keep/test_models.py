from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from playground.models import Asked, Collected, Preset
from tests.conftest import People


def asked(people: People, **given: Any) -> Asked:
    fields: dict[str, Any] = {"key": "1", "name": "ada", "format": "prompt-completion", "question": "a", **given}
    return Asked.objects.create(organization=people.organization, person=people.member, **fields)


def test_a_history_is_a_persons_own(people: People) -> None:
    mine = asked(people)
    assert list(Asked.objects.of(people.organization).by(people.member)) == [mine]
    assert not Asked.objects.of(people.organization).by(people.owner).exists()


def test_a_question_is_named_by_its_beginning_in_one_line(people: People) -> None:
    assert str(asked(people, question="first\n\n  second")) == "first second"
    assert str(asked(people, question="word " * 100)).endswith("…")
    assert len(str(asked(people, question="word " * 100))) == 120


def test_words_are_found_in_questions_and_answers(people: People) -> None:
    one, other = asked(people, question="Ice and sticks"), asked(people, answer="hockey on ice")
    asked(people, question="nothing")
    assert set(Asked.objects.of(people.organization).search("ICE")) == {one, other}


def test_a_conversation_is_kept_without_its_system_message(people: People) -> None:
    said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    assert asked(people, request={"messages": said}).thread == said[1:]
    assert asked(people, request={"prompt": "Hello ->"}).thread == [{"role": "user", "content": "Hello ->"}]
    assert asked(people, request={}).thread == [{"role": "user", "content": ""}]


def test_a_name_is_given_once_in_an_organization(people: People) -> None:
    Preset.objects.create(organization=people.organization, name="Greeting", format="chat")
    with pytest.raises(IntegrityError), transaction.atomic():
        Preset.objects.create(organization=people.organization, name="Greeting", format="chat")


def test_an_example_outlives_the_question_that_it_came_from(people: People) -> None:
    question = asked(people)
    thread = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "a"}]
    example = Collected.objects.create(
        organization=people.organization, thread=thread, answer="b ", said=" b", asked=question
    )
    assert (example.question, len(example.before), example.is_corrected) == ("a", 2, False)
    question.delete()
    example.refresh_from_db()
    assert example.asked is None
