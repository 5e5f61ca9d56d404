"""How pages show what a fine-tune has in it."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from finetunes import display, words
from finetunes.models import FineTune

register = template.Library()
CENT = Decimal("0.01")
register.filter("sparkline", display.sparkline)
register.filter("score", display.score)
register.filter("duration", words.duration)
register.filter("setting_value", words.value)


@register.filter
def ago(moment: datetime | None) -> str:
    """Say how long ago it was; the exact time belongs into the title."""
    if moment is None:
        return ""
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < 10:
        return _("just now")
    return _("%(time)s ago") % {"time": words.duration(seconds)}


@register.filter
def since(moment: datetime | None) -> str:
    """Say how long ago it was, for a column that is about just that."""
    return words.short((timezone.now() - moment).total_seconds()) if moment else ""


@register.filter
def strip(fine_tune: FineTune) -> display.Strip:
    """Return the progress without asking for events: lists show many."""
    return display.strip(fine_tune, None)


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """An amount in words; what is less than a hundredth is not called nothing."""
    if 0 < amount < CENT:
        return _("less than %(cent)s %(currency)s") % {"cent": number_format(CENT, 2), "currency": currency}
    return f"{number_format(amount.quantize(CENT, ROUND_HALF_UP), 2, use_l10n=True, force_grouping=True)} {currency}"
