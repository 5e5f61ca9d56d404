"""Sentences of pure modules in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from datasets.words import Sentence, Value


def say(sentence: Sentence | Mapping[str, Any] | None) -> str:
    """A sentence, or a stored one, translated and with its numbers written as the reader's language writes them."""
    if not sentence:
        return ""
    said = sentence if isinstance(sentence, Sentence) else Sentence.from_json(sentence)
    values = {name: _written(value) for name, value in said.values.items()}
    if said.many:
        return ngettext(said.one, said.many, int(said.values["count"])) % values
    return gettext(said.one) % values


def _written(value: Value) -> str:
    return value if isinstance(value, str) else number_format(value, use_l10n=True, force_grouping=True)
