"""The lines of a page's events, in the page and in its stream.

A page has up to 200 of them: written by a template each takes two and a half times as long.
"""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from finetunes.models import Event
from teams.templatetags.looks import moment_as

LOUD = {"error", "warn", "warning"}


def draw(event: Event) -> SafeString:
    """Return the line of an event: when it was, how bad it is if it is bad, and what it says."""
    when = moment_as(event.created_at, "H:i:s", is_local=True) if event.created_at else "<span></span>"
    begun, loud = _level(event.level)
    said = f'<span class="wrap-any">{loud}{escape(event.message)}</span></li>'
    return mark_safe(f'<li data-ordinal="{event.ordinal:d}" class="{begun}">{when}{said}')  # noqa: S308


@lru_cache(100)
def _level(level: str) -> tuple[str, str]:
    """Return the class of a line, and the word that stands before what it says."""
    return f"level-{slugify(level)}", f"<b>{escape(level)}</b> " if level in LOUD else ""
