"""Count votes: for every two models that stood beside each other, who was found better how often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from playground.models import Round, Side, Trial, Vote
from playground.sides.odds import Odds, Says, odds
from teams.models import Organization

MOST = 50  # pairs on a page, those with the most votes


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two models in the same rounds. `first` is the one that has won more."""

    first: str
    second: str
    odds: Odds
    ties: int
    bad: int  # votes that found all bad

    @property
    def votes(self) -> int:
        return self.odds.all + self.ties + self.bad

    @property
    def interval(self) -> str:
        return _("%(low)s to %(high)s") % {"low": percent(self.odds.low), "high": percent(self.odds.high)}

    @property
    def sentence(self) -> str:
        return f"{self._count()} {self._meaning()}".strip()

    def _count(self) -> str:
        if not self.odds.all:
            return ""
        won = _("%(name)s won %(won)s of %(all)s, %(interval)s:")
        return won % {"name": self.first, "won": self.odds.won, "all": self.odds.all, "interval": self.interval}

    def _meaning(self) -> str:
        more = self.odds.more
        match self.odds.says:
            case Says.NOTHING:
                return _("No vote has named a winner yet.")
            case Says.BETTER:
                return _("better. Chance alone would hardly give such a lead.")
            case Says.PROBABLY:
                return _("probably better.")
            case Says.EVEN:
                return _("as good as each other, as far as so many votes can tell.")
            case Says.TOO_FEW:
                return ngettext(
                    "too few votes to tell: about %(more)s more.", "too few votes to tell: about %(more)s more.", more
                ) % {"more": more}


def pairs(organization: Organization, trial: Trial | None = None) -> list[Pair]:
    """Return the pairs with the most votes first, counted by the database."""
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for low, high, verdict, winner, number in _counts(organization, trial):
        # A vote for a third model says nothing of these two.
        outcome = verdict if verdict != Vote.Verdict.BEST else winner if winner in (low, high) else ""
        counted[low, high][outcome] += number
    names = _names({key for pair in counted for key in pair})
    found = [_pair(low, high, counts, names) for (low, high), counts in counted.items()]
    return sorted(found, key=lambda pair: -pair.votes)[:MOST]


def percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def _pair(low: str, high: str, counts: Counter[str], names: dict[str, str]) -> Pair:
    first, second = (low, high) if counts[low] >= counts[high] else (high, low)
    return Pair(
        first=names[first],
        second=names[second],
        odds=odds(counts[first], counts[first] + counts[second]),
        ties=counts[Vote.Verdict.TIE],
        bad=counts[Vote.Verdict.BAD],
    )


def _counts(organization: Organization, trial: Trial | None) -> QuerySet[Side, tuple[str, str, str, str, int]]:
    """Return for each two models in one round: their keys, what was voted, for whom, how often."""
    rounds = Round.objects.filter(trial__organization=organization, votes__isnull=False)
    if trial:
        rounds = rounds.filter(trial=trial)
    two = Side.objects.filter(round__in=rounds).annotate(other=F("round__sides__key")).filter(key__lt=F("other"))
    voted = two.annotate(verdict=F("round__votes__verdict"), best=F("round__votes__winner__key")).order_by()
    return voted.values_list("key", "other", "verdict", "best").annotate(number=Count("pk"))


def _names(keys: Iterable[str]) -> dict[str, str]:
    found = Side.objects.filter(key__in=list(keys)).order_by("pk").values_list("key", "name")
    return dict(found)
