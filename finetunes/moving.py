"""What of a fine-tune's settings means something else on another connection, or does not exist there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from connections.models import Connection
from finetunes import words
from finetunes.models import FineTune
from openai_api.dialects import traits

RATE = "learning_rate_multiplier"


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that is not taken over as it was; `becomes` is what the form is filled with, empty for nothing."""

    name: str
    label: str
    was: str
    why: str
    becomes: Any = ""


def settings(source: FineTune) -> dict[str, Any]:
    """Return what it was trained with: what was sent, or what its provider says of one that was started elsewhere."""
    said = source.resolved if source.imported_at else source.hyperparameters
    return {name: value for name, value in said.items() if value not in (None, "", "auto", [], {})}


def differences(
    source: FineTune, target: Connection, base: str, dialect: str, fields: Mapping[str, forms.Field]
) -> list[Difference]:
    """Say what changes when a fine-tune is started with these fields on another connection."""
    found = [*_base(source, base), *_suffix(source, dialect)]
    for name, value in settings(source).items():
        found += _setting(name, value, source.dialect, dialect, fields)
    for name, value in _extras(source).items():
        if name not in fields:
            found.append(Difference(name, words.setting(name), words.value(value), _("The provider does not take this.")))
    return found


def _base(source: FineTune, base: str) -> Iterator[Difference]:
    if source.parent is not None:
        why = _("It went on from a fine-tuned model that is only there. Here it begins anew, without what that one knew.")
        yield Difference("base_model", _("Base model"), source.base_model, why, base)
    elif base != source.base_model:
        why = _("It is not offered here; %(base)s is chosen instead. Another base learns differently.") % {"base": base}
        yield Difference("base_model", _("Base model"), source.base_model, why, base)


def _suffix(source: FineTune, dialect: str) -> Iterator[Difference]:
    most = traits(dialect).longest_suffix
    if len(source.suffix) > most:
        why = _("It is cut: at most %(most)d characters are taken here.") % {"most": most}
        yield Difference("suffix", _("Name"), source.suffix, why, source.suffix[:most].strip("-"))


def _setting(name: str, value: Any, before: str, dialect: str, fields: Mapping[str, forms.Field]) -> Iterator[Difference]:
    label, was = words.setting(name), words.value(value)
    if name == RATE and name not in fields:
        yield Difference(
            name, label, was, _("A learning rate is asked for here, not a multiplier of one: left to the provider.")
        )
    elif name == RATE and (before == "legacy") != (dialect == "legacy"):
        yield Difference(name, label, was, _("It multiplies another rate here, so it is left to the provider."))
    elif name not in fields:
        yield Difference(name, label, was, _("There is no such setting here."))
    elif not _fits(fields[name], value):
        yield Difference(name, label, was, _("Such a value is not taken here, so it is left to the provider."))


def _fits(field: forms.Field, value: Any) -> bool:
    try:
        field.clean(", ".join(map(str, value)) if isinstance(value, list) else value)
    except ValidationError:
        return False
    return True


def _extras(source: FineTune) -> dict[str, Any]:
    found = {
        "seed": source.seed,
        "metadata": ", ".join(f"{name}={value}" for name, value in source.metadata.items()),
        "wandb_project": next((one.get("wandb", {}).get("project") for one in source.integrations), None),
    }
    return {name: value for name, value in found.items() if value not in (None, "")}
