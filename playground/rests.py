"""What the playground has that rests on a model."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from finetunes.models import Model
from finetunes.rests import Resting, Thing, some
from playground.models import Preset, Round


def presets(models: Sequence[Model], most: int) -> Resting:
    """Shared prompts that are bound to one of the models."""
    keys = [str(model.pk) for model in models]
    organizations = {model.organization_id for model in models}
    rows = Preset.objects.filter(organization__in=organizations, key__in=keys)
    home = reverse("playground:home")
    named, count = some(rows, most)
    things = [Thing(int(row.key), row.name, f"{home}?preset={row.pk}", kind=_("shared prompt")) for row in named]
    return Resting(_("Shared prompts"), count, _("They stay; who opens one is offered another model."), things)


def rounds(models: Sequence[Model], most: int) -> Resting:
    """Answers side by side: counted only, for what was asked openly is a person's own."""
    count = Round.objects.filter(sides__model__in=models).distinct().count()
    return Resting(_("Rounds side by side"), count, _("Answers and votes stay; what is not asked yet has no answer."))
