"""Models that answer only once somebody has deployed them: what has to be deployed, and under which name it answers."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from finetunes.models import Model
from teams.forms import Styled


def what_to_do(model: Model) -> str:
    """Say in one sentence what has to be deployed at the provider before the model answers."""
    told = {
        "azure": now("Deploy the model in the Azure portal or with “az cognitiveservices account deployment create”."),
        "nebius": now("Deploy the checkpoint at Nebius: it is the source of a new custom model there."),
        "together": now(
            "Start a dedicated endpoint for the model at Together, and stop it when it is not needed: it costs."
        ),
    }
    return told.get(model.connection.dialect, "")


class DeploymentForm(Styled, forms.ModelForm[Model]):
    class Meta:
        model = Model
        fields = ("deployment",)
        labels = {"deployment": _("Name of the deployment")}
        help_texts = {"deployment": _("What the provider calls it; questions are sent to this name. Empty: not deployed.")}
