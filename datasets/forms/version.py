"""What a version is asked for: how its rows are parted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datasets.models import Dataset
from datasets.split import AT_MOST, SEED, SHARE
from teams.forms import Styled

MOST_HELD_OUT = 50  # percent


class VersionForm(Styled, forms.Form):
    share = forms.IntegerField(
        label=_("Validation share"),
        min_value=0,
        max_value=50,
        initial=round(SHARE * 100),
        help_text=_("Percent of the rows that are kept out of training to measure the model. 0 keeps none."),
    )
    at_most = forms.IntegerField(
        label=_("At most"),
        min_value=1,
        max_value=1_000_000,
        initial=AT_MOST,
        help_text=_("Validation rows, however large the dataset is."),
    )
    seed = forms.IntegerField(initial=SEED, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    held_out = forms.IntegerField(
        label=_("Held out for evaluation"),
        min_value=0,
        max_value=1_000_000,
        required=False,
        initial=0,
        help_text=_("Never trained or validated on, so that finished models can be compared on it. 0 keeps none."),
    )
    held_out_as = forms.ChoiceField(
        label=_("Counted in"), choices=[("percent", _("percent")), ("rows", _("rows"))], required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("held_out_as") != "rows" and (cleaned.get("held_out") or 0) > MOST_HELD_OUT:
            self.add_error("held_out", _("Hold out at most %(most)s percent.") % {"most": MOST_HELD_OUT})
        return cleaned

    def wanted(self, dataset: Dataset) -> dict[str, Any]:
        chosen = self.cleaned_data
        held_out = chosen["held_out"] or 0
        if chosen["held_out_as"] != "rows":
            held_out = round(dataset.prepared_count * held_out / 100)
        return {"share": chosen["share"] / 100, "at_most": chosen["at_most"], "seed": chosen["seed"], "held_out": held_out}
