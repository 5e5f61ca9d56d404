from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from forgetting.carry_out import effective
from forgetting.kinds import KINDS, Kind
from forgetting.models import Retention
from teams.forms import Styled


class RetentionForm(Styled, forms.Form):
    """A number of days for each kind; empty: for good, or as long as the server allows."""

    def __init__(self, *args: Any, retention: Retention | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in KINDS:
            self.fields[kind.name] = forms.IntegerField(
                label=kind.label,
                help_text=kind.about,
                required=False,
                min_value=1,
                max_value=kind.most or 36_500,
                widget=forms.NumberInput(attrs={"placeholder": str(kind.most or _("for good")), "class": "input short"}),
                initial=effective(retention, kind) or None,
            )

    @property
    def days(self) -> dict[str, int]:
        return {kind.name: days for kind in KINDS if (days := self.cleaned_data.get(kind.name))}

    def after(self, kind: Kind) -> int:
        """Return after how many days a kind would go."""
        return effective(Retention(days=self.days), kind)
