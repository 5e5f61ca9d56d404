"""The label that counts where a limit of probability was kept for a model, instead of the likeliest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from playground.probabilities import Bar, Bars

LEAST_DIGITS, MOST_DIGITS = 2, 6


def decision(kept: Mapping[str, Any], found: Bars | None) -> str:
    """Say which label counts and why, in one sentence; "" where no limit is kept or no probability is known.

    `kept` is {"label": …, "threshold": 0 to 1}; the probability is the one that the provider reported for the label,
    as evaluations take it.
    """
    label, limit = str(kept.get("label", "")).strip(), kept.get("threshold")
    if not label or not isinstance(limit, int | float) or found is None:
        return ""
    bar = next((bar for bar in found.rows if label in _plain(bar)), None) if found.classes else None
    if bar is None or len(bar.names) > 1:
        return _cannot(label, limit)
    return _decided(label, limit, bar, _other(label, found))


def _decided(label: str, limit: float, bar: Bar, other: str) -> str:
    if bar.probability is None:
        if bar.at_most is None or bar.at_most >= limit:
            return _cannot(label, limit)
        said, here = _("%(label)s at %(limit)s or more: here at most %(here)s, so %(decided)s."), bar.at_most
    else:
        said, here = _("%(label)s at %(limit)s or more: here %(here)s, so %(decided)s."), bar.probability
    shown, measured = _apart(limit, here)
    return said % {"label": label, "limit": shown, "here": measured, "decided": label if here >= limit else other}


def _cannot(label: str, limit: float) -> str:
    return _("%(label)s at %(limit)s or more: its probability was not reported here, so this cannot be told.") % {
        "label": label,
        "limit": _apart(limit, limit)[0],
    }


def _other(label: str, found: Bars) -> str:
    """The likeliest of the other labels; bars stand likeliest first."""
    others = (" / ".join(_plain(bar)) for bar in found.rows if label not in _plain(bar))
    return next(others, _("not %(label)s") % {"label": label})


def _plain(bar: Bar) -> list[str]:
    return [name.strip() for name in bar.names]


def _apart(limit: float, here: float) -> tuple[str, str]:
    """Write both with as many digits as it takes to see which is larger."""
    for digits in range(LEAST_DIGITS, MOST_DIGITS + 1):
        pair = f"{limit:.{digits}f}", f"{here:.{digits}f}"
        if (float(pair[0]) == limit or digits == MOST_DIGITS) and (pair[0] != pair[1] or limit == here):
            return pair
    return pair
