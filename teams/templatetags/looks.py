"""What every template has: icons, and Django's filter `date` in the form that the person has chosen."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django import template
from django.template.defaultfilters import date as plain_date
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from teams import looks

NUMBERS = str.maketrans({"Y": "%Y", "m": "%m", "d": "%d", "H": "%H", "i": "%M", "s": "%S", "T": "%Z"})
PLAIN = frozenset("YmdHisT .:,/-")

ICON = '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><use href="{}#{}"/></svg>'
MOMENT = '<time datetime="{}"{} title="{}">{}</time>'
EXACT = "Y-m-d H:i:s T"

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> str:
    return format_html(ICON, static("icons.svg"), name)


@register.simple_tag
def moment(when: datetime, shown: str, is_local: bool = False) -> str:
    """Show when something was in some words, and exactly when to whoever points there.

    `is_local` lets the page put its reader's own time in place of the words.
    """
    here = timezone.localtime(when)
    return format_html(MOMENT, here.isoformat(), mark_safe(" data-local" * is_local), date(here, EXACT), shown)  # noqa: S308


@register.filter(name="date", expects_localtime=True, is_safe=False)
def date(value: Any, form: str | None = None) -> str:
    form = looks.fitting(form) if form else form
    if form and isinstance(value, datetime) and (quick := _quick(form)):
        return value.isoformat() if form == "c" else value.strftime(quick)
    return str(plain_date(value, form))


@cache
def _quick(form: str) -> str:
    """Return a form that has only numbers in it as the C library knows it, which is thirty times quicker; else ""."""
    return "c" if form == "c" else form.translate(NUMBERS) if set(form) <= PLAIN else ""
