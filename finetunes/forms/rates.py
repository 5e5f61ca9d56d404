"""Settings for providers that take a learning rate as it is, and no multiplier of one of their own."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from datasets.models import Version
from finetunes.forms.fields import AutoField
from finetunes.forms.settings import JobsSettings, LegacySettings


class RateSettings(JobsSettings):
    """What Nebius and Together ask; neither keeps notes, and both want the key of a Weights & Biases account."""

    advanced = ("batch_size", "learning_rate", "seed")

    learning_rate = AutoField(
        label=_("Learning rate"),
        whole=False,
        least=0,
        most=1,
        above=True,
        help_text=_(
            "How big the steps are: a rate such as 0.00001, not a multiplier. Left blank: the provider's usual one."
        ),
    )
    learning_rate_multiplier = metadata = None  # type: ignore[assignment]
    wandb_project = wandb_name = wandb_entity = wandb_tags = None  # type: ignore[assignment]

    def hyperparameters(self) -> dict[str, Any]:
        return self._chosen("n_epochs", "batch_size", "learning_rate")

    def extras(self) -> dict[str, Any]:
        return {"seed": self.cleaned_data["seed"]}

    @staticmethod
    def suggestions(version: Version) -> dict[str, Any]:
        return JobsSettings.suggestions(version)


class TogetherSettings(RateSettings):
    """POST /v1/fine-tunes, of another kind than OpenAI's"""

    call = "POST /v1/fine-tunes"


FORMS: dict[str, type[LegacySettings | JobsSettings]] = {
    "legacy": LegacySettings,
    "jobs": JobsSettings,
    "nebius": RateSettings,
    "together": TogetherSettings,
}
"""By dialect; one that is not here is asked like jobs."""
