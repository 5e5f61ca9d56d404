"""Keep keys out of everything that a person, a log or a database might get to see."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote

STAND_IN = "[key]"
# A shorter key is a placeholder for a server without keys, and may well be an ordinary word.
SHORTEST_KEY = 8

_LOOKS_LIKE_A_KEY = re.compile(r"\b(?:sk|sess|rk)-[A-Za-z0-9_*.\-]*[A-Za-z0-9_*]")
_BEARER = re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=*\-]{8,}")


def spellings(key: str) -> tuple[str, ...]:
    """Return the ways in which a server may repeat a key: as it is, in an address, in JSON, in base64."""
    if len(key) < SHORTEST_KEY:
        return ()
    packed = base64.b64encode(key.encode()).decode().rstrip("=")
    found = (key, quote(key, safe=""), quote(key), json.dumps(key)[1:-1], packed)
    return tuple(dict.fromkeys(sorted(found, key=len, reverse=True)))


def redactor(key: str) -> Callable[[str], str]:
    """Make a function that takes this key, and whatever looks like one, out of a text."""

    known = spellings(key)

    def redact(text: str) -> str:
        for spelling in known:
            text = text.replace(spelling, STAND_IN)
        text = _BEARER.sub(f"Bearer {STAND_IN}", text)
        return _LOOKS_LIKE_A_KEY.sub(STAND_IN, text)

    return redact
