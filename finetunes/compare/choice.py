"""Which fine-tunes an address names, and how they are to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from finetunes.models import FineTune
from teams.models import Organization

LEAST, MOST = 2, 20
MOST_ASKED = 200
"""So many ids of an address are looked up; it cannot be made to carry more."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The runs in the order of the address; how many ids are nothing here, and how many runs were too many."""

    runs: list[FineTune]
    unknown: int
    left_out: int

    @property
    def is_enough(self) -> bool:
        return len(self.runs) >= LEAST

    @property
    def pks(self) -> list[int]:
        return [one.pk for one in self.runs]

    def without(self, fine_tune: FineTune) -> list[int]:
        return [pk for pk in self.pks if pk != fine_tune.pk]


def numbers(asked: Iterable[str]) -> list[int]:
    """Return the ids among these words, each once, in their order."""
    good = (int(word) for word in asked if word.isascii() and word.isdigit() and len(word) < 19)
    return list(dict.fromkeys(good))


def chosen(organization: Organization, asked: Iterable[str]) -> Choice:
    """Find the runs of this organization; those of others are as unknown as those that were deleted."""
    wanted = list(dict.fromkeys(asked))
    found = _found(organization, numbers(wanted)[:MOST_ASKED])
    runs = [found[pk] for pk in numbers(wanted) if pk in found]
    return Choice(runs[:MOST], unknown=len(wanted) - len(runs), left_out=max(0, len(runs) - MOST))


def _found(organization: Organization, pks: list[int]) -> Mapping[int, FineTune]:
    if not pks:
        return {}
    fine_tunes = FineTune.objects.of(organization).for_lists().select_related("charge", "parent")
    return fine_tunes.in_bulk(pks)
