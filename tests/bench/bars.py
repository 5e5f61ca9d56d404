"""What was measured, printed beside what it should be. Who calls decides whether a miss is an error."""

from __future__ import annotations


def reaches(what: str, value: float, bar: float) -> bool:
    """Print a value that should be at least the bar."""
    return _told(what, f"{value:,.5g}, at least {bar:,.5g}", value >= bar)


def below(what: str, value: float, bar: float) -> bool:
    return _told(what, f"{value:,.5g}, under {bar:,.5g}", value < bar)


def said(what: str, value: str) -> None:
    """Print what has no bar."""
    print(f"\n{what}: {value}", end="")


def _told(what: str, measured: str, holds: bool) -> bool:
    said(what, f"{measured}: {'holds' if holds else 'MISSED'}")
    return holds
