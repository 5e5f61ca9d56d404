"""The arithmetic of the chain: plain Python, the same on every database.

An entry's hash covers its number, the hash before it, when, what, upon what, whose number, and the seals of three
parts that may name people. A seal is a salted hash, so the words of a part can be removed (with their salt) later:
the seal stays, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Protocol
from uuid import UUID

PARTS = ("who", "whom", "details")
SALT, SEAL = 32, 64  # hexadecimal digits
EXACT = 2**53  # beyond it a float is stored as text: PostgreSQL would give it back as another number


class Entry(Protocol):
    """What of an entry is hashed; the rows of migrations look like this too."""

    number: Any
    previous: Any
    created_at: Any
    actor_id: Any
    actor_name: Any
    action: Any
    target_type: Any
    target_id: Any
    target_name: Any
    address: Any
    details: Any
    seals: Any


def plain(value: Any) -> Any:
    """Return the value as JSON that comes back the same from every database."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return _plain_float(value)
    if isinstance(value, Mapping):
        return {plain_text(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    return plain_text(value)


def _plain_float(value: float) -> float | str:
    if not math.isfinite(value) or abs(value) >= EXACT:
        return repr(value)
    return value or 0.0  # there is no negative zero in PostgreSQL's JSON


def plain_text(value: object) -> str:
    """Return the text without what PostgreSQL cannot hold: NUL and halves of characters."""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()


def canonical(value: Any) -> bytes:
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def new_salts() -> str:
    return ",".join(secrets.token_hex(SALT // 2) for _part in PARTS)


def parts(entry: Entry) -> dict[str, Any]:
    """Return what each part holds: words that may name people."""
    address = str(ip_address(str(entry.address))) if entry.address else None
    return {"who": [entry.actor_name, address], "whom": entry.target_name, "details": entry.details}


EMPTY: dict[str, Any] = {"who": ["", None], "whom": "", "details": {}}
"""What a part holds once its words were removed."""


def sealed(entry: Entry) -> dict[str, str]:
    """Return the seal of each part; raises ValueError if the entry's salts are not as they should be."""
    kept = str(entry.seals).split(",")
    if len(kept) != len(PARTS) or any(len(one) not in (SALT, SEAL) for one in kept):
        raise ValueError("seals")
    words = parts(entry)
    return {part: one if len(one) == SEAL else _seal(one, words[part]) for part, one in zip(PARTS, kept, strict=True)}


def removed(entry: Entry) -> list[str]:
    """Return the parts whose words were removed."""
    return [part for part, one in zip(PARTS, str(entry.seals).split(","), strict=False) if len(one) == SEAL]


def without(entry: Entry, gone: set[str]) -> str:
    """Return the entry's `seals` for when the words of these parts are gone."""
    seals = sealed(entry)
    kept = str(entry.seals).split(",")
    return ",".join(seals[part] if part in gone else one for part, one in zip(PARTS, kept, strict=True))


def _seal(salt: str, words: Any) -> str:
    return hashlib.sha256(salt.encode() + canonical(words)).hexdigest()


def digest(entry: Entry) -> str:
    """Return the SHA-256 of an entry that has its number, its `previous` and its seals."""
    content = {
        "form": 1,
        "number": entry.number,
        "previous": entry.previous,
        "at": moment(entry.created_at),
        "person": entry.actor_id,
        "action": entry.action,
        "target": [entry.target_type, entry.target_id],
        "seals": sealed(entry),
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def beginning(origin: UUID | str) -> str:
    """Return the `previous` of a chain's first entry."""
    return hashlib.sha256(f"tunedeck audit {origin}".encode()).hexdigest()
