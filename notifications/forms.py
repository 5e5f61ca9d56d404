from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from connections.address import BadAddress, check_target
from notifications.kinds import AUDIENCES, Audience, Kind, Way
from notifications.models import Hook, Preference
from teams.forms import Styled
from teams.models import Organization
from work.signing import new_secret


class PreferenceForm(forms.Form):
    """A box for each kind and each way."""

    everybodys = forms.BooleanField(
        label=_("Also fine-tunes that others start"),
        required=False,
        help_text=_("Otherwise you hear of your own, and as an owner of those that nobody here started."),
    )

    def __init__(self, data: Any = None, *, preference: Preference, is_owner: bool) -> None:
        self.preference = preference
        # What goes to owners alone is no question for others.
        self.kinds = [kind for kind in Kind if is_owner or AUDIENCES[kind] != Audience.OWNERS]
        initial = {self.box(kind, way): way in preference.by(kind) for kind in self.kinds for way in Way}
        super().__init__(data, initial={**initial, "everybodys": preference.everybodys})
        for kind in self.kinds:
            for way in Way:
                label = f"{kind.label}: {way.label}"
                self.fields[self.box(kind, way)] = forms.BooleanField(label=label, required=False)

    @staticmethod
    def box(kind: Kind, way: Way) -> str:
        return f"{kind.value}.{way.value}"

    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(str(kind.label), [self[self.box(kind, way)] for way in Way]) for kind in self.kinds]

    def keep(self) -> None:
        chosen = {kind.value: [way.value for way in Way if self.cleaned_data[self.box(kind, way)]] for kind in self.kinds}
        self.preference.ways = {**self.preference.ways, **chosen}
        self.preference.everybodys = self.cleaned_data["everybodys"]
        self.preference.save()


class HookForm(Styled, forms.ModelForm[Hook]):
    """Add a hook, or change what it hears. Its address is stored encrypted and never put into the form again."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
    )
    kinds = forms.MultipleChoiceField(
        label=_("What it is told"),
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )

    class Meta:
        model = Hook
        fields = ("name", "style", "kinds")
        widgets = {"style": forms.RadioSelect, "name": forms.TextInput(attrs={"placeholder": "#fine-tuning"})}

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.stored = self.instance.pk is not None
        url = self.fields["url"]
        has_address = self.stored and bool(self.instance.__dict__.get("url"))
        url.required = not has_address
        url.help_text = (
            now("An address is stored. Leave this empty to keep it.")
            if has_address
            else now("Whoever has it can write there, so it is stored encrypted and never shown again.")
        )
        if not self.stored:
            self.initial["kinds"] = Kind.values

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if url:
            try:
                check_target(url)
            except BadAddress as refusal:
                raise forms.ValidationError(str(refusal)) from None
        return url

    def fill(self) -> Hook:
        """Return the hook as the form says, not yet saved; a new signed one gets its secret."""
        hook = self.save(commit=False)
        hook.organization = self.organization
        hook.kinds = self.cleaned_data["kinds"]
        if url := self.cleaned_data["url"]:
            hook.url, hook.host = url, check_target(url).hostname or ""
        if hook.style == Hook.Style.STANDARD and not hook.__dict__.get("secret"):
            hook.secret = new_secret()
        return hook
