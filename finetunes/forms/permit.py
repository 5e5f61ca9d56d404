"""What the person who starts says about the money."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from teams.forms import Styled


class PermitForm(Styled, forms.Form):
    why = forms.CharField(
        label=_("What it is for"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The owner who decides reads it."),
    )
    confirmed = forms.BooleanField(label=_("I am an owner and mean to spend this"), required=False)
