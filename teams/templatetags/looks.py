"""Django's filter `date`, in the form that the person has chosen; every template has it."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.defaultfilters import date as plain_date

from teams import looks

register = template.Library()


@register.filter(name="date", expects_localtime=True, is_safe=False)
def date(value: Any, form: str | None = None) -> str:
    return str(plain_date(value, looks.fitting(form) if form else form))
