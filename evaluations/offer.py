"""Which models an evaluation can be put to: those that suit it first, each with what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.http import Http404
from django.utils.translation import gettext as _

from datasets.models import Version
from evaluations.models import Evaluation
from finetunes.models import Model, ModelQuerySet
from playground import pick
from playground.pick import Picked
from teams.looks import signs
from teams.models import Organization

MOST = 10  # models that one evaluation asks
SHOWN = 12
CHECKPOINTS = 5
LOOKED_AT = 30  # models whose data may say how a sheet is to be read


@dataclass(frozen=True, kw_only=True)
class Choice:
    key: str
    name: str
    note: str = ""
    checked: bool = False


def picked(organization: Organization, keys: Iterable[str]) -> list[Picked]:
    """Return the models of these keys, each once; those that are gone or another organization's are left out."""
    found = []
    for key in list(dict.fromkeys(keys))[:MOST]:
        try:
            found.append(pick.pick(organization, key))
        except Http404:
            continue
    return found


def choices(evaluation: Evaluation, targets: Sequence[Picked], words: str = "") -> list[Choice]:
    """Return what is offered at once: what is chosen, its base and checkpoints, models of the same data, the newest."""
    runs = evaluation.runs.select_related("model__fine_tune", "model__connection")
    asked = {run.key for run in runs}
    tuned = [*(one.model for one in targets if one.model), *(run.model for run in runs if run.model)]
    found: dict[str, Choice] = {}
    for choice in (*_chosen(targets), *_around(tuned), *_tuned(evaluation, words)):
        if choice.key not in asked:
            found.setdefault(choice.key, choice)
    return list(found.values())


def first(evaluation: Evaluation) -> list[Picked]:
    """Return the model that a person most likely means: the newest that was trained on this data."""
    if evaluation.version is None:
        return []
    model = pick.models(evaluation.organization).filter(version__dataset=evaluation.version.dataset_id).first()
    return [pick.picked(model)] if model else []


def versions(evaluation: Evaluation, targets: Iterable[Picked]) -> Iterator[Version]:
    """Yield the data that models were trained on: first of the chosen ones, then of the newest."""
    for one in targets:
        if one.version:
            yield one.version
    for model in pick.models(evaluation.organization).exclude(version=None)[:LOOKED_AT]:
        if model.version:
            yield model.version


def _chosen(targets: Iterable[Picked]) -> Iterator[Choice]:
    for one in targets:
        yield Choice(key=one.key, name=one.name, note=_what(one), checked=True)


def _what(one: Picked) -> str:
    if one.model:
        return _about(one.model)
    words = _("checkpoint") if one.is_checkpoint else _("base model")
    return f"{words} · {one.connection}"


def _about(model: Model) -> str:
    parts = [_("fine-tuned from %(base)s") % {"base": model.base_model}]
    if model.version:
        parts.append(_("trained on %(version)s") % {"version": model.version})
    return " · ".join([*parts, str(model.connection)])


def _around(models: Iterable[Model]) -> Iterator[Choice]:
    """Yield what a fine-tuned model is compared with: the base that it started from, and what was kept on the way."""
    for model in models:
        yield Choice(
            key=pick.base_key(model.connection, model.base_model),
            name=model.base_model,
            note=_("the base, before training · %(connection)s") % {"connection": model.connection},
        )
        kept = model.fine_tune.checkpoints if model.fine_tune else []
        for checkpoint in kept[-CHECKPOINTS:]:
            note = _("checkpoint of step %(step)s") % {"step": signs(f"{checkpoint['step']:,}")}
            yield Choice(key=pick.base_key(model.connection, checkpoint["model"]), name=checkpoint["model"], note=note)


def _tuned(evaluation: Evaluation, words: str) -> Iterator[Choice]:
    models: ModelQuerySet = pick.models(evaluation.organization)  # type: ignore[assignment]
    found = models.search(words) if words else models
    same = found.filter(version__dataset=evaluation.version.dataset_id)[:SHOWN] if evaluation.version else []
    for model in (*same, *found[:SHOWN]):
        yield Choice(key=str(model.pk), name=model.name, note=_about(model))
