from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections import providers
from connections.address import BadAddress, azure, origin, tidy, versioned
from connections.models import Connection
from connections.providers import OTHER, Provider
from teams.forms import Styled
from teams.models import Organization

KEY_INPUT = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})

DIALECTS = {
    Connection.Dialect.JOBS: _("OpenAI today, and most providers that follow it. Choose this if you are not sure."),
    Connection.Dialect.LEGACY: _("OpenAI until January 2024, and servers that kept it: models such as ada and davinci."),
    Connection.Dialect.BOTH: _("Tunedeck's own trainer: the base model decides which of the two is spoken."),
}
"""Those that a person has to choose between; the others belong to one provider each."""
VERSION = re.compile(r"preview|v1|\d{4}-\d{2}-\d{2}(-preview)?")


class ConnectionForm(Styled, forms.ModelForm[Connection]):
    """Add or change a connection. A stored key is never put into the form; an empty field keeps it."""

    key = forms.CharField(label=_("API key"), widget=KEY_INPUT, max_length=500, required=False)

    class Meta:
        model = Connection
        fields = ("name", "base_url", "api_version", "dialect", "organization_header")
        widgets = {
            "name": forms.TextInput(attrs={"placeholder": "OpenAI"}),
            "base_url": forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
            "api_version": forms.TextInput(attrs={"placeholder": "2025-04-01-preview", "spellcheck": "false"}),
            "dialect": forms.RadioSelect,
        }
        help_texts = {
            "name": _("How your team will know it."),
            "api_version": _("Only for resources that want one. Left empty, the newer address without a version is used."),
            "organization_header": _("Only if your key belongs to several organizations at the provider, such as org-…"),
        }

    def __init__(self, *args: Any, organization: Organization, provider: Provider | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.stored = self.instance.pk is not None
        self.provider = provider or (providers.of(self.instance) if self.stored else OTHER)
        self.old_url = self.instance.base_url
        self._ask_only_what_is_needed()
        key = self.fields["key"]
        has_key = self.stored and self.instance.has_key
        key.required = not has_key
        key.help_text = gettext("A key is stored. Leave this empty to keep it.") if has_key else self._about_keys()

    def _ask_only_what_is_needed(self) -> None:
        for name in ("api_version", "dialect", "organization_header"):
            if name not in self.provider.fields:
                del self.fields[name]
        address, widget = self.fields["base_url"], self.fields["base_url"].widget
        address.label, address.help_text = self.provider.address_label, self.provider.address_help
        widget.attrs["placeholder"] = self.provider.base_url or self.provider.address_example
        self.fields["name"].widget.attrs["placeholder"] = str(self.provider.name)
        if not self.stored:
            self.initial.setdefault("base_url", self.provider.base_url)
            self.initial.setdefault("name", "" if self.provider is OTHER else str(self.provider.name))
        if "dialect" in self.fields:
            choices = [(choice.value, choice.label) for choice in DIALECTS]
            cast(forms.ChoiceField, self.fields["dialect"]).choices = choices

    def _about_keys(self) -> str:
        stored = gettext("Stored encrypted and never shown again.")
        return f"{self.provider.key_help} {stored}" if self.provider.key_help else stored

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
        text = str(self.cleaned_data["base_url"])
        try:
            return azure(text) if self.provider.dialect == Connection.Dialect.AZURE else tidy(text)
        except BadAddress as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def clean_api_version(self) -> str:
        version = str(self.cleaned_data["api_version"]).strip()
        if version and not VERSION.fullmatch(version):
            raise forms.ValidationError(_("A version looks like 2025-04-01-preview. Leave it empty if you have none."))
        return version

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
        connection.dialect = self.provider.dialect or connection.dialect
        if connection.dialect == Connection.Dialect.AZURE:
            connection.base_url = versioned(connection.base_url, connection.api_version)
        if key := self.cleaned_data["key"]:
            connection.key = key
        return connection
