"""The page on which a person says how a file is read, and which of its columns make an example."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets.formats import Options
from datasets.formats.text import ENCODINGS
from datasets.mapping import CHAT, PROMPT_COMPLETION, Mapping, fields
from datasets.models import Dataset, Format
from teams.forms import Styled

MADE_CHAT = "made-chat"
"""What the form calls conversations that are made of two columns; the dataset's format is chat."""


class ColumnsForm(Styled, forms.Form):
    """How a file is read, and which of its columns make an example."""

    format = forms.ChoiceField(
        label=_("Each row is"),
        choices=[*Format.choices, (MADE_CHAT, _("Chat, made of a prompt and a completion"))],
        widget=forms.RadioSelect,
    )
    prompt = forms.ChoiceField(
        label=_("Prompt"), required=False, help_text=_("What the model is given. None for open-ended generation.")
    )
    template = forms.CharField(
        label=_("Prompt from several columns"),
        required=False,
        max_length=5_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("Write {column} where a column's text belongs. Left empty, the column chosen above is the prompt."),
    )
    completion = forms.ChoiceField(label=_("Completion"), help_text=_("What the model should answer."))
    messages = forms.ChoiceField(label=_("Conversation"), help_text=_("A list of messages with role and content."))
    system = forms.CharField(
        label=_("System message"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands first in every conversation, and should later be sent with every question. None if left empty."),
    )
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    encoding = forms.ChoiceField(
        label=_("Encoding"), required=False, choices=[("", _("Recognised by itself")), *ENCODINGS.items()]
    )
    header_row = forms.TypedChoiceField(label=_("Names of the columns"), required=False, coerce=int, empty_value=None)

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        self.layout = dataset.layout
        self.used = dataset.layout.get("options", {})
        columns = [(column, column) for column in dataset.layout.get("columns", [])]
        super().__init__(data, initial=self._initial(dataset))
        self._offer("prompt", [("", _("None")), *columns])
        self._offer("completion", columns)
        self._offer("messages", columns)
        self._offer("sheet", [(sheet, sheet) for sheet in dataset.layout.get("sheets", [])])
        self._offer("header_row", self._rows())
        self._require(data.get("format") if data is not None else None)
        self._drop_what_does_not_fit()

    def _require(self, format: str | None) -> None:
        """Ask only for the columns of the chosen format; which one that is, is open before the form is sent."""
        self.fields["completion"].required = format != CHAT
        self.fields["messages"].required = format in (CHAT, None)

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def _initial(self, dataset: Dataset) -> dict[str, Any]:
        columns = [*dataset.layout.get("columns", []), "", ""]
        guess = {"format": PROMPT_COMPLETION, "prompt": columns[0], "completion": columns[1], "messages": columns[0]}
        chosen = {key: value for key, value in dataset.mapping.items() if value or key == "prompt"}
        if chosen.get("format") == CHAT and "messages" not in chosen:
            chosen["format"] = MADE_CHAT
        read = {
            "encoding": dataset.options.get("encoding", ""),
            **{key: self.used.get(key) for key in ("sheet", "header_row")},
        }
        return {**guess, **chosen, **read}

    def _rows(self) -> list[tuple[int, str]]:
        """The first rows of a table, any of which may name the columns."""
        shown = [
            (line, gettext("Row %(line)s: %(cells)s") % {"line": line, "cells": cells})
            for line, cells in self.layout.get("heads", [])
        ]
        return [*shown, (0, gettext("In no row: number the columns"))]

    def _drop_what_does_not_fit(self) -> None:
        """An encoding says nothing about a workbook, a header row nothing about JSON."""
        kind = self.used.get("kind")
        if len(self.layout.get("sheets", [])) < 2:
            del self.fields["sheet"]
        if kind == "xlsx":
            del self.fields["encoding"]
        if kind in ("json", "jsonl", "txt"):
            del self.fields["header_row"]

    @property
    def reads_again(self) -> bool:
        """Whether the sheet, the encoding or the header row changed, so that columns have to be looked at anew."""
        now = self.options()
        return any(getattr(now, key) != self.used.get(key) for key in ("sheet", "header_row")) or (
            bool(now.encoding) and now.encoding != self.used.get("encoding")
        )

    def options(self) -> Options:
        """How the file is to be read; the header of another sheet is looked for anew."""
        chosen, sheet = self.cleaned_data, self.used.get("sheet", "")
        wanted = chosen.get("sheet") or sheet
        row = chosen.get("header_row")
        row = self.used.get("header_row") if row is None else row
        return Options(sheet=wanted, encoding=chosen.get("encoding", ""), header_row=row if wanted == sheet else None)

    def columns(self) -> dict[str, str]:
        return self.mapping().to_json()

    def mapping(self) -> Mapping:
        chosen = self.cleaned_data
        if chosen["format"] == CHAT:
            return Mapping(format=CHAT, messages=chosen["messages"])
        made = (
            {"format": CHAT, "system": chosen["system"]} if chosen["format"] == MADE_CHAT else {"format": PROMPT_COMPLETION}
        )
        asked = "template" if chosen["template"].strip() else "prompt"
        return Mapping(**made, **{asked: chosen[asked]}, completion=chosen["completion"])

    def proposed(self) -> Mapping:
        """The mapping that the form shows before anybody has changed it."""
        start = {name: self.initial.get(name) or "" for name in ("prompt", "template", "completion", "messages", "system")}
        if self.initial["format"] == CHAT:
            return Mapping(format=CHAT, messages=start["messages"])
        format = CHAT if self.initial["format"] == MADE_CHAT else PROMPT_COMPLETION
        return Mapping(format=format, **{name: start[name] for name in ("prompt", "template", "completion", "system")})

    def chosen(self) -> dict[str, Any]:
        return {"mapping": None if self.reads_again else self.mapping(), "options": self.options()}

    def clean_template(self) -> str:
        """Browsers send line breaks as CR LF; a model should read what the person sees."""
        template = str(self.cleaned_data["template"]).replace("\r\n", "\n")
        named, columns = fields(template), self.layout.get("columns", [])
        if template.strip() and not named:
            raise forms.ValidationError(_("Name at least one column, like this: {%(column)s}.") % {"column": columns[0]})
        if strange := [name for name in named if name not in columns]:
            raise forms.ValidationError(_("The file has no column named “%(name)s”.") % {"name": strange[0][:60]})
        return template

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        prompts = fields(cleaned.get("template") or "") or [cleaned.get("prompt") or ""]
        pair = cleaned.get("format") in (PROMPT_COMPLETION, MADE_CHAT)
        if pair and cleaned.get("completion") and cleaned["completion"] in prompts:
            self.add_error("completion", _("Prompt and completion have to be two different columns."))
        return cleaned
