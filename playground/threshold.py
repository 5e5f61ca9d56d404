"""The label that counts where a limit of probability was kept for a model, instead of the likeliest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from playground.probabilities import Bar, Bars

LEAST_DIGITS, MOST_DIGITS = 2, 6


def decision(kept: Mapping[str, Any], found: Bars | None) -> str:
    """Say which label counts and why, in one sentence; "" where no limit is kept or no probability is known.

    `kept` is {"label": …, "threshold": 0 to 1}, and "low" if a person decides between the two; the probability is the
    label's share of what the provider reported for all labels, as evaluations take it.
    """
    label, limit = str(kept.get("label", "")).strip(), kept.get("threshold")
    if not label or not isinstance(limit, int | float) or found is None:
        return ""
    bar = next((bar for bar in found.rows if label in _plain(bar)), None) if found.classes else None
    if bar is None or len(bar.names) > 1:
        return _cannot(label, limit)
    low = kept.get("low")
    unsure = float(low) if isinstance(low, int | float) else float(limit)
    return _decided(label, limit, unsure, _share(bar, found), _other(label, found))


def _decided(label: str, limit: float, low: float, share: tuple[float | None, bool], other: str) -> str:
    here, is_reported = share
    if here is None or (not is_reported and here >= low):
        return _cannot(label, limit)
    if is_reported:
        said = _("%(label)s at %(limit)s or more: here %(here)s, so %(decided)s.")
    else:
        said = _("%(label)s at %(limit)s or more: here at most %(here)s, so %(decided)s.")
    shown, measured = _apart(limit, here)
    decided = label if here >= limit else _("a person decides") if here >= low else other
    return said % {"label": label, "limit": shown, "here": measured, "decided": decided}


def _share(bar: Bar, found: Bars) -> tuple[float | None, bool]:
    """Return the label's share of all labels, or the most that it can be, and whether it was reported."""
    if bar.probability is not None:
        return (bar.probability if bar.share is None else bar.share), True
    return (bar.at_most / (bar.at_most + found.covered) if bar.at_most else bar.at_most), False


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
