"""How a person sees times and dates; what they leave open is as their browser says."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from asgiref.local import Local
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

ZONE_COOKIE = "zone"
_worn = Local()

FORMATS = [
    ("", _("As the language")),
    ("iso", _("2026-11-21, 18:05")),
    ("dots", _("21.11.2026, 18:05")),
    ("slashes", _("21/11/2026, 18:05")),
    ("month", _("11/21/2026, 6:05 PM")),
]
DAYS = {"iso": "Y-m-d", "dots": "d.m.Y", "slashes": "d/m/Y", "month": "m/d/Y"}
LONG = {"iso": "Y-m-d", "dots": "j. F Y", "slashes": "j F Y", "month": "F j, Y"}


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
    _worn.formats = chosen.formats if chosen else ""
    if chosen and chosen.language in dict(settings.LANGUAGES):
        translation.activate(chosen.language)


def fitting(form: str) -> str:
    """Return the form of a date, as Django spells them, that the person wants in this one's place."""
    wanted = getattr(_worn, "formats", "")
    if wanted not in DAYS:
        return form
    fit = form
    for known, instead in (("Y-m-d", DAYS[wanted]), ("j F Y", LONG[wanted])):
        if form.startswith(known):
            fit = instead + form.removeprefix(known)
    if wanted == "month":
        fit = fit.replace("H:i:s", "g:i:s A").replace("H:i", "g:i A")
    return fit
