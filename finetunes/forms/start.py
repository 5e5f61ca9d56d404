"""What a fine-tune is made of: data, connection, base model, suffix."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from datasets.models import Version
from finetunes.bases import Offer
from openai_api.dialects import traits
from teams.forms import Styled


class StartForm(Styled, forms.Form):
    token = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.ModelChoiceField(
        label=_("Dataset version"),
        queryset=Version.objects.none(),
        empty_label=None,
        help_text=_("An immutable, prepared state of your data."),
    )
    use_validation = forms.BooleanField(
        label=_("Use the validation part"),
        required=False,
        help_text=_("Held-out examples show whether the model has learned or only memorized. On by default."),
    )
    connection = forms.ModelChoiceField(
        label=_("Connection"),
        queryset=Connection.objects.none(),
        empty_label=None,
        help_text=_("Where it is trained."),
    )
    base_model = forms.ChoiceField(
        label=_("Base model"),
        help_text=_("What the fine-tune starts from."),
        error_messages={"invalid_choice": _("This connection has no such model, or it cannot learn data of this format.")},
    )
    suffix = forms.CharField(
        label=_("Name"),
        max_length=64,
        required=False,
        help_text=_("Becomes part of the model's name, in small letters and dashes. None by default."),
    )

    def __init__(
        self,
        *args: Any,
        versions: QuerySet[Version],
        connections: QuerySet[Connection],
        offer: Offer,
        dialect: str,
        format: str,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.dialect = dialect
        cast("forms.ModelChoiceField[Version]", self.fields["version"]).queryset = versions
        cast("forms.ModelChoiceField[Connection]", self.fields["connection"]).queryset = connections
        cast(forms.ChoiceField, self.fields["base_model"]).choices = grouped(offer, format)

    def clean_suffix(self) -> str:
        suffix: str = self.cleaned_data["suffix"].strip()
        most = traits(self.dialect).longest_suffix
        if len(suffix) > most:
            raise ValidationError(now("This provider takes at most %(most)d characters.") % {"most": most})
        if suffix and not any(letter.isalnum() for letter in suffix):
            raise ValidationError(now("A name needs at least one letter or digit."))
        return suffix

    def clean(self) -> dict[str, Any]:
        if "token" in self.errors:
            self.add_error(None, now("This form is damaged. Open it again."))
        return self.cleaned_data


def grouped(offer: Offer, format: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the bases that can learn this format, the provider's own before fine-tuned ones."""
    fitting = offer.fitting(format)
    own = [(base.name, base.name) for base in fitting if not base.tuned_from]
    tuned = [(base.name, base.name) for base in fitting if base.tuned_from]
    groups = [(now("Base models"), own), (now("Fine-tuned models, to continue from"), tuned)]
    return [group for group in groups if group[1]]
