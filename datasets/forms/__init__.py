from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from datasets import unpack
from datasets.decide import ACCEPTED, SKIPPED
from datasets.forms.columns import ColumnsForm
from datasets.forms.row import RowForm
from datasets.forms.version import VersionForm
from datasets.models import Dataset, SavedRecipe
from datasets.wording import say
from datasets.words import Refused
from teams.forms import Styled

__all__ = [
    "ColumnsForm",
    "DecisionForm",
    "KeepForm",
    "NumberForm",
    "RecipeFileForm",
    "RenameForm",
    "ReplayForm",
    "RowForm",
    "UploadForm",
    "VersionForm",
]


class UploadForm(Styled, forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, TSV, Excel (.xlsx), JSON, JSON Lines or text, also gzipped."),
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": _("Choose a file first.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.xlsx,.json,.jsonl,.txt,.gz"}),
    )
    name = forms.CharField(
        label=_("Name"), max_length=120, required=False, help_text=_("Left empty, the dataset is named after the file.")
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse by its first block what will not be read, before anything of it is kept."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        try:
            unpack.refuse_other(file, file.name or "")
        except Refused as why:
            raise forms.ValidationError(say(why.sentence)) from None
        return file


class DecisionForm(forms.Form):
    code = forms.CharField(max_length=60)
    choice = forms.ChoiceField(choices=[(ACCEPTED, ACCEPTED), (SKIPPED, SKIPPED)])
    value = forms.CharField(max_length=1000, required=False, strip=False)  # instead of what the check proposes


class KeepForm(Styled, forms.Form):
    name = forms.CharField(label=_("Name of the recipe"), max_length=80)


class ReplayForm(Styled, forms.Form):
    recipe = forms.ModelChoiceField(label=_("Recipe"), queryset=SavedRecipe.objects.none(), empty_label=None)

    def __init__(self, *args: Any, recipes: QuerySet[SavedRecipe], **options: Any) -> None:
        super().__init__(*args, **options)
        cast("forms.ModelChoiceField[SavedRecipe]", self.fields["recipe"]).queryset = recipes


class RecipeFileForm(Styled, forms.Form):
    file = forms.FileField(
        label=_("Recipe file"),
        help_text=_("A .json file that was taken out of Tunedeck."),
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )


class NumberForm(forms.Form):
    number = forms.IntegerField(min_value=0)


class RenameForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Dataset
        fields = ("name",)
