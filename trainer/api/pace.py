"""The limits of a key on the wire: its headers, and the refusal of what is too much."""

from __future__ import annotations

import math

from trainer import limits
from trainer.api.envelope import TooMany
from trainer.models import Key

SHORT = {"requests": "RPM", "tokens": "TPM"}


def spend(key: Key, *, requests: int = 0, tokens: int = 0) -> dict[str, str]:
    """Use it up and return the headers that say what is left, or refuse."""
    try:
        limits.spend(key, requests=requests, tokens=tokens)
    except limits.Exceeded as error:
        raise _refusal(key, error) from None
    return headers(key)


def headers(key: Key) -> dict[str, str]:
    found = {}
    for kind, standing in limits.standing(key).items():
        found[f"x-ratelimit-limit-{kind}"] = str(standing.limit)
        found[f"x-ratelimit-remaining-{kind}"] = str(standing.remaining)
        found[f"x-ratelimit-reset-{kind}"] = duration(standing.reset)
    return found


def duration(seconds: float) -> str:
    """Spell a time as the original does: 20ms, 1.5s, 6m0s."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(math.ceil(seconds * 1000) / 1000, 60)
    tail = f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{minutes:.0f}m{tail}" if minutes else tail


def wait_headers(seconds: float) -> dict[str, str]:
    """Return when to come again, in whole seconds and exactly."""
    return {"retry-after": str(max(1, math.ceil(seconds))), "retry-after-ms": str(max(1, math.ceil(seconds * 1000)))}


def _refusal(key: Key, error: limits.Exceeded) -> TooMany:
    place = (
        f"for key …{key.last4} in organization {key.organization.public_id} "
        f"on {error.kind} per min ({SHORT[error.kind]}): Limit {error.limit}"
    )
    if error.wait is None:
        message = f"Request too large {place}, Requested {error.asked}. The input or output tokens must be reduced."
        return TooMany(message, kind=error.kind, headers={"x-should-retry": "false", **headers(key)})
    message = f"Rate limit reached {place}, Used {error.used}, Requested {error.asked}. "
    said = {**wait_headers(error.wait), **headers(key)}
    return TooMany(f"{message}Please try again in {duration(error.wait)}.", kind=error.kind, headers=said)
