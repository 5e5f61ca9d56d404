"""What the page shows of a round: to somebody who may still vote, nothing that tells whose an answer is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from math import ceil
from typing import Any

from django.utils import timezone

from playground.models import Round, Side, Vote
from playground.sides.marks import Part, parts, same
from playground.tell import body


@dataclass(frozen=True, kw_only=True)
class ShownSample:
    parts: list[Part]
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class ShownSide:
    place: int
    state: str  # "due", "asking", "answered", "stopped", "failed"
    samples: list[ShownSample]
    name: str = ""  # "" as long as it is hidden
    side: Side | None = None  # None as long as it is hidden
    differs: bool | None = None  # from the first one; None where there is nothing to compare
    is_winner: bool = False
    wait: int = 0  # seconds until it may be asked, as its provider wished

    @property
    def is_over(self) -> bool:
        return self.state not in ("due", "asking")

    @property
    def told(self) -> dict[str, Any]:
        return self.side.told if self.side else {}

    @property
    def problem(self) -> dict[str, Any]:
        return self.side.problem if self.side else {}

    @property
    def sent(self) -> str:
        return body(self.side.request) if self.side and self.side.request else ""


@dataclass(frozen=True, kw_only=True)
class ShownRound:
    round: Round
    sides: list[ShownSide]
    is_hidden: bool
    ended: int  # of the sides; which of them is not told where names are hidden, for some models are quicker
    vote: Vote | None

    @property
    def is_over(self) -> bool:
        return self.ended == len(self.sides)

    @property
    def may_be_voted(self) -> bool:
        return all(side.state == "answered" for side in self.sides)

    @property
    def all_same(self) -> bool:
        return self.may_be_voted and len(self.sides) > 1 and not any(side.differs for side in self.sides[1:])


def shown(round: Round, *, vote: Vote | None, hidden: bool) -> ShownRound:
    """Make a round ready for the page. Hidden answers come all at once, when the last of them is there."""
    sides = list(round.sides.all())
    ended = sum(side.ended_at is not None for side in sides)
    first = sides[0] if sides and sides[0].is_answered else None
    if hidden:
        found = [_hidden(side, first) if ended == len(sides) else _waiting(side) for side in sides]
    else:
        found = [_open(side, first, vote) for side in sides]
    return ShownRound(round=round, sides=found, is_hidden=hidden, ended=ended, vote=vote)


def _waiting(side: Side) -> ShownSide:
    return ShownSide(place=side.place, state="due", samples=[])


def _hidden(side: Side, first: Side | None) -> ShownSide:
    if not side.is_answered:
        return ShownSide(place=side.place, state="failed", samples=[])
    # Space around an answer would tell a completion from a chat.
    samples = [ShownSample(parts=_cut(side, side.text.strip(), first))]
    return ShownSide(place=side.place, state="answered", samples=samples, differs=_differs(side, first))


def _open(side: Side, first: Side | None, vote: Vote | None) -> ShownSide:
    whys = [one["why"] for one in side.told.get("samples", [])]
    texts = [str(one["text"]) for one in side.samples]
    return ShownSide(
        place=side.place,
        state=_state(side),
        samples=[
            ShownSample(parts=_cut(side, text, first), why=why) for text, why in zip_longest(texts, whys, fillvalue="")
        ],
        name=side.name,
        side=side,
        differs=_differs(side, first),
        is_winner=bool(vote and vote.winner_id == side.pk),
        wait=_seconds_until(side.due_at),
    )


def _cut(side: Side, text: str, first: Side | None) -> list[Part]:
    if first is None or side.place == first.place:
        return [(text, False)] if text else []
    return parts(text, first.text.strip())


def _seconds_until(due: datetime | None) -> int:
    return max(0, ceil((due - timezone.now()).total_seconds())) if due else 0


def _differs(side: Side, first: Side | None) -> bool | None:
    if first is None or side.place == first.place or not side.is_answered:
        return None
    return not same(side.text, first.text)


def _state(side: Side) -> str:
    if side.problem:
        return "failed"
    if side.stopped:
        return "stopped"
    if side.ended_at:
        return "answered"
    return "asking" if side.lease_until else "due"
