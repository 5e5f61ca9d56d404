"""How a file is read: what was recognised, or what a person chose instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datasets.formats.header import Head
from datasets.words import Sentence

KINDS = ("csv", "tsv", "xlsx", "json", "jsonl", "txt")


@dataclass(frozen=True, kw_only=True)
class Options:
    kind: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int | None = None  # the line with the columns' names; 0: there is none, None: as recognised

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Options:
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})


@dataclass(frozen=True, kw_only=True)
class Layout:
    options: Options
    sheets: tuple[str, ...] = ()
    heads: tuple[Head, ...] = ()  # first rows of a table
    notes: tuple[Sentence, ...] = ()
