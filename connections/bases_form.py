from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections import bases
from connections.models import Connection
from connections.price_form import Lines
from teams.forms import Styled


class BasesForm(Styled, forms.Form):
    """What an owner knows of a provider's base models."""

    rows = Lines(
        label=_("Base models"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8, "placeholder": "gpt-4.1 | sft dpo | 65536", "spellcheck": "false"}),
        help_text=_(
            "One a line: its name, how it can learn (sft from answers, dpo from preferred answers, rft from rewards), "
            "and the most tokens of an example if you know. Empty: the table that came with Tunedeck."
        ),
    )
    source = forms.CharField(
        label=_("Where it says so"),
        required=False,
        max_length=300,
        help_text=_("A page of the provider, or whoever told you. It is shown beside the models, with today's date."),
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        self.connection = connection
        self.table = bases.table(connection)
        known = self.table
        initial = {"rows": bases.written(known.rows), "source": known.source} if known else {}
        super().__init__(*args, initial=initial, **kwargs)

    def clean_rows(self) -> list[dict[str, Any]]:
        try:
            return bases.read(self.cleaned_data["rows"])
        except bases.BadLine as line:
            text = gettext("Write each line like this: gpt-4.1 | sft dpo | 65536. This one is different: %(line)s")
            raise forms.ValidationError(text % {"line": line}) from None

    def keep(self) -> None:
        chosen = self.cleaned_data
        bases.write(self.connection, chosen["rows"], chosen["source"], timezone.localdate())
