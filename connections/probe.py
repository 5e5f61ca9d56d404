"""Try a connection and say in words what works, what does not, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from connections.models import Connection
from openai_api import errors
from openai_api.probing import Attempt, Probe
from work.encryption import Undecipherable

SECONDS = httpx.Timeout(15.0, connect=5.0)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that was tried. `provider` is the provider's own message, `advice` what to do."""

    what: str
    ok: bool
    said: str
    advice: str = ""
    provider: str = ""
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    works: bool
    headline: str
    lines: tuple[Line, ...]


def probe(connection: Connection, **options: Any) -> Verdict:
    """Ask for the lists and for an impossible fine-tune, which costs nothing and changes nothing; remember what came."""
    try:
        with connection.client(**{"timeout": SECONDS, **options}) as client:
            found = client.probe()
            verdict = in_words(found)
            _keep_what_is_closed(connection, found)
    except Undecipherable:
        verdict = _unreadable()
    connection.tested_at, connection.works = timezone.now(), verdict.works
    connection.save(update_fields=["tested_at", "works"])
    return verdict


def in_words(found: Probe) -> Verdict:
    if found.models.error and all(attempt is found.models for attempt in (found.files, *found.fine_tunes.values())):
        return Verdict(
            works=False, headline=_("It does not work yet."), lines=(_line(_("Reaching the provider"), found.models),)
        )
    lines = (
        _line(_("Models"), found.models),
        _line(_("Files"), found.files),
        *(_line(_fine_tunes(name), attempt, fine_tunes=True) for name, attempt in found.fine_tunes.items()),
        *([_training(found.training)] if found.training else []),
    )
    good = sum(line.ok for line in lines)
    if good == len(lines):
        headline = _("Everything that can be tried without starting a fine-tune works.")
    else:
        headline = _("Some of it works.") if good else _("It does not work yet.")
    return Verdict(works=found.ok, headline=headline, lines=lines)


def _fine_tunes(name: str) -> str:
    kinds = {"legacy": _("Fine-tunes (legacy API)"), "jobs": _("Fine-tunes (current API)")}
    return kinds.get(name, _("Fine-tunes"))


def _training(attempt: Attempt) -> Line:
    what = _("Starting a fine-tune")
    if attempt.ok:
        return Line(what=what, ok=True, said=_("Nothing speaks against it. Asked with a file that does not exist."))
    return _line(what, attempt)


def _keep_what_is_closed(connection: Connection, found: Probe) -> None:
    """Only a refusal is believed: that an impossible wish was refused for another reason opens nothing again."""
    error = found.training.error if found.training else None
    if isinstance(error, errors.TrainingNotAvailable):
        connection.close_training(error.message)


def _line(what: str, attempt: Attempt, *, fine_tunes: bool = False) -> Line:
    if attempt.error is None:
        return Line(what=what, ok=True, said=_counted(attempt.found or 0))
    said, advice = _explained(attempt.error, fine_tunes)
    request_id = getattr(attempt.error, "request_id", None) or ""
    return Line(what=what, ok=False, said=said, advice=advice, provider=attempt.error.message, request_id=request_id)


def _counted(found: int) -> str:
    if not found:
        return _("Answers; nothing is there yet.")
    return ngettext("Answers; %(count)d listed.", "Answers; %(count)d listed.", found) % {"count": found}


def _explained(error: errors.APIError, fine_tunes: bool) -> tuple[str, str]:
    """Say what happened and what to do, in that order."""
    if isinstance(error, errors.NotFound) and fine_tunes:
        return _("The provider does not have this API."), _("Choose the other dialect, or check that the base URL is right.")
    if isinstance(error, errors.RateLimited) and error.out_of_quota:
        return _("The account has nothing left to spend."), _("Add credit or raise its limit at the provider.")
    for kind, said, advice in _explanations():
        if isinstance(error, kind):
            return said, advice
    return _("The provider refused."), _("Its own words say why.")


def _explanations() -> tuple[tuple[type[errors.APIError], str, str], ...]:
    return (
        (
            errors.ConnectionFailed,
            _("The provider could not be reached."),
            _("Check the base URL, and that this server may connect to it."),
        ),
        (
            errors.Timeout,
            _("The provider did not answer in time."),
            _("Try again in a minute. If it stays so, a firewall may be in between."),
        ),
        (errors.ConnectionLost, _("The provider hung up in the middle of its answer."), _("Try again in a minute.")),
        (
            errors.AuthenticationFailed,
            _("The provider does not accept the key."),
            _("Enter the key again, or make a new one at the provider."),
        ),
        (
            errors.TrainingNotAvailable,
            _("This account may not start fine-tunes any more."),
            _("What was trained stays here. New fine-tunes need another connection."),
        ),
        (
            errors.PermissionDenied,
            _("The key is good, but not for this."),
            _("Allow it at the provider, or use a key of somebody who may."),
        ),
        (errors.NotFound, _("There is nothing at this address."), _("Check the base URL: it usually ends in /v1.")),
        (errors.RateLimited, _("The provider has had too many requests."), _("Wait a minute and test again.")),
        (errors.ServerError, _("The provider has trouble of its own."), _("Try again later; its status page may say more.")),
        (
            errors.BadAnswer,
            _("Something answered, but not this kind of API."),
            _("Check the base URL: it may lead to a web page instead."),
        ),
    )


def _unreadable() -> Verdict:
    line = Line(
        what=_("The stored key"),
        ok=False,
        said=_("The key cannot be read any more: it was encrypted with another TUNEDECK_FIELD_KEY."),
        advice=_("Enter the key again, or give Tunedeck the old field key back."),
    )
    return Verdict(works=False, headline=_("It does not work yet."), lines=(line,))
