from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections.address import BadAddress, origin, tidy
from connections.models import Connection
from teams.forms import Styled
from teams.models import Organization

KEY_INPUT = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})

DIALECTS = {
    Connection.Dialect.JOBS: _("OpenAI today, and most providers that follow it. Choose this if you are not sure."),
    Connection.Dialect.LEGACY: _("OpenAI until January 2024, and servers that kept it: models such as ada and davinci."),
    Connection.Dialect.BOTH: _("Tunedeck's own trainer: the base model decides which of the two is spoken."),
    Connection.Dialect.AZURE: _(
        "OpenAI's models at Microsoft. A fine-tuned model must be deployed there before it answers."
    ),
    Connection.Dialect.NEBIUS: _("Open models. The curves come from checkpoints, one for each epoch."),
    Connection.Dialect.TOGETHER: _("Open models, with a price for each fine-tune before it starts."),
}


class ConnectionForm(Styled, forms.ModelForm[Connection]):
    """Add or change a connection. A stored key is never put into the form; an empty field keeps it."""

    key = forms.CharField(label=_("API key"), widget=KEY_INPUT, max_length=500, required=False)

    class Meta:
        model = Connection
        fields = ("name", "base_url", "dialect", "organization_header")
        widgets = {
            "name": forms.TextInput(attrs={"placeholder": "OpenAI"}),
            "base_url": forms.TextInput(
                attrs={"placeholder": "https://api.openai.com/v1", "inputmode": "url", "spellcheck": "false"}
            ),
            "dialect": forms.RadioSelect,
        }
        help_texts = {
            "name": _("How your team will know it."),
            "base_url": _("The provider's address for its API; it usually ends in /v1."),
            "organization_header": _("Only if your key belongs to several organizations at the provider, such as org-…"),
        }

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.stored = self.instance.pk is not None
        self.old_url = self.instance.base_url
        key = self.fields["key"]
        key.required = not self.stored
        key.help_text = (
            gettext("A key is stored. Leave this empty to keep it.")
            if self.stored
            else gettext("Stored encrypted and never shown again. If the server asks for no key, write any word.")
        )

    def dialects(self) -> Iterator[tuple[BoundWidget, str]]:
        """Give each choice its plain sentence."""
        for radio in self["dialect"]:
            yield radio, str(DIALECTS[Connection.Dialect(radio.data["value"])])

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Connection.objects.of(self.organization).filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a connection with this name already."))
        return name

    def clean_base_url(self) -> str:
        try:
            return tidy(self.cleaned_data["base_url"])
        except BadAddress as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def clean_key(self) -> str:
        key = str(self.cleaned_data["key"]).strip()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise forms.ValidationError(_("A key has no spaces and only plain letters, digits and signs."))
        return key

    def clean(self) -> dict[str, Any]:
        """Ask for the key again when it would go to another server, so that nobody can send it to their own."""
        data = super().clean() or self.cleaned_data
        moved = self.stored and "base_url" in data and origin(data["base_url"]) != origin(self.old_url)
        if moved and not data.get("key") and "key" not in self.errors:
            self.add_error("key", gettext("The address points to another server: enter the key for it."))
        return data

    def fill(self) -> Connection:
        """Return the connection as the form says, not yet saved."""
        connection = self.save(commit=False)
        connection.organization = self.organization
        if key := self.cleaned_data["key"]:
            connection.key = key
        return connection
