from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connections.price_form import currency_of
from finetunes.models import Budget
from teams.forms import Styled

OVER = [
    (False, _("is refused, and what is left is said")),
    (True, _("waits for an owner’s approval")),
]


def _amount(label: Any, help_text: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=2,
        localize=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class BudgetForm(Styled, forms.ModelForm[Budget]):
    """The limits of an organization."""

    monthly_limit = _amount(
        _("Monthly limit"), _("What may be spent from the first to the last of a month. Empty: no limit.")
    )
    approval_line = _amount(
        _("Approval above"), _("What a fine-tune may cost before an owner is asked. Empty: nobody is asked. 0: always.")
    )
    asks_over_limit = forms.TypedChoiceField(
        label=_("What would pass the monthly limit"),
        choices=OVER,
        coerce=lambda value: value == "True",
        widget=forms.RadioSelect,
    )
    asks_when_unknown = forms.BooleanField(
        label=_("Ask for approval when the price is unknown"),
        required=False,
        help_text=_(
            "A price is unknown when none is written down for the base, when it is in another currency, or when the "
            "provider chooses the epochs. Without this, such a fine-tune starts at once and is not held against the limits."
        ),
    )

    class Meta:
        model = Budget
        fields = ("currency", "monthly_limit", "asks_over_limit", "approval_line", "asks_when_unknown")
        help_texts = {"currency": _("Three letters. Only prices in this currency are held against the limits.")}

    def clean_currency(self) -> str:
        return currency_of(self.cleaned_data["currency"])
