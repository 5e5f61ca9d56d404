"""What becomes of a row, and of its run, when there was no answer."""

from __future__ import annotations

from enum import Enum, auto

from openai_api import errors
from openai_api.pacing import BUSY, PutOff
from playground import explain

MOST_ATTEMPTS = 4
MOST_WAITS = 20
"""Attempts where the failure is likely not the row's own: nobody was reached, or the model is being loaded."""
FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0  # seconds


class Then(Enum):
    LATER = auto()  # it was not the row's fault: ask again without counting
    AGAIN = auto()  # ask again, a few times
    GIVE_UP = auto()  # the row has a problem
    STOP = auto()  # the run cannot go on


def then(error: errors.APIError, attempts: int, *, fresh: bool) -> Then:
    """Decide about a row after `attempts` failures, this one among them; `fresh` is a model that may still be loading."""
    if isinstance(error, PutOff):
        return Then.LATER
    if isinstance(error, errors.StatusError):
        if error.out_of_quota or (error.status in (401, 403, 404) and not (fresh and error.status == 404)):
            return Then.STOP
        if is_busy(error):
            return Then.LATER
        if error.status in (400, 413, 422):
            return Then.GIVE_UP
    if isinstance(error, errors.NotOffered):
        return Then.STOP
    return Then.AGAIN if attempts < (MOST_WAITS if _may_pass(error) else MOST_ATTEMPTS) else Then.GIVE_UP


def is_busy(error: errors.APIError) -> bool:
    """Whether the provider asked for fewer requests."""
    if not isinstance(error, errors.StatusError) or error.out_of_quota:
        return False
    return error.status == 429 or (error.status in BUSY and bool(error.retry_after))


def _may_pass(error: errors.APIError) -> bool:
    loading = isinstance(error, errors.StatusError) and error.status in (404, 409, 503)
    return loading or isinstance(error, errors.ConnectionFailed)


def is_silence(error: errors.APIError) -> bool:
    """Whether it speaks against the provider as a whole, unless others are answered."""
    silent = (errors.ConnectionFailed, errors.OutcomeUnknown, errors.ServerError, errors.BadAnswer, errors.Conflict)
    return isinstance(error, silent)


def delay(attempts: int) -> float:
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (attempts - 1))


def in_words(error: errors.APIError) -> str:
    """Say what happened, with the provider's own words."""
    return f"{explain.trouble(error).sentence} {error.message}".strip()
