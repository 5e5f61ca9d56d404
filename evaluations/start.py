"""Start an evaluation that a person has described: from here on models are asked, and paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from datasets.mapping import fields
from datasets.words import Refused
from datasets.words import gettext_noop as _
from evaluations.models import Evaluation, Run
from playground.pick import Picked, pick
from teams.models import User

MOST_MODELS = 10
NO_MODEL = _("Choose at least one model to ask.")
TOO_MANY = _("An evaluation asks at most %(most)s models. Choose fewer.", most=MOST_MODELS)
GONE_MODEL = _("One of the models can no longer be asked. Look through your choice again.")
NO_COLUMN = _("Choose the column that holds the question.")
GONE_COLUMN = _("The sheet has no such column. Choose the columns again.")
NO_ROWS = _("That part of the version has no rows. Choose another one.")
NOTHING_HELD_OUT = _("Nothing of this version was held out from training. Make a version that keeps rows for evaluation.")


@dataclass(frozen=True)
class Described:
    """What a person asks for, checked."""

    picked: list[Picked]
    part: str  # of the version; "" for a sheet
    mapping: dict[str, str]  # of a sheet; {} for a version


def described(evaluation: Evaluation, keys: Iterable[str], mapping: Mapping[str, str]) -> Described:
    """Check what is asked for; raises Refused with a sentence."""
    picked = _picked(evaluation, keys)
    if evaluation.version:
        return Described(picked, _part(evaluation), {})
    _check_columns(evaluation, mapping)
    return Described(picked, "", dict(mapping))


def start(
    evaluation: Evaluation,
    user: User | None,
    keys: Iterable[str],
    *,
    mapping: Mapping[str, str] | None = None,
    at_most: int | None = None,
    known: str = Evaluation.Known.ANY,
) -> bool:
    """Start a draft with the models of these keys; False if it was started before, whatever was asked then.

    `mapping` names a sheet's columns: {"prompt" or "template", "expected"}. `known` is what answers are kept to, as far
    as each model can be (Run.known says how it was). Raises Refused with a sentence.
    """
    asked = described(evaluation, keys, mapping or {})
    draft = Evaluation.objects.filter(pk=evaluation.pk, state=Evaluation.State.DRAFT)
    now = timezone.now()
    wanted: dict[str, Any] = {"part": asked.part, "mapping": asked.mapping, "at_most": at_most or None, "known": known}
    with transaction.atomic():
        if not draft.update(state=Evaluation.State.READING, error=None, due_at=now, attempts=0, **wanted):
            return False
        _add(evaluation, user, asked.picked)
    evaluation.refresh_from_db()
    return True


def add(evaluation: Evaluation, user: User | None, keys: Iterable[str]) -> list[Run]:
    """Ask more models the same rows; returns those that were not among them yet. Raises Refused."""
    picked = _picked(evaluation, keys)
    with transaction.atomic():
        Evaluation.objects.select_for_update().get(pk=evaluation.pk)  # it may become ready at this very moment
        there = set(evaluation.runs.values_list("key", flat=True))
        new = [one for one in picked if one.key not in there]
        if len(there) + len(new) > MOST_MODELS:
            raise Refused(TOO_MANY)
        return _add(evaluation, user, new)


def _add(evaluation: Evaluation, user: User | None, picked: Iterable[Picked]) -> list[Run]:
    is_ready = Evaluation.objects.filter(pk=evaluation.pk, state=Evaluation.State.READY).exists()
    due_at = timezone.now() if is_ready else None
    runs = [
        Run(
            evaluation_id=evaluation.pk,
            key=one.key,
            connection=one.connection,
            model=one.model,
            name=one.name,
            due_at=due_at,
            started_by=user,
        )
        for one in picked
    ]
    return Run.objects.bulk_create(runs)


def _picked(evaluation: Evaluation, keys: Iterable[str]) -> list[Picked]:
    wanted = list(dict.fromkeys(key for key in keys if key))
    if not wanted:
        raise Refused(NO_MODEL)
    if len(wanted) > MOST_MODELS:
        raise Refused(TOO_MANY)
    try:
        return [pick(evaluation.organization, key) for key in wanted]
    except Http404:
        raise Refused(GONE_MODEL) from None


def _part(evaluation: Evaluation) -> str:
    """Which part of the version is asked: what a person chose, else what no model has learned from."""
    held_out = (Evaluation.Part.EVALUATION, Evaluation.Part.VALIDATION)
    parts = (Evaluation.Part(evaluation.part),) if evaluation.part else held_out
    found = next((part.value for part in parts if getattr(evaluation.version, f"{part}_rows")), None)
    if found is None:
        raise Refused(NO_ROWS if evaluation.part else NOTHING_HELD_OUT)
    return found


def _check_columns(evaluation: Evaluation, mapping: Mapping[str, str]) -> None:
    named = [*fields(mapping.get("template") or ""), mapping.get("prompt") or ""]
    asked = [column for column in named if column]
    if not asked:
        raise Refused(NO_COLUMN)
    if not {*asked, mapping.get("expected") or asked[0]} <= set(evaluation.layout.get("columns", ())):
        raise Refused(GONE_COLUMN)
