"""A form of the columns that the prompts of training were made of, for people who never see a prompt's shape.

A template is what a dataset's rows were put together by: `Subject: {subject}\\nFrom: {sender}`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson
from django.core.cache import caches
from django.core.files.storage import default_storage

from datasets import mapping
from datasets.models import Version

BY_FIELDS, BY_TEXT = "fields", "text"
CELL = "cell."  # begins the name of each column's form field
LONGEST_ROW = 1_000_000  # bytes
REMEMBERED = 3600  # seconds


@dataclass(frozen=True)
class Template:
    text: str

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(mapping.fields(self.text)))

    def fill(self, cells: Mapping[str, str]) -> str:
        return mapping.filled(self.text, {column: cells.get(column, "") for column in self.columns})

    def read(self, prompt: str, separator: str = "") -> dict[str, str] | None:
        """Find the columns in a prompt of this shape, with or without the separator; None for any other text."""
        found = self._found(prompt.removesuffix(separator)) if separator else None
        return self._found(prompt) if found is None else found

    def _found(self, prompt: str) -> dict[str, str] | None:
        (first, *rest), columns = mapping.pieces(self.text)
        if not prompt.startswith(first):
            return None
        cells: dict[str, str] = {}
        place = len(first)
        for number, (column, literal) in enumerate(zip(columns, rest, strict=True), 1):
            end = _last(prompt, literal, place) if number == len(columns) else prompt.find(literal, place)
            if end < 0 or cells.setdefault(column, prompt[place:end]) != prompt[place:end]:
                return None
            place = end + len(literal)
        return cells if place == len(prompt) else None


def _last(prompt: str, literal: str, place: int) -> int:
    end = len(prompt) - len(literal)
    return end if end >= place and prompt.endswith(literal) else -1


def template_of(version: Version) -> Template | None:
    """Return how the prompts of a version were made; None unless its first row says the same.

    The columns of a dataset can be chosen anew after a version was made.
    """
    text = version.dataset.mapping.get("template") if version.dataset_id else None
    if not text or not mapping.fields(text):
        return None
    template = Template(text)
    key = f"playground.template.{version.pk}.{hashlib.sha256(text.encode()).hexdigest()}"
    made = caches["near"].get_or_set(key, lambda: _made(version, template), REMEMBERED)
    return template if made else None


def _made(version: Version, template: Template) -> bool:
    try:
        with default_storage.open(str(version.training), "rb") as file:
            example = orjson.loads(file.readline(LONGEST_ROW))
    except (OSError, ValueError):
        return False
    prompt = _prompt(example)
    return prompt is not None and template.read(prompt, version.separator) is not None


def _prompt(example: object) -> str | None:
    if not isinstance(example, dict):
        return None
    asked = [one.get("content") for one in example.get("messages") or [] if one.get("role") == "user"]
    prompt = example.get("prompt", asked[0] if asked else None)
    return prompt if isinstance(prompt, str) else None
