"""Base models and their limits, for providers that do not tell: a dated table, which an owner can rewrite.

What a provider says itself (Client.bases, Client.limits) is always preferred to this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from connections import providers
from connections.models import Connection

MOST = 200
METHODS = ("sft", "dpo", "rft")
"""Learning from answers, from preferred and other answers, from rewards."""


class BadLine(Exception):
    """A line that is no base model; the message is the line, cut."""


@dataclass(frozen=True, kw_only=True)
class Known:
    name: str
    methods: tuple[str, ...] = ("sft",)
    most_tokens: int | None = None  # of one example


@dataclass(frozen=True, kw_only=True)
class Table:
    rows: tuple[Known, ...]
    on: date
    source: str  # where it was read, or the words of the owner who wrote it
    is_ours: bool = True  # False: an owner wrote it

    def get(self, name: str) -> Known | None:
        return next((row for row in self.rows if row.name == name), None)


def _rows(text: str) -> tuple[Known, ...]:
    return tuple(_row(line) for line in text.strip().splitlines() if line.strip())


def _row(line: str) -> Known:
    """Read `gpt-4.1 | sft dpo | 65536`, of which all but the name may be missing."""
    name, *rest = (part.strip() for part in line.split("|"))
    methods = tuple(rest[0].lower().replace(",", " ").split()) if rest and rest[0] else ("sft",)
    tokens = rest[1].replace(",", "").replace("_", "") if len(rest) > 1 else ""
    is_wrong = not name or len(name) > 200 or len(rest) > 2 or not set(methods) <= set(METHODS)
    if is_wrong or (tokens and not (tokens.isascii() and tokens.isdecimal() and 0 < int(tokens[:12]) < 10**9)):
        raise BadLine(line.strip()[:60])
    return Known(name=name, methods=methods, most_tokens=int(tokens) if tokens else None)


BUILT_IN = {
    "openai": Table(
        rows=_rows("""
            gpt-4.1-2025-04-14 | sft dpo | 65536
            gpt-4.1-mini-2025-04-14 | sft dpo | 65536
            gpt-4o-2024-08-06 | sft dpo | 65536
            gpt-4o-mini-2024-07-18 | sft | 65536
        """),
        on=date(2026, 11, 20),
        source="OpenAI's deprecations page and fine-tuning guides",
    ),
    "azure": Table(
        rows=_rows("""
            gpt-4.1-2025-04-14 | sft dpo
            gpt-4.1-mini-2025-04-14 | sft dpo
            gpt-4.1-nano-2025-04-14 | sft dpo
            gpt-4o-2024-08-06 | sft dpo
            gpt-4o-mini-2024-07-18 | sft
            gpt-oss-20b | sft
        """),
        on=date(2026, 5, 31),
        source="Microsoft's documentation of fine-tuning",
    ),
    "nebius": Table(
        rows=_rows("""
            meta-llama/Meta-Llama-3.1-8B-Instruct | sft
            meta-llama/Llama-3.3-70B-Instruct | sft
        """),
        on=date(2026, 8, 31),
        source="Nebius's documentation and cookbook",
    ),
}


def table(connection: Connection) -> Table | None:
    """Return what an owner wrote, else what came with Tunedeck, else None: then all that the provider lists is offered."""
    return _stored(connection.known_bases) or BUILT_IN.get(providers.of(connection).code)


def read(text: str) -> list[dict[str, Any]]:
    """Read the lines of a form into what is stored. Raises BadLine."""
    rows = _rows(text)
    if len(rows) > MOST:
        raise BadLine(str(len(rows)))
    return [{"name": row.name, "methods": list(row.methods), "tokens": row.most_tokens} for row in rows]


def written(rows: Iterable[Known]) -> str:
    return "\n".join(" | ".join(filter(None, (row.name, " ".join(row.methods), str(row.most_tokens or "")))) for row in rows)


def write(connection: Connection, rows: list[dict[str, Any]], source: str, on: date) -> None:
    """Store a table; without rows the one that came with Tunedeck counts again."""
    connection.known_bases = {"rows": rows, "source": source, "on": on.isoformat()} if rows else {}
    connection.save(update_fields=["known_bases"])


def _stored(kept: dict[str, Any]) -> Table | None:
    if not kept.get("rows"):
        return None
    rows = tuple(Known(name=row["name"], methods=tuple(row["methods"]), most_tokens=row["tokens"]) for row in kept["rows"])
    return Table(rows=rows, on=date.fromisoformat(kept["on"]), source=kept["source"], is_ours=False)
