"""Keep keys out of everything that a person, a log or a database might get to see."""

from __future__ import annotations

import re
from collections.abc import Callable

STAND_IN = "[key]"
# A shorter key is a placeholder for a server without keys, and may well be an ordinary word.
SHORTEST_KEY = 8

_LOOKS_LIKE_A_KEY = re.compile(r"\b(?:sk|sess|rk)-[A-Za-z0-9_*.\-]*[A-Za-z0-9_*]")
_BEARER = re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=*\-]{8,}")


def redactor(key: str) -> Callable[[str], str]:
    """Make a function that takes this key, and whatever looks like one, out of a text."""

    def redact(text: str) -> str:
        if len(key) >= SHORTEST_KEY:
            text = text.replace(key, STAND_IN)
        text = _BEARER.sub(f"Bearer {STAND_IN}", text)
        return _LOOKS_LIKE_A_KEY.sub(STAND_IN, text)

    return redact
