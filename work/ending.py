"""Whether this worker has been asked to end: long work then stops at the next good place, and another worker goes on.

The parent of a worker's processes is asked (`SIGTERM`); a byte that they share tells them.
"""

from __future__ import annotations

import mmap
from typing import Any

_asked = mmap.mmap(-1, 1)


def ask(**_: Any) -> None:
    _asked[0] = 1


def is_asked() -> bool:
    return _asked[0] == 1
