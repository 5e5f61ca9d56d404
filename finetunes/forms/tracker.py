from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections.address import BadAddress, check_target, origin
from connections.forms import KEY_INPUT
from finetunes.models import Tracker
from teams.forms import Styled

Kind = Tracker.Kind
LABELS: dict[str, dict[str, tuple[Any, Any]]] = {
    Kind.WANDB: {
        "address": (_("Address"), _("Only of a server of your own. Empty: wandb.ai.")),
        "account": (_("Entity"), _("The team or the person whose project it is. Empty: the one that the key belongs to.")),
        "project": (_("Project"), _("It is made when the first fine-tune is sent.")),
        "key": (_("API key"), _("Stored encrypted and never shown again.")),
    },
    Kind.MLFLOW: {
        "address": (_("Tracking address"), _("Of your MLflow server, such as https://mlflow.example.com.")),
        "account": (_("User name"), _("Only if the server asks for name and password.")),
        "project": (_("Experiment"), _("It is made when the first fine-tune is sent.")),
        "key": (_("Token or password"), _("Only if the server asks for one. Stored encrypted and never shown again.")),
    },
}


class TrackerForm(Styled, forms.ModelForm[Tracker]):
    """Set up a tracker. A stored key is never put into the form; an empty field keeps it."""

    field_order = ("address", "key", "account", "project", "sends_data", "sends_new")
    key = forms.CharField(widget=KEY_INPUT, max_length=500, required=False)

    class Meta:
        model = Tracker
        fields = ("address", "account", "project", "sends_data", "sends_new")
        widgets = {"address": forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"})}
        help_texts = {
            "sends_data": _("They then leave this server. Without this, only settings and numbers do."),
            "sends_new": _("What has succeeded before is sent when somebody asks for it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored, self.old = self.instance.pk is not None, self.instance.address
        for name, (label, help_text) in LABELS[self.instance.kind].items():
            self.fields[name].label, self.fields[name].help_text = label, help_text
        if self.instance.kind == Kind.MLFLOW:
            self.fields["address"].required = True
        elif not self.stored:
            self.fields["key"].required = True
        if self.stored and self.instance.key:
            self.fields["key"].help_text = gettext("A key is stored. Leave this empty to keep it.")

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).strip().rstrip("/")
        if address:
            try:
                parts = check_target(address)
            except BadAddress as refusal:
                raise forms.ValidationError(str(refusal)) from None
            if parts.query:
                raise forms.ValidationError(gettext("Leave out what follows “?” or “#”."))
        return address

    def clean_key(self) -> str:
        key = str(self.cleaned_data["key"]).strip()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise forms.ValidationError(gettext("A key has no spaces and only plain letters, digits and signs."))
        return key

    def clean(self) -> dict[str, Any]:
        """Ask for the key again when it would go to another server, so that nobody can send it to their own."""
        data = super().clean() or self.cleaned_data
        moved = self.stored and "address" in data and origin(data["address"]) != origin(self.old)
        if moved and self.instance.key and not data.get("key") and "key" not in self.errors:
            self.add_error("key", gettext("The address points to another server: enter the key for it."))
        return data

    def store(self) -> Tracker:
        tracker = self.save(commit=False)
        if key := self.cleaned_data["key"]:
            tracker.key = key
        if not tracker.sends_new:
            tracker.since = None
        elif tracker.since is None:
            tracker.since = timezone.now()
        tracker.save()
        return tracker
