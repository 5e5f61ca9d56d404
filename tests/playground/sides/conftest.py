"""Trials that were started, and answers that came to them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.utils import timezone

from finetunes.models import Model
from playground.models import Round, Side, Trial
from playground.pick import pick
from playground.record import Prompt
from playground.sides.start import Wish, start
from teams.models import User
from tests.conftest import People
from tests.playground.conftest import CLASSES, ENDED, TALK, Place, model_on, trained_on


def asks(*questions: str) -> list[Prompt]:
    return [Prompt(thread=[{"role": "user", "content": question}]) for question in questions]


def begun(person: User, models: Sequence[Model | str], *questions: str, **given: Any) -> Trial:
    """Start a trial; a model may be a key."""
    keys = [one if isinstance(one, str) else str(one.pk) for one in models]
    organization = next(one.organization for one in models if isinstance(one, Model))
    columns = [pick(organization, key) for key in keys]
    wish = Wish(
        token=given.pop("token", uuid.uuid4()), columns=columns, prompts=asks(*(questions or ("Who won?",))), **given
    )
    trial, _is_new = start(organization, person, wish)
    return trial


def answered(trial: Trial, texts: dict[str, str] | None = None) -> None:
    """Let every side have been answered: by what `texts` has for its key, else by its name."""
    for side in Side.objects.filter(round__trial=trial):
        said = (texts or {}).get(side.key, f"{side.name} says so")
        Side.objects.filter(pk=side.pk).update(
            samples=[{"text": said, "finish_reason": "stop"}],
            request={"model": side.name},
            told={"samples": [{"index": 0, "text": said, "why": "Complete."}], "facts": [["Time", "1 s"]], "bars": None},
            ended_at=timezone.now(),
            due_at=None,
        )


def winner(round: Round, key: str) -> str:
    """Return the number under which a model's answer is shown."""
    return str(Side.objects.get(round=round, key=key).place)


@pytest.fixture
def sport(place: Place, people: People) -> Model:
    """A classifier; its organization has a second and a third model beside it."""
    return model_on(place.connection, trained_on(people.organization, **CLASSES))


@pytest.fixture
def ads(place: Place, people: People) -> Model:
    version = trained_on(people.organization, **ENDED)
    return model_on(place.connection, version, name="ft:davinci-002:acme::9x9umpsR", base_model="davinci-002")


@pytest.fixture
def pirate(place: Place, people: People) -> Model:
    version = trained_on(people.organization, **TALK)
    return model_on(place.connection, version, name="ft:gpt-3.5-turbo-0613:acme::7p4lURel", base_model="gpt-3.5-turbo-0613")
