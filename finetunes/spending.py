"""What an organization may spend: whether a fine-tune may start at once, needs an owner's word, or does not fit.

Only amounts in the budget's currency are compared; nothing is converted, so a price in another currency counts as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from finetunes.models import Budget, Charge
from finetunes.words import money
from teams.models import Organization


class Reason(StrEnum):
    LINE = "line"
    LIMIT = "limit"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    FREE = "free"
    CONFIRM = "confirm"  # an owner's own start: no second person, but a deliberate one
    ASK = "ask"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Month:
    """What has been spent since the first of the month, as far as it is known."""

    spent: Decimal
    uncounted: int  # fine-tunes of which no figure in the budget's currency is known


@dataclass(frozen=True, slots=True)
class Ruling:
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    sentences: tuple[str, ...] = ()


FREE = Ruling(Verdict.FREE)


def rule(budget: Budget | None, cost: Decimal | None, currency: str, *, is_owner: bool) -> Ruling:
    """Hold what a fine-tune would cost (None: unknown) against the budget."""
    if budget is None:
        return FREE
    known = cost if currency == budget.currency else None
    reasons = tuple(_reasons(budget, known))
    if not reasons:
        return FREE
    sentences = tuple(sentence(reason, budget, is_owner=is_owner) for reason in reasons)
    if Reason.LIMIT in reasons and not budget.asks_over_limit:
        return Ruling(Verdict.REFUSED, reasons, sentences)
    return Ruling(Verdict.CONFIRM if is_owner else Verdict.ASK, reasons, sentences)


def _reasons(budget: Budget, cost: Decimal | None) -> Iterable[Reason]:
    if cost is None:
        if budget.asks_when_unknown:
            yield Reason.UNKNOWN
        return
    if budget.approval_line is not None and cost > budget.approval_line:
        yield Reason.LINE
    if budget.monthly_limit is not None and cost > left(budget):
        yield Reason.LIMIT


def sentence(reason: Reason, budget: Budget, *, is_owner: bool) -> str:
    """Say why somebody is asked, or why it is refused; the limits themselves are the owners' matter."""
    if reason == Reason.LINE and not is_owner:
        return _("It costs more than may be started without asking an owner.")
    if reason == Reason.LIMIT and not is_owner:
        return _("It costs more than is left of the limit of this month.")
    if reason == Reason.LINE and budget.approval_line is not None:
        return _("It costs more than %(line)s.") % {"line": money(budget.approval_line, budget.currency)}
    if reason == Reason.LIMIT and budget.monthly_limit is not None:
        amounts = {"left": money(left(budget), budget.currency), "limit": money(budget.monthly_limit, budget.currency)}
        return _("Of the monthly limit of %(limit)s, %(left)s is left.") % amounts
    return _("Nobody knows what it will cost in %(currency)s.") % {"currency": budget.currency}


def left(budget: Budget) -> Decimal:
    """Return what is left of the monthly limit, at least nothing."""
    return max(Decimal(0), (budget.monthly_limit or Decimal(0)) - this_month(budget.organization, budget.currency).spent)


def this_month(organization: Organization, currency: str) -> Month:
    start, end = month_of(timezone.now())
    charges = Charge.objects.of(organization).between(start, end)
    return Month(charges.total(currency), charges.uncounted(currency))


def month_of(moment: datetime) -> tuple[datetime, datetime]:
    """Return the first moments of this month and of the next."""
    start = timezone.localtime(moment).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
