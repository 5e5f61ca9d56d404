"""What a version is asked for: how its rows are parted."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from datasets.models import Dataset, Version
from datasets.split import AT_MOST, SEED, SHARE
from teams.forms import Styled

MOST_HELD_OUT = 50  # percent


class VersionChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, version: Version) -> str:
        rows = version.training_rows + version.validation_rows
        return ngettext("%(version)s (%(rows)d row)", "%(version)s (%(rows)d rows)", rows) % {
            "version": version,
            "rows": rows,
        }


class VersionForm(Styled, forms.Form):
    validation_from = VersionChoice(
        label=_("Validate on"),
        queryset=Version.objects.none(),
        required=False,
        empty_label=_("A share of these rows"),
        help_text=_("For a validation file of your own: upload it as a dataset, make a version of it, and choose it here."),
        error_messages={"invalid_choice": _("That version is not there any more, or it is of another format.")},
    )
    leave_out = forms.BooleanField(
        label=_("Leave them out of validation"),
        required=False,
        initial=True,
        help_text=_("A prompt that was trained on says nothing about what the model has learned."),
    )
    reported = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the version whose leaks were shown
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

    def __init__(self, *args: Any, others: QuerySet[Version] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if others is not None:
            cast("forms.ModelChoiceField[Version]", self.fields["validation_from"]).queryset = others
        if self.is_bound and self.data.get("validation_from"):
            self.fields["share"].required = self.fields["at_most"].required = False

    def unseen(self) -> Version | None:
        """The version that is to validate, if nobody has been shown yet what of it leaks."""
        own: Version | None = self.cleaned_data["validation_from"]
        return own if own and self.cleaned_data["reported"] != own.pk else None

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
        own = chosen["validation_from"]
        return {
            "share": (chosen["share"] or 0) / 100,
            "at_most": chosen["at_most"] or AT_MOST,
            "seed": chosen["seed"],
            "held_out": held_out,
            **({"validation": own, "leave_out": chosen["leave_out"]} if own else {}),
        }
