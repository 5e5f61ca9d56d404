"""What a fix may be told: the values that a person or a recipe's file gives instead of those that a check proposes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasets import tokens
from datasets.checks import BY_CODE, ending, separator
from datasets.checks.affixes import deliberate
from datasets.words import Refused
from datasets.words import gettext_noop as _

LONGEST, LARGEST = 200, 1_000_000
KNOWN = {"separator": (*separator.CANDIDATES, separator.FALLBACK), "ending": (*ending.CANDIDATES, ending.FALLBACK)}


def adjusted(code: str, proposed: Mapping[str, Any], typed: str) -> dict[str, Any]:
    """Return the fix's parameters with what a person typed in the place of the adjustable one.

    Line breaks are typed as \\n. Raises Refused with a sentence if it cannot be used.
    """
    name = BY_CODE[code].adjustable
    if not name:
        raise Refused(_("There is nothing to adjust in this fix."))
    return fitting(code, {**proposed, name: _read(BY_CODE[code].params[name], typed)})


def fitting(code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters if they are exactly what the fix has to be told, of the right kind and size."""
    wanted = BY_CODE[code].params
    if set(params) != set(wanted) or any(type(params[name]) is not kind for name, kind in wanted.items()):
        raise Refused(_("The fix “%(code)s” cannot be told that.", code=code))
    for name, value in params.items():
        _check(name, value)
    return dict(params)


def _read(kind: type[str] | type[int], typed: str) -> str | int:
    if kind is str:
        return "\\".join(_unescaped(part) for part in typed.split("\\\\"))
    try:
        return int(typed)
    except ValueError:
        raise Refused(_("Type a whole number.")) from None


def _unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


def _check(name: str, value: str | int) -> None:
    if isinstance(value, int):
        if not 1 <= value <= LARGEST:
            raise Refused(_("Choose a number from 1 to %(most)s.", most=LARGEST))
    elif not value or len(value) > LONGEST:
        raise Refused(_("Choose a text of 1 to %(most)s characters.", most=LONGEST))
    elif name in KNOWN and value not in KNOWN[name] and deliberate(value) != value:
        raise Refused(
            _(
                "That could be mistaken for text. Begin the mark with a space, a line break or a sign, make it two"
                " characters or longer, and do not end it like a sentence."
            )
        )
    elif name == "encoding" and value not in tokens.ENCODINGS:
        raise Refused(_("Tokens are not counted by that encoding."))
