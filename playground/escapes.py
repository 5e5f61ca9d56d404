"""Show and read the characters that a page cannot show: line breaks, tabs, and the backslash that writes them."""

from __future__ import annotations

import re

SHOWN = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
MEANT = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def show(text: str) -> str:
    """Write `text` on one line, so that `read` gives it back."""
    return "".join(SHOWN.get(letter, letter) for letter in text)


def read(text: str) -> str:
    """Turn `\\n`, `\\r`, `\\t` and `\\\\` into what they stand for; any other backslash stays as it is."""
    return re.sub(r"\\([\\nrt])", lambda found: MEANT[found.group(1)], text)
