"""Share what is in the playground's form under a name: save, overwrite, rename, delete."""

from __future__ import annotations

from typing import Any

import orjson
from django import forms
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from playground.keep.entered import Entered, entered
from playground.models import Preset
from playground.pick import Picked
from teams.access import OrgRequest
from teams.forms import Styled

MOST_BYTES = 1_000_000
MOST = 1_000  # shared prompts of one organization


class NameForm(Styled, forms.Form):
    """The name of a shared prompt: a new one's, or another for one that is there."""

    preset_name = forms.CharField(label=_lazy("Name"), max_length=80)
    preset_bound = forms.BooleanField(label=_lazy("only for this model"), required=False)

    def __init__(self, data: Any, request: OrgRequest, preset: Preset | None = None) -> None:
        super().__init__(data)
        self.request, self.preset = request, preset

    def clean_preset_name(self) -> str:
        name: str = self.cleaned_data["preset_name"]
        others = Preset.objects.of(self.request.organization).exclude(pk=self.preset.pk if self.preset else 0)
        if others.filter(name=name).exists():
            raise forms.ValidationError(TAKEN)
        if not self.preset and others.count() >= MOST:
            raise forms.ValidationError(_("There are %(n)s shared prompts, which is the most. Delete some.") % {"n": MOST})
        return name


TAKEN = _lazy("There is a shared prompt of that name already. Choose another name, or open that one and overwrite it.")
TOO_LONG = _lazy("That is too long to be shared. Shorten the text.")


def may_change(request: OrgRequest, preset: Preset) -> bool:
    """Members change what they have made, owners everything."""
    membership = request.membership
    return membership.can_own or (membership.can_change and preset.created_by_id == request.user.pk)


def save(form: NameForm, picked: Picked) -> Preset | None:
    """Save the request's form under a new name; None, and the form says why, if it cannot be."""
    kept = _fitting(form, picked)
    if kept is None:
        return None
    request = form.request
    preset = Preset(organization=request.organization, created_by=request.user, name=form.cleaned_data["preset_name"])
    try:
        with transaction.atomic():
            return _write(preset, picked, kept, request, bound=form.cleaned_data["preset_bound"])
    except IntegrityError:  # somebody else was quicker
        form.add_error("preset_name", str(TAKEN))
        return None


def overwrite(form: NameForm, picked: Picked, preset: Preset) -> Preset | None:
    """Put the request's form in the place of what the shared prompt held; it keeps its name unless there is another."""
    kept = _fitting(form, picked)
    if kept is None:
        return None
    preset.name = form.cleaned_data["preset_name"]
    return _write(preset, picked, kept, form.request, bound=form.cleaned_data["preset_bound"])


def rename(form: NameForm, preset: Preset) -> None:
    preset.name, preset.changed_by, preset.changed_at = form.cleaned_data["preset_name"], form.request.user, timezone.now()
    preset.save(update_fields=["name", "changed_by", "changed_at"])


def _fitting(form: NameForm, picked: Picked) -> Entered | None:
    if not form.is_valid():
        return None
    kept = entered(form.request.POST)
    if len(orjson.dumps(kept)) <= MOST_BYTES:
        return kept
    form.add_error("preset_name", str(TOO_LONG))
    return None


def _write(preset: Preset, picked: Picked, kept: Entered, request: OrgRequest, *, bound: bool) -> Preset:
    preset.key, preset.model_name = (picked.key, picked.name) if bound else ("", "")
    preset.format, preset.entered = picked.format, kept
    preset.changed_by, preset.changed_at = request.user, timezone.now()
    preset.save()
    return preset
