"""What a notification says. Sentences are made when they are read, so they are in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.kinds import Kind
from notifications.models import Notification

LONGEST = 500


def title(notification: Notification) -> str:
    """Return one line without breaks: the subject of a mail, the head of a row."""
    facts = _facts(notification)
    if notification.kind == Kind.SHUTDOWN:
        line = _shutdown(facts)
    else:
        line = _titles().get(notification.kind, _("%(name)s: something happened")) % facts
    return " ".join(line.split())[:LONGEST]


def text(notification: Notification) -> str:
    """Return what more is known; empty if that is nothing."""
    facts = _facts(notification)
    lines = [pattern % facts for name, pattern in _more().items() if facts[name]]
    return " ".join(" ".join(lines).split())[: 2 * LONGEST]


def _facts(notification: Notification) -> Mapping[str, Any]:
    known = {name: str(value)[:LONGEST] for name, value in notification.facts.items()}
    return {
        **dict.fromkeys(
            ("name", "by", "base", "model", "error", "cost", "why", "answer", "provider", "day", "more", "until"), ""
        ),
        **known,
    }


def _titles() -> dict[str, str]:
    return {
        Kind.SUCCEEDED: _("%(name)s has succeeded"),
        Kind.FAILED: _("%(name)s has failed"),
        Kind.LOST_CONTACT: _("%(provider)s does not answer about %(name)s"),
        Kind.APPROVAL_WANTED: _("%(by)s asks for approval of %(name)s"),
        Kind.APPROVAL_GIVEN: _("%(by)s approved %(name)s"),
        Kind.APPROVAL_DECLINED: _("%(by)s declined %(name)s"),
        Kind.DELETION_PLANNED: _("%(by)s is deleting %(name)s"),
        Kind.DELETION_STUCK: _("%(name)s cannot be deleted at %(provider)s"),
    }


def _more() -> dict[str, str]:
    return {
        "cost": _("It would cost about %(cost)s."),
        "why": _("Reason: %(why)s"),
        "answer": _("Answer: %(answer)s"),
        "until": _("Until %(until)s an owner can take that back."),
        "more": _("So it is with %(more)s more."),
        "error": _("The provider said: %(error)s"),
        "model": _("The model is called %(model)s."),
    }


def _shutdown(facts: Mapping[str, Any]) -> str:
    try:
        day = date.fromisoformat(facts["day"])
    except ValueError:
        return _("%(name)s will be shut down") % facts
    left = (day - timezone.localdate()).days
    said = {"name": facts["name"], "day": date_format(day, "j F Y"), "n": left}
    if left < 0:
        return _("%(name)s was shut down on %(day)s") % said
    line = ngettext(
        "%(name)s will be shut down on %(day)s, in %(n)d day",
        "%(name)s will be shut down on %(day)s, in %(n)d days",
        left,
    )
    return line % said
