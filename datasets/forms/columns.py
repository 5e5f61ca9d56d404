"""The page on which a person says how a file is read, and which of its columns make an example."""

from __future__ import annotations

from collections.abc import Mapping as Values
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets.formats import Options
from datasets.formats.text import ENCODINGS
from datasets.mapping import CHAT, PREFERENCE, PROMPT_COMPLETION, Mapping, fields
from datasets.models import Dataset
from teams.forms import Styled

MADE_CHAT, MADE_PAIRS, MADE_PREFERRED = "made-chat", "made-pairs", "made-preferred"
"""What the form calls formats that are made of another: chats of two columns, pairs of chats, chats of preferences."""
MADE = {MADE_CHAT: CHAT, MADE_PAIRS: PROMPT_COMPLETION, MADE_PREFERRED: CHAT}
CHOICES = (
    (PROMPT_COMPLETION, _("Prompt and completion")),
    (MADE_PAIRS, _("Prompt and completion, made of a conversation")),
    (CHAT, _("Chat")),
    (MADE_CHAT, _("Chat, made of a prompt and a completion")),
    (PREFERENCE, _("Preference: two answers, one of them better")),
    (MADE_PREFERRED, _("Chat, made of the preferred of two answers")),
)
PARTS = {
    PROMPT_COMPLETION: ("prompt", "template", "completion"),
    MADE_PAIRS: ("messages", "asks", "answers", "keep_system"),
    CHAT: ("messages",),
    MADE_CHAT: ("prompt", "template", "completion", "system"),
    PREFERENCE: ("prompt", "preferred", "non_preferred"),
    MADE_PREFERRED: ("prompt", "preferred", "non_preferred"),
}
OPTIONAL = {"prompt", "template", "system", "asks", "answers", "keep_system"}


def template_of(text: str, columns: list[str]) -> str:
    """Return a template as a model should read it; ValidationError unless it names columns, and only such as there are."""
    template = text.replace("\r\n", "\n")  # as browsers send line breaks
    named = fields(template)
    if template.strip() and not named:
        raise forms.ValidationError(gettext("Name at least one column, like this: {%(column)s}.") % {"column": columns[0]})
    if strange := [name for name in named if name not in columns]:
        raise forms.ValidationError(gettext("The file has no column named “%(name)s”.") % {"name": strange[0][:60]})
    return template


class ColumnsForm(Styled, forms.Form):
    """How a file is read, and which of its columns make an example."""

    format = forms.ChoiceField(label=_("Each row is"), choices=CHOICES, widget=forms.RadioSelect)
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
    asks = forms.CharField(
        label=_("Who asks"), required=False, max_length=60, help_text=_("The name before each question. None if left empty.")
    )
    answers = forms.CharField(
        label=_("Who answers"),
        required=False,
        max_length=60,
        help_text=_("The name before each answer. Every prompt ends with it, as it should later."),
    )
    keep_system = forms.BooleanField(label=_("Begin each prompt with the system message"), required=False)
    preferred = forms.ChoiceField(label=_("Preferred answer"), help_text=_("What the model should rather say."))
    non_preferred = forms.ChoiceField(label=_("Other answer"), help_text=_("What it should rather not say."))
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
        for name in ("completion", "messages", "preferred", "non_preferred"):
            self._offer(name, columns)
        self._offer("sheet", [(sheet, sheet) for sheet in dataset.layout.get("sheets", [])])
        self._offer("header_row", self._rows())
        self._require(data.get("format") if data is not None else None)
        self._drop_what_does_not_fit()

    def _require(self, format: str | None) -> None:
        """Ask only for the columns of the chosen format; which one that is, is open before the form is sent."""
        needed = {name for name in PARTS.get(format or "", ()) if name not in OPTIONAL}
        for name in ("completion", "messages", "preferred", "non_preferred"):
            self.fields[name].required = name in needed or format is None

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def _rows(self) -> list[tuple[int, str]]:
        """The first rows of a table, any of which may name the columns."""
        heads = self.layout.get("heads", [])
        shown = [(line, gettext("Row %(line)s: %(cells)s") % {"line": line, "cells": cells}) for line, cells in heads]
        return [*shown, (0, gettext("In no row: number the columns"))]

    def _initial(self, dataset: Dataset) -> dict[str, Any]:
        columns = [*dataset.layout.get("columns", []), "", "", ""]
        guess = {"prompt": columns[0], "completion": columns[1], "messages": columns[0]}
        guess |= {"preferred": columns[1], "non_preferred": columns[2]}
        names = {"asks": gettext("Customer"), "answers": gettext("Agent"), "keep_system": True}
        read = {
            "encoding": dataset.options.get("encoding", ""),
            **{key: self.used.get(key) for key in ("sheet", "header_row")},
        }
        return {"format": PROMPT_COMPLETION, **guess, **names, **_chosen(dataset.mapping), **read}

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

    def columns(self) -> dict[str, Any]:
        return self.mapping().to_json()

    def mapping(self) -> Mapping:
        return _mapping(self.cleaned_data)

    def proposed(self) -> Mapping:
        """The mapping that the form shows before anybody has changed it."""
        return _mapping(self.initial)

    def chosen(self) -> dict[str, Any]:
        return {"mapping": None if self.reads_again else self.mapping(), "options": self.options()}

    def clean_template(self) -> str:
        return template_of(self.cleaned_data["template"], self.layout.get("columns", []))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        parts = PARTS.get(cleaned.get("format") or "", ())
        prompts = fields(cleaned.get("template") or "") if "template" in parts else []
        prompts = prompts or [cleaned.get("prompt") or ""]
        if "completion" in parts and cleaned.get("completion") in prompts:
            self.add_error("completion", _("Prompt and completion have to be two different columns."))
        if "preferred" in parts and cleaned.get("preferred") in prompts:
            self.add_error("preferred", _("The prompt and the answers have to be different columns."))
        if "preferred" in parts and cleaned.get("non_preferred") in (*prompts, cleaned.get("preferred")):
            self.add_error("non_preferred", _("The prompt and the answers have to be different columns."))
        return cleaned


def _mapping(values: Values[str, Any]) -> Mapping:
    """The mapping that a form's values say, without the columns of formats that were not chosen."""
    format = values["format"]
    parts: dict[str, Any] = {name: values.get(name) or "" for name in PARTS[format]}
    if str(parts.get("template", "")).strip():
        parts["prompt"] = ""
    elif "template" in parts:
        parts["template"] = ""
    if "keep_system" in parts:
        parts["keep_system"] = bool(parts["keep_system"])
    return Mapping(format=MADE.get(format, format), **parts)


def _chosen(stored: Values[str, Any]) -> dict[str, Any]:
    """A stored mapping as the form's values."""
    if not stored:
        return {}
    if stored["format"] == CHAT:
        format = CHAT if stored.get("messages") else MADE_PREFERRED if stored.get("preferred") else MADE_CHAT
    elif stored["format"] == PROMPT_COMPLETION:
        format = MADE_PAIRS if stored.get("messages") else PROMPT_COMPLETION
    else:
        format = stored["format"]
    return {"format": format, **{name: stored.get(name, "") for name in PARTS[format]}}
