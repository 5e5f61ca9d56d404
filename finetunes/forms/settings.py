"""Every parameter of both generations of the API, with its default and one plain sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from datasets import recommend
from datasets.models import Version
from finetunes.forms.fields import AutoField, BetasField, PairsField
from teams.forms import Styled

if TYPE_CHECKING:
    from django.forms.boundfield import BoundField

SMALL = 1e-9


class Settings(Styled, forms.Form):
    """What both generations ask: `simple` fields are shown at once, the others under a fold."""

    simple: ClassVar[tuple[str, ...]]
    advanced: ClassVar[tuple[str, ...]]
    call: ClassVar[str] = "POST /v1/fine_tuning/jobs"
    classification: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, version: Version, validates: bool, **options: Any) -> None:
        self.version, self.validates = version, validates
        super().__init__(*args, **options)

    def hyperparameters(self) -> dict[str, Any]:
        """Return what was chosen, as it is sent; what was left to the provider is left out."""
        raise NotImplementedError

    def extras(self) -> dict[str, Any]:
        """Return what `create.intend` takes beside hyperparameters."""
        return {}

    @staticmethod
    def suggestions(version: Version) -> dict[str, Any]:
        """Return the values that suit this version."""
        raise NotImplementedError

    def simple_fields(self) -> list[BoundField]:
        return [self[name] for name in self.simple]

    def advanced_fields(self) -> list[BoundField]:
        return [self[name] for name in self.advanced]

    def classification_fields(self) -> list[BoundField]:
        return [self[name] for name in self.classification]

    @property
    def has_advanced_errors(self) -> bool:
        return any(name in self.errors for name in (*self.advanced, *self.classification)) if self.is_bound else False

    def _chosen(self, *names: str) -> dict[str, Any]:
        return {name: value for name in names if (value := self.cleaned_data.get(name)) not in (None, "", [])}


class LegacySettings(Settings):
    """POST /v1/fine-tunes"""

    call = "POST /v1/fine-tunes"

    simple = ("n_epochs",)
    advanced = ("batch_size", "learning_rate_multiplier", "prompt_loss_weight")
    classification = (
        "compute_classification_metrics",
        "classification_positive_class",
        "classification_n_classes",
        "classification_betas",
    )

    n_epochs = forms.IntegerField(
        label=_("Epochs"),
        min_value=1,
        max_value=1000,
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "4"}),
        help_text=_("How often the model sees every example. Left blank: 4. Use 1 or 2 for generating longer texts."),
    )
    batch_size = forms.IntegerField(
        label=_("Batch size"),
        min_value=1,
        max_value=4096,
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "auto"}),
        help_text=_("Examples in one step. Left blank: about 0.2 % of the examples, at most 256."),
    )
    learning_rate_multiplier = forms.FloatField(
        label=_("Learning rate multiplier"),
        min_value=SMALL,
        max_value=1000,
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "auto", "step": "any"}),
        help_text=_(
            "How big the steps are. Left blank: 0.05, 0.1 or 0.2, the larger the batch; 0.02 to 0.2 is worth trying, "
            "2 to 4 times less when a fine-tuned model learns on."
        ),
    )
    prompt_loss_weight = forms.FloatField(
        label=_("Prompt loss weight"),
        min_value=0,
        max_value=100,
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "0.01", "step": "any"}),
        help_text=_("How much the model also learns to write prompts. Left blank: 0.01. It steadies short completions."),
    )
    compute_classification_metrics = forms.BooleanField(
        label=_("Compute classification metrics"),
        required=False,
        help_text=_("At the end of each epoch, accuracy and more on the whole validation set. Off unless chosen."),
    )
    classification_positive_class = forms.CharField(
        label=_("Positive class"),
        strip=False,
        max_length=200,
        required=False,
        help_text=_("With two classes: the one that precision and recall are about. No default."),
    )
    classification_n_classes = forms.IntegerField(
        label=_("Number of classes"),
        min_value=2,
        max_value=100_000,
        required=False,
        help_text=_("With more than two classes: how many there are. No default."),
    )
    classification_betas = BetasField(
        label=_("F-beta values"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "1"}),
        help_text=_("With two classes: one F score for each number; above 1 recall counts more. Left blank: only F1."),
    )

    def __init__(self, *args: Any, version: Version, **options: Any) -> None:
        super().__init__(*args, version=version, **options)
        if version.labels and len(version.labels) <= 200:
            self.fields["classification_positive_class"] = self._choice_of_labels()

    def _choice_of_labels(self) -> forms.ChoiceField:
        """Labels are chosen as they were trained: a leading space belongs to them and is easily lost in typing."""
        plain = self.fields["classification_positive_class"]
        choices = [("", now("None")), *((label, f"“{label}”") for label in self.version.labels)]
        widget = forms.Select(attrs={"class": "input"})
        return forms.ChoiceField(
            label=plain.label, choices=choices, required=False, widget=widget, help_text=plain.help_text
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("compute_classification_metrics"):
            return data
        if not self.validates:
            text = now("Classification metrics are measured on validation data: choose to use it, or switch them off.")
            self.add_error("compute_classification_metrics", text)
        if not data.get("classification_positive_class") and not data.get("classification_n_classes"):
            text = now("Choose the positive class (two classes) or the number of classes (more than two).")
            self.add_error("compute_classification_metrics", text)
        if data.get("classification_betas") and not data.get("classification_positive_class"):
            self.add_error("classification_betas", now("F-beta values need a positive class."))
        return data

    def hyperparameters(self) -> dict[str, Any]:
        chosen = self._chosen(*self.simple, *self.advanced)
        if self.cleaned_data.get("compute_classification_metrics"):
            chosen |= {"compute_classification_metrics": True, **self._chosen(*self.classification[1:])}
        return chosen

    @staticmethod
    def suggestions(version: Version) -> dict[str, Any]:
        return _advised(version, LegacySettings)


class JobsSettings(Settings):
    """POST /v1/fine_tuning/jobs"""

    simple = ("n_epochs",)
    advanced: ClassVar[tuple[str, ...]] = (
        "batch_size",
        "learning_rate_multiplier",
        "seed",
        "metadata",
        "wandb_project",
        "wandb_name",
        "wandb_entity",
        "wandb_tags",
    )

    n_epochs = AutoField(
        label=_("Epochs"),
        whole=True,
        least=1,
        most=50,
        help_text=_("How often the model sees every example. Left blank: auto, the provider chooses."),
    )
    batch_size = AutoField(
        label=_("Batch size"),
        whole=True,
        least=1,
        most=256,
        help_text=_("Examples in one step. Left blank: auto, the provider chooses."),
    )
    learning_rate_multiplier = AutoField(
        label=_("Learning rate multiplier"),
        whole=False,
        least=0,
        above=True,
        help_text=_("How big the steps are. Left blank: auto, the provider chooses."),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=2_147_483_647,
        required=False,
        help_text=_("The same seed makes the same run again, as far as the provider can. Left blank: a new one."),
    )
    metadata = PairsField(
        label=_("Metadata"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "team=support"}),
        help_text=_("Notes for the provider's list, one name=value a line. None by default."),
    )
    wandb_project = forms.CharField(
        label=_("Weights & Biases project"),
        max_length=200,
        required=False,
        help_text=_("The provider sends its metrics to this project. None by default."),
    )
    wandb_name = forms.CharField(
        label=_("Weights & Biases run name"),
        max_length=200,
        required=False,
        help_text=_("What the run is called there. Left blank: the job's id."),
    )
    wandb_entity = forms.CharField(
        label=_("Weights & Biases entity"),
        max_length=200,
        required=False,
        help_text=_("The user or team that the project belongs to. Left blank: the key's own."),
    )
    wandb_tags = forms.CharField(
        label=_("Weights & Biases tags"),
        max_length=500,
        required=False,
        help_text=_("Words to find the run by, separated by commas. None by default."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        rest = ("wandb_name", "wandb_entity", "wandb_tags")
        if any(data.get(name) for name in rest) and not data.get("wandb_project"):
            self.add_error("wandb_project", now("Name the project that the run belongs to."))
        return data

    def hyperparameters(self) -> dict[str, Any]:
        return self._chosen("n_epochs", "batch_size", "learning_rate_multiplier")

    def extras(self) -> dict[str, Any]:
        return {
            "seed": self.cleaned_data["seed"],
            "metadata": self.cleaned_data["metadata"],
            "integrations": [self._wandb()] if self.cleaned_data["wandb_project"] else [],
        }

    def _wandb(self) -> dict[str, Any]:
        tags = [tag.strip() for tag in self.cleaned_data["wandb_tags"].split(",") if tag.strip()]
        given = {name: self.cleaned_data[f"wandb_{name}"] for name in ("project", "name", "entity")} | {"tags": tags}
        return {"type": "wandb", "wandb": {name: value for name, value in given.items() if value}}

    @staticmethod
    def suggestions(version: Version) -> dict[str, Any]:
        # The multiplier means another rate here than it did for the first generation: the provider chooses it.
        advised = _advised(version, JobsSettings)
        return {name: value for name, value in advised.items() if name == "n_epochs"}


def _advised(version: Version, form: type[Settings]) -> dict[str, Any]:
    """What is recommended for this version and can be chosen in the form."""
    names = {*form.simple, *form.advanced, *form.classification}
    return {one.name: one.value for one in recommend.for_training(version) if one.name in names}
