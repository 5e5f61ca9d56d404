"""Write down what is to be asked. A second press of the same button finds the first one's rows."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from openai_api.answers import storable
from playground.models import Round, Side, Trial
from playground.pick import Picked
from playground.record import Prompt
from teams.models import Organization, User

AHEAD = 2
"""So many blind rounds are asked before their turn: nobody waits, and who leaves early has not paid for the rest."""
_dice = random.SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person wants asked; `token` is that of the form they filled in."""

    token: uuid.UUID
    columns: Sequence[Picked]
    prompts: Sequence[Prompt]
    settings: dict[str, Any] = field(default_factory=dict)
    blind: bool = False
    live: bool = False

    @property
    def name(self) -> uuid.UUID:
        """The same form with other words in it is another wish."""
        keys = [one.key for one in self.columns]
        said = [keys, [prompt.key for prompt in self.prompts], self.settings, self.blind]
        return uuid.uuid5(self.token, orjson.dumps(said).decode())


def start(organization: Organization, person: User, wish: Wish) -> tuple[Trial, bool]:
    """Return the trial and whether it is a new one."""
    with transaction.atomic():
        trial, is_new = Trial.objects.get_or_create(
            organization=organization,
            person=person,
            token=wish.name,
            defaults={
                "keys": [one.key for one in wish.columns],
                "settings": wish.settings,
                "blind": wish.blind,
                "live": wish.live and not wish.blind,
            },
        )
        if is_new:
            _write(trial, wish)
    return trial, is_new


def open_rounds(trial: Trial, until: int) -> list[Side]:
    """Let what was not asked yet be asked, up to the round of that place; return all that is due."""
    fresh = Side.objects.filter(round__trial=trial, round__place__lte=until, attempts=0, ended_at=None)
    fresh.filter(due_at=None).update(due_at=timezone.now())
    return list(Side.objects.due().filter(round__trial=trial))


def _write(trial: Trial, wish: Wish) -> None:
    rounds = [
        Round(trial=trial, place=place, thread=storable(prompt.thread), expected=storable(prompt.expected))
        for place, prompt in enumerate(wish.prompts, start=1)
    ]
    Round.objects.bulk_create(rounds)
    due = timezone.now()
    Side.objects.bulk_create(
        side for round in rounds for side in _sides(round, wish, None if wish.blind and round.place > AHEAD else due)
    )


def _sides(round: Round, wish: Wish, due: datetime | None) -> list[Side]:
    """Rows are made in the order of their places, so that not even their numbers tell whose they are."""
    order = list(wish.columns)
    if wish.blind:
        _dice.shuffle(order)
    return [
        Side(
            round=round,
            place=place,
            key=picked.key,
            name=picked.name,
            connection=picked.connection,
            model=picked.model,
            due_at=due,
        )
        for place, picked in enumerate(order, start=1)
    ]
