"""How a person sees times, dates and numbers; what they leave open is as their browser says."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils import formats as spelling
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

ZONE_COOKIE = "zone"

FORMATS = [
    ("", _("As the language")),
    ("iso", _("2026-11-21, 18:05")),
    ("dots", _("21.11.2026, 18:05")),
    ("slashes", _("21/11/2026, 18:05")),
    ("month", _("11/21/2026, 6:05 PM")),
]
DAYS = {"iso": "Y-m-d", "dots": "d.m.Y", "slashes": "d/m/Y", "month": "m/d/Y"}
LONG = {"iso": "Y-m-d", "dots": "j. F Y", "slashes": "j F Y", "month": "F j, Y"}


NUMBERS = [
    ("", _("As the language")),
    ("comma", _("1,234.56")),
    ("dot", _("1.234,56")),
    ("space", _("1\N{NO-BREAK SPACE}234,56")),
]
SIGNS: dict[str, dict[str, Any]] = {
    name: {"THOUSAND_SEPARATOR": thousand, "DECIMAL_SEPARATOR": decimal, "NUMBER_GROUPING": 3}
    for name, thousand, decimal in (("comma", ",", "."), ("dot", ".", ","), ("space", "\N{NO-BREAK SPACE}", ","))
}


class Worn(NamedTuple):
    """What a person has chosen: how dates and how numbers are written; "" is as the language has it."""

    formats: str = ""
    numbers: str = ""


PLAIN = Worn()
_worn: ContextVar[Worn] = ContextVar("worn", default=PLAIN)  # every number on a page asks for it: quicker than a Local


class Look(NamedTuple):
    """What decides how a page is drawn; two people with the same look see the same."""

    language: str = "en"
    formats: str = ""
    numbers: str = ""
    zone: str = ""


@cache
def zones() -> list[str]:
    return sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")


def put_on(request: HttpRequest, user: Any) -> None:
    """Let everything that this request draws be as its person wants it."""
    chosen = user if user.is_authenticated else None
    zone = (chosen.time_zone if chosen else "") or request.COOKIES.get(ZONE_COOKIE, "")
    if zone in zones():
        timezone.activate(zone)
    else:
        timezone.deactivate()
    _worn.set(Worn(chosen.formats, chosen.numbers) if chosen else PLAIN)
    if chosen and chosen.language in dict(settings.LANGUAGES):
        translation.activate(chosen.language)


def now() -> Look:
    """Return the look that is put on, for what is drawn later and elsewhere."""
    return Look(translation.get_language() or "en", *_worn.get(), timezone.get_current_timezone_name())


@contextmanager
def worn(look: Look) -> Iterator[None]:
    """Draw something for whoever has this look."""
    before = _worn.set(Worn(look.formats, look.numbers))
    try:
        with translation.override(look.language), timezone.override(look.zone or None):
            yield
    finally:
        _worn.reset(before)


def with_signs(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Let Django's look-up of formats, which all numbers on pages go through, give the signs that the person wants."""

    @wraps(plain)
    def get_format(format_type: str, lang: str | None = None, use_l10n: bool | None = None) -> Any:
        chosen = SIGNS.get(_worn.get().numbers, {}) if use_l10n is not False else {}
        return chosen[format_type] if format_type in chosen else plain(format_type, lang, use_l10n)

    return get_format


def signs(written: str) -> str:
    """Exchange the signs of a number that is written as Python does, such as 1,234.56, for those that the person wants."""
    wanted = {",": spelling.get_format("THOUSAND_SEPARATOR"), ".": spelling.get_format("DECIMAL_SEPARATOR")}
    return written.translate(str.maketrans(wanted))


def fitting(form: str) -> str:
    """Return the form of a date, as Django spells them, that the person wants in this one's place."""
    wanted = _worn.get().formats
    if wanted not in DAYS:
        return form
    fit = form
    for known, instead in (("Y-m-d", DAYS[wanted]), ("j F Y", LONG[wanted])):
        if form.startswith(known):
            fit = instead + form.removeprefix(known)
    if wanted == "month":
        fit = fit.replace("H:i:s", "g:i:s A").replace("H:i", "g:i A")
    return fit
