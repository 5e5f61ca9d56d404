"""What rests on models, in whatever package: presets, evaluations, fine-tunes that went on from them.

The packages above this one are not known here. Each says what it has through `register`, when it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Model as AnyModel
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finetunes.models import FineTune, Model, RecordedAnswer
from finetunes.statuses import ENDED

MOST = 20


@dataclass(frozen=True, slots=True)
class Thing:
    model: int  # the key of what it rests on
    name: str
    url: str
    note: str = ""  # its state, for a person
    kind: str = ""  # what it is, for a drawing: a word of the product


@dataclass(frozen=True, slots=True)
class Resting:
    """Things of one kind that rest on some models, and what becomes of them without these."""

    title: str
    count: int
    fate: str
    things: list[Thing] = field(default_factory=list)  # at most as many as were asked for
    is_urgent: bool = False

    @property
    def more(self) -> int:
        return self.count - len(self.things) if self.things else 0


Row = TypeVar("Row", bound=AnyModel)
Finder = Callable[[Sequence[Model], int], Resting]
_finders: list[Finder] = []


def register(finder: Finder) -> Finder:
    """Have a kind of thing found; `finder` takes models of one organization and how many to name at most."""
    if finder not in _finders:
        _finders.append(finder)
    return finder


def resting_on(model: Model, most: int = MOST) -> list[Resting]:
    """Return each kind of which there is something."""
    found = (finder([model], most) for finder in [*_own, *_finders])
    return [one for one in found if one.count]


def above(models: Sequence[Model], most: int = MOST) -> list[Resting]:
    """Return what the packages above have, for a drawing."""
    return [one for finder in _finders if (one := finder(models, most)).count]


def some(rows: QuerySet[Row], most: int) -> tuple[list[Row], int]:
    """Return so many rows at most, and how many there are: counted only if that is not all of them."""
    found = list(rows[:most])
    return found, len(found) if len(found) < most else rows.count()


def _fine_tunes(models: Sequence[Model], most: int) -> Resting:
    rows = FineTune.objects.filter(parent__in=models)
    named, count = some(rows.newest_first().only("parent", "name", "status"), most)
    running = rows.exclude(status__in=ENDED).count() if count else 0
    fate = ngettext(
        "One is under way: the model is deleted only when it has ended.",
        "%(n)d are under way: the model is deleted only when they have ended.",
        running,
    ) % {"n": running}
    kept = _("They stay, with their own models, which answer without this one.")
    things = [Thing(row.parent_id or 0, row.name, row.get_absolute_url(), row.status_label) for row in named]
    return Resting(_("Continued fine-tunes"), count, fate if running else kept, things, bool(running))


def _deployment(models: Sequence[Model], most: int) -> Resting:
    deployed = [model for model in models if model.deployment]
    fate = _("What was deployed at the provider stays deployed there, and may go on costing money. End it there first.")
    things = [Thing(model.pk, model.deployment, model.get_absolute_url()) for model in deployed[:most]]
    return Resting(_("Deployments"), len(deployed), fate, things, is_urgent=True)


def _threshold(models: Sequence[Model], most: int) -> Resting:
    kept = [model for model in models if model.threshold]
    things = [Thing(model.pk, _said(model), model.get_absolute_url()) for model in kept[:most]]
    return Resting(_("Kept thresholds"), len(kept), _("It stays in the record, and counts for nothing any more."), things)


def _said(model: Model) -> str:
    return f"{str(model.threshold.get('label', '')).strip()}: {model.threshold.get('threshold', '')}"


def _answers(models: Sequence[Model], most: int) -> Resting:
    count = RecordedAnswer.objects.filter(model__in=models).count()
    return Resting(_("Recorded answers"), count, _("They stay, and can be compared with those of other models."))


_own: list[Finder] = [_fine_tunes, _deployment, _threshold, _answers]
