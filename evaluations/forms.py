"""What is asked, and how: of rows of a version or of a sheet, with which models and options."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets.formats import Options
from datasets.forms.columns import template_of
from datasets.mapping import fields
from datasets.models import Version
from evaluations import offer, receive
from evaluations.models import Evaluation
from playground.pick import Picked
from teams.forms import Styled
from teams.looks import signs
from teams.models import Organization

OFFERED = 100  # versions in the select
MOST_ROWS = 1_000_000


class VersionForm(Styled, forms.Form):
    """Which version's rows are asked. Its held-out part is taken; the next page can change that."""

    version = forms.ModelChoiceField(label=_("Version"), queryset=Version.objects.none(), empty_label=_("Choose a version"))

    def __init__(self, organization: Organization, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        versions = Version.objects.filter(dataset__organization=organization).select_related("dataset")
        field = cast("forms.ModelChoiceField[Version]", self.fields["version"])
        field.queryset = versions
        newest = list(versions.order_by("-created_at", "-pk")[:OFFERED])
        named = self.initial.get("version")
        if named and named not in newest:
            newest.insert(0, named)
        field.choices = [("", field.empty_label), *((one.pk, _rows(one)) for one in newest)]
        self.has_some = bool(newest)


def _rows(version: Version) -> str:
    part, count = receive.parts(version)[0] if receive.parts(version) else ("", 0)
    if part in ("", Evaluation.Part.TRAINING):
        return gettext("%(version)s · nothing held out") % {"version": version}
    return gettext("%(version)s · %(count)s rows held out") % {"version": version, "count": signs(f"{count:,}")}


class SheetForm(Styled, forms.Form):
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        help_text=_("Excel (.xlsx), CSV, TSV or JSON Lines: one row for each question."),
        error_messages={"required": _("Choose a file first.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.xlsx,.json,.jsonl"}),
    )


class ModelsForm(Styled, forms.Form):
    """Which models are asked."""

    models = forms.MultipleChoiceField(
        label=_("Models"),
        required=False,
        error_messages={"invalid_choice": _("One of the models is no longer there.")},
    )

    def __init__(self, evaluation: Evaluation, *args: Any, **options: Any) -> None:
        self.evaluation = evaluation
        self.picked: list[Picked] = []
        super().__init__(*args, **options)

    def _clean_fields(self) -> None:
        keys = self.data.getlist("models") if hasattr(self.data, "getlist") else self.data.get("models", [])
        self.picked = offer.picked(self.evaluation.organization, keys)
        cast(forms.MultipleChoiceField, self.fields["models"]).choices = [(one.key, one.name) for one in self.picked]
        super()._clean_fields()  # type: ignore[misc]

    def clean_models(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["models"]
        if not chosen:
            raise forms.ValidationError(_("Choose at least one model."))
        if len(chosen) > offer.MOST:
            raise forms.ValidationError(_("Choose at most %(most)d models.") % {"most": offer.MOST})
        return chosen


class SetUpForm(ModelsForm):
    """All that has to be said before an evaluation starts."""

    name = forms.CharField(label=_("Name"), max_length=120)
    part = forms.ChoiceField(label=_("Rows"))
    prompt = forms.ChoiceField(label=_("Question"), required=False, help_text=_("The column with what the model is asked."))
    template = forms.CharField(
        label=_("Question from several columns"),
        required=False,
        max_length=5_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("Write {column} where a column’s text belongs. Left empty, the column chosen above is the question."),
    )
    expected = forms.ChoiceField(
        label=_("Right answer"),
        required=False,
        help_text=_("The column with the answer that counts as right. Without one there are answers, but no scores."),
    )
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    header_row = forms.TypedChoiceField(label=_("Names of the columns"), required=False, coerce=int, empty_value=None)
    at_most = forms.IntegerField(
        label=_("At most so many rows"),
        required=False,
        min_value=1,
        max_value=MOST_ROWS,
        help_text=_("Spread evenly over all of them. Left empty, every row is asked."),
    )
    known = forms.ChoiceField(
        label=_("Answers of a classifier"),
        required=False,
        choices=Evaluation.Known.choices,
        help_text=_("Matters only where the model has learned to choose between labels."),
    )

    def __init__(self, evaluation: Evaluation, *args: Any, **options: Any) -> None:
        super().__init__(evaluation, *args, **options)
        self.layout: dict[str, Any] = evaluation.layout
        if evaluation.version:
            self._offer("part", [(part, _part(part, count)) for part, count in receive.parts(evaluation.version)])
            for name in ("prompt", "template", "expected", "sheet", "header_row"):
                del self.fields[name]
        else:
            del self.fields["part"]
            self._columns()

    def _columns(self) -> None:
        columns = [(column, column) for column in self.layout.get("columns", [])]
        self._offer("prompt", columns)
        self._offer("expected", [("", _("None: only collect answers")), *columns])
        self._offer("sheet", [(sheet, sheet) for sheet in self.layout.get("sheets", [])])
        rows = [(line, gettext("Row %(line)s: %(cells)s") % {"line": line, "cells": cells}) for line, cells in self.heads]
        self._offer("header_row", [*rows, (0, gettext("In no row: number the columns"))])
        if len(self.layout.get("sheets", [])) < 2:
            del self.fields["sheet"]
        if not self.heads:
            del self.fields["header_row"]

    @property
    def heads(self) -> list[Any]:
        return list(self.layout.get("heads", []))

    def _offer(self, name: str, choices: list[Any]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean_template(self) -> str:
        return template_of(self.cleaned_data["template"], self.layout.get("columns", []))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "prompt" in self.fields and not (cleaned.get("prompt") or cleaned.get("template")):
            self.add_error("prompt", _("Choose the column that holds the question."))
        asked = fields(cleaned.get("template") or "") or [cleaned.get("prompt") or ""]
        if cleaned.get("expected") and cleaned["expected"] in asked:
            self.add_error("expected", _("The right answer must not be part of the question."))
        return cleaned

    def mapping(self) -> dict[str, str]:
        """Return the columns as they are stored; nothing for rows of a version."""
        if "prompt" not in self.fields:
            return {}
        cleaned = self.cleaned_data
        made = {"template": cleaned["template"]} if cleaned["template"].strip() else {"prompt": cleaned["prompt"]}
        return {**made, "expected": cleaned["expected"]}


class ReadForm(forms.Form):
    """How a person wants the sheet read instead."""

    sheet = forms.CharField(required=False, max_length=200)
    header_row = forms.IntegerField(required=False, min_value=0, max_value=10**6)

    def options(self, used: dict[str, Any]) -> Options:
        """Return how the file is to be read; the header of another sheet is looked for anew."""
        sheet, row = self.cleaned_data["sheet"] or used.get("sheet", ""), self.cleaned_data["header_row"]
        is_same = sheet == used.get("sheet", "")
        return Options(sheet=sheet, header_row=row if is_same else None)


def _part(part: str, count: int) -> str:
    words = gettext("%(part)s: %(count)s rows") % {
        "part": str(Evaluation.Part(part).label).capitalize(),
        "count": signs(f"{count:,}"),
    }
    return gettext("%(rows)s, which a model has learned from") % {"rows": words} if part == "training" else words
