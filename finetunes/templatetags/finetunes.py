"""How pages show what a fine-tune has in it."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.translation import gettext as _

from finetunes import display, telling, words
from finetunes.deletion import trouble
from finetunes.live import lines, rows
from finetunes.models import Event, FineTune

register = template.Library()
register.filter("sparkline", display.sparkline)
register.filter("score", display.score)
register.filter("duration", words.duration)
register.filter("clock", words.clock)
register.filter("money", words.money)
register.filter("setting_value", words.value)
register.filter("setting_name", words.setting)
register.filter("warning", telling.warning)
register.filter("trouble", trouble.sentence)


@register.simple_tag(takes_context=True)
def row(context: Context, fine_tune: FineTune) -> str:
    """Show the row of a table, ticked if it was chosen."""
    return rows.draw(fine_tune, fine_tune.pk in (context.get("chosen") or ()))


@register.simple_tag
def event_line(event: Event) -> str:
    return lines.draw(event)


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
def days_until(day: date) -> int:
    return (day - timezone.localdate()).days


@register.filter
def strip(fine_tune: FineTune) -> display.Strip:
    """Return the progress without asking for events: lists show many."""
    return display.strip(fine_tune, None)
