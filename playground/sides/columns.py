"""Which models stand side by side: from the keys in an address to models that can be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from datasets.models import Version
from finetunes.models import Model
from playground import pick
from playground.pick import Picked
from teams.models import Organization

MOST = 6
LEAST = 2


@dataclass(frozen=True, kw_only=True)
class Column:
    """A model that was chosen, and the address of the page without it."""

    picked: Picked
    without: str


def chosen(organization: Organization, keys: Iterable[str]) -> list[Picked]:
    """Return each model once, at most six; 404 for one that is not this organization's or answers no more."""
    return [pick.pick(organization, key) for key in list(dict.fromkeys(key for key in keys if key))[:MOST]]


def columns(picked: Sequence[Picked]) -> list[Column]:
    keys = [one.key for one in picked]
    return [Column(picked=one, without=address([key for key in keys if key != one.key])) for one in picked]


def address(keys: Iterable[str]) -> str:
    """Return the page's address with these models, which can be shared."""
    query = urlencode([("model", key) for key in keys])
    return f"{reverse('playground:sides')}?{query}" if query else reverse("playground:sides")


def with_base(organization: Organization, key: str) -> list[str]:
    """Return the keys of a fine-tuned model and of what it started from."""
    picked = pick.pick(organization, key)
    base = base_key(picked)
    return [base, picked.key] if base else [picked.key]


def base_key(picked: Picked) -> str:
    """Return the key of the model that this one started from, "" if nobody knows or it is one itself."""
    if not picked.model or not picked.base_model:
        return ""
    tuned = pick.models(picked.model.organization).filter(connection=picked.connection, name=picked.base_model).first()
    return str(tuned.pk) if tuned else pick.base_key(picked.connection, picked.base_model)


def offered(organization: Organization, picked: Sequence[Picked]) -> tuple[list[Model], list[tuple[str, str]]]:
    """Return what can be added without asking a provider: fine-tuned models, and the bases of those chosen."""
    there = {one.key for one in picked}
    models = [model for model in pick.models(organization)[: pick.MOST_OFFERED] if str(model.pk) not in there]
    bases = {key: one.base_model for one in picked if (key := base_key(one)).startswith("c") and key not in there}
    return models, list(bases.items())


def versions(picked: Sequence[Picked]) -> list[Version]:
    """Return the data of the chosen models that holds rows out: prompts can come from what they did not learn."""
    found = {one.version.pk: one.version for one in picked if one.version}
    return [version for version in found.values() if version.evaluation_rows or version.validation_rows]
