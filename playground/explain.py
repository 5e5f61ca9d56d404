"""What went wrong, in a sentence, with what to do about it; and why an answer ended, in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openai_api import errors
from teams.looks import signs

MOST_ATTEMPTS = 6  # automatic ones; the button works for as long as a person likes
FILTERS = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
LONGEST_WAIT = 120.0  # seconds; a provider that asks for more is not waited for


@dataclass(frozen=True, kw_only=True)
class Trouble:
    sentence: str
    advice: str
    words: str  # the provider's own
    retry_in: float | None = None  # seconds until it is worth trying again by itself; None: not by itself
    details: tuple[tuple[str, str], ...] = ()


def trouble(error: errors.APIError, *, attempt: int = 0, fresh: bool = False, begun: bool = False) -> Trouble:
    """Explain an error. `attempt` counts from 0, `fresh` is a model that may still be loading, `begun` an answer that
    had already started and is therefore not asked for again without being told to.
    """
    sentence, advice, passes = _explain(error, fresh=fresh, begun=begun)
    return Trouble(
        sentence=sentence,
        advice=advice,
        words=error.message,
        retry_in=_wait(error, attempt) if passes and not begun else None,
        details=_details(error),
    )


def finish(reason: str | None, *, limit: int | None = None) -> str:
    """Say in words why an answer ended; a word that is not known is shown as it is."""
    words: dict[str | None, Callable[[], str]] = {
        "stop": lambda: _("Complete: it came to its end or to a stop sequence."),
        "length": lambda: _at_limit(limit),
        "content_filter": lambda: _("Cut off by the provider's content filter."),
        "tool_calls": lambda: _("The model asks for a tool. The playground shows what it asks and runs nothing."),
        "function_call": lambda: _("The model asks for a function. The playground shows what it asks and runs nothing."),
        None: lambda: _("The provider did not say why it ended."),
    }
    return words[reason]() if reason in words else _("Ended: %(reason)s") % {"reason": reason}


def _at_limit(limit: int | None) -> str:
    if limit == 1:
        return _("One token, as set.")
    return _("Cut off at the longest answer. Raise that limit to read on.")


Explained = tuple[str, str, bool]  # sentence, advice, and whether it may pass by itself


def _explain(error: errors.APIError, *, fresh: bool, begun: bool) -> Explained:
    if _is_filtered(error):
        return _filtered()
    if begun and isinstance(error, errors.OutcomeUnknown | errors.StreamFailed | errors.BadAnswer):
        return _("The answer broke off."), _("What had arrived is shown. Run it again for a whole answer."), False
    if isinstance(error, errors.StatusError):
        return _refusal(error, fresh=fresh)
    if isinstance(error, errors.Timeout):
        return _("No answer came in time: the model is probably still loading."), _keep(), True
    if isinstance(error, errors.ConnectionFailed | errors.ConnectionLost):
        return _("The provider cannot be reached."), _("If this goes on, test the connection under Connections."), True
    if isinstance(error, errors.StreamFailed):
        return _("The provider broke off before it answered."), _("Run it again; nothing that you typed is lost."), False
    return (
        _("The provider's answer makes no sense."),
        _("Nothing that you typed is lost. If it happens again, check the connection's base URL under Connections."),
        False,
    )


def _refusal(error: errors.StatusError, *, fresh: bool) -> Explained:
    if isinstance(error, errors.NotFound):
        return _unknown_model(fresh=fresh)
    if isinstance(error, errors.RateLimited):
        return _slow_down(error, fresh=fresh)
    if isinstance(error, errors.ServerError | errors.Conflict):
        if error.status in {409, 503} or fresh or _is_loading(error):
            return _loading()
        return _("The provider had an error of its own."), _keep(), True
    if isinstance(error, errors.AuthenticationFailed):
        return (
            _("The provider does not accept the connection's key."),
            _("An owner can enter a new one under Connections."),
            False,
        )
    if isinstance(error, errors.PermissionDenied):
        return (
            _("The provider does not allow this."),
            _("Its own words below say what is missing; an owner may have to ask there."),
            False,
        )
    return _bad_request(error)


def _unknown_model(*, fresh: bool) -> Explained:
    if fresh:
        return _loading()
    gone = _("It may have been deleted or shut down there. Choose another one, or look at its page under Models.")
    return _("The provider does not know this model."), gone, False


def _slow_down(error: errors.StatusError, *, fresh: bool) -> Explained:
    if error.out_of_quota:
        return (
            _("The account at the provider has no credit left."),
            _("Waiting does not help: somebody has to add credit there."),
            False,
        )
    if fresh or _is_loading(error):
        return _loading()
    if (error.retry_after or 0) > LONGEST_WAIT:
        later = _("It asks to come back in %(time)s. Nothing that you typed is lost.") % {
            "time": _minutes(error.retry_after)
        }
        return _("The provider asks for fewer requests at a time."), later, True
    return _("The provider asks for fewer requests at a time."), _keep(), True


def _minutes(seconds: float | None) -> str:
    minutes = math.ceil((seconds or 0) / 60)
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": signs(f"{minutes:,}")}


def _bad_request(error: errors.StatusError) -> Explained:
    if error.code == "context_length_exceeded" or "context length" in error.message.lower():
        shorter = _("Shorten the text, or lower the longest answer: both together must fit into the model.")
        return _("The text is too long for this model."), shorter, False
    return _("The provider refuses the request."), _("Change what its words below name, and run it again."), False


def _loading() -> Explained:
    return (
        _("The model is still loading at the provider."),
        _("That can take some minutes with a new model. Nothing that you typed is lost."),
        True,
    )


def _filtered() -> Explained:
    reword = _("Nothing was answered. Say it in other words; nothing that you typed is lost.")
    return _("The provider's content filter does not let this through."), reword, False


def _is_filtered(error: errors.APIError) -> bool:
    named = (getattr(error, "code", None), getattr(error, "type", None))
    return any(word in FILTERS for word in named)


def _keep() -> str:
    return _("Nothing that you typed is lost.")


def _is_loading(error: errors.StatusError) -> bool:
    said = f"{error.message} {error.code}".lower()
    return any(word in said for word in ("loading", "being loaded", "warming", "not ready", "model_not_ready"))


def _wait(error: errors.APIError, attempt: int) -> float | None:
    asked = getattr(error, "retry_after", None)
    if attempt >= MOST_ATTEMPTS or (asked or 0) > LONGEST_WAIT:
        return None
    return max(asked or 0.0, min(60.0, 2.0 ** (attempt + 1)))


def _details(error: errors.APIError) -> tuple[tuple[str, str], ...]:
    named = (
        (_("Status"), "status"),
        (_("Type"), "type"),
        (_("Code"), "code"),
        (_("Parameter"), "param"),
        (_("Request"), "request_id"),
    )
    return tuple((label, str(value)) for label, name in named if (value := getattr(error, name, None)) is not None)
