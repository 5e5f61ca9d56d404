"""What is to be asked is written down before anything is asked, and once."""

from __future__ import annotations

import uuid

import pytest

from finetunes.models import Model
from playground.models import Round, Side, Trial
from playground.sides.start import AHEAD, open_rounds
from tests.conftest import People
from tests.playground.sides.conftest import begun


def test_every_prompt_is_asked_of_every_model_in_the_order_of_the_columns(people: People, ads: Model, pirate: Model) -> None:
    trial = begun(people.member, [pirate, ads], "one", "two")
    assert [round.question for round in trial.rounds.all()] == ["one", "two"]
    for round in trial.rounds.all():
        assert [side.name for side in round.sides.all()] == [pirate.name, ads.name]
    assert Side.objects.due().count() == 4


def test_a_second_press_of_the_same_button_asks_nothing_again(people: People, ads: Model, pirate: Model) -> None:
    token = uuid.uuid4()
    first = begun(people.member, [ads, pirate], "one", token=token)
    assert begun(people.member, [ads, pirate], "one", token=token) == first
    assert (Trial.objects.count(), Side.objects.count()) == (1, 2)


@pytest.mark.parametrize("other", [{"settings": {"n": 2}}, {"blind": True}])
def test_the_same_form_with_other_words_in_it_is_another_wish(
    people: People, ads: Model, pirate: Model, other: dict[str, object]
) -> None:
    token = uuid.uuid4()
    begun(people.member, [ads, pirate], "one", token=token)
    begun(people.member, [ads, pirate], "two", token=token)
    begun(people.member, [ads, pirate], "one", token=token, **other)
    assert Trial.objects.count() == 3


def test_another_persons_token_is_nobody_elses(people: People, ads: Model, pirate: Model) -> None:
    token = uuid.uuid4()
    mine = begun(people.member, [ads, pirate], token=token)
    assert begun(people.owner, [ads, pirate], token=token) != mine


def test_blind_rounds_are_each_shuffled_and_their_rows_tell_nothing(people: People, ads: Model, pirate: Model) -> None:
    questions = [f"prompt {number}" for number in range(20)]
    trial = begun(people.member, [ads, pirate], *questions, blind=True, live=True)
    firsts = {side.name for side in Side.objects.filter(round__trial=trial, place=1)}
    assert firsts == {ads.name, pirate.name}, "twenty rounds in one order happen once in half a million"
    for round in trial.rounds.all():
        pks = list(round.sides.order_by("place").values_list("pk", flat=True))
        assert pks == sorted(pks), "rows are made in the order that is shown"
    assert not trial.live, "what is blind is asked by a worker, so that no stream can tell"


def test_blind_rounds_are_asked_only_a_little_ahead(people: People, ads: Model, pirate: Model) -> None:
    trial = begun(people.member, [ads, pirate], "one", "two", "three", "four", blind=True)
    assert Side.objects.due().count() == 2 * AHEAD
    assert len(open_rounds(trial, 3)) == 6
    assert {side.round.place for side in Side.objects.due()} == {1, 2, 3}
    assert len(open_rounds(trial, 3)) == 6, "opened again, nothing changes"


def test_characters_that_no_database_keeps_do_not_stop_anybody(people: People, ads: Model, pirate: Model) -> None:
    begun(people.member, [ads, pirate], "a\0b")
    assert "\0" not in Round.objects.get().question
