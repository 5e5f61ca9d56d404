from __future__ import annotations

from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from playground import compose
from playground.fields import Choice, Flag, Line, TextField, ThreadField, told, whole
from playground.forms.asking import MOST_TOKENS, Asking
from playground.structured import NotesField, SchemaField, ToolsField

BY_SCHEMA = "json_schema"


class ChatForm(Asking):
    """The parameters that only chat has."""

    field_order = ("top_logprobs",)
    text_fields: ClassVar[tuple[str, ...]] = ("system", "thread")

    system = TextField(
        label=_lazy("System message"),
        help_text=_lazy("Instructions for the whole conversation; best the same as in training."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    thread = ThreadField(label=_lazy("Conversation"))
    max_completion_tokens = whole(
        _lazy("Longest completion"),
        _lazy("Newer reasoning models take this limit instead of Longest answer; leave that one empty then."),
        least=0,
        most=MOST_TOKENS,
        default=_lazy("none"),
    )
    logprobs = Flag(
        label=_lazy("Log-probabilities"), help_text=_lazy("Reports how likely each token of the answer was."), required=False
    )
    top_logprobs = whole(
        _lazy("Top log-probabilities"),
        _lazy("Reports this many of the likeliest tokens at each place, which the bars are drawn from."),
        least=0,
        most=20,
        default="0",
    )
    response_format = told(
        Choice(
            label=_lazy("Answer as"),
            help_text=_lazy("JSON makes the model write one valid object; say so in a message too."),
            required=False,
            choices=[("", _lazy("Text")), ("json_object", _lazy("JSON")), (BY_SCHEMA, _lazy("JSON by a schema"))],
        ),
        _lazy("text by default"),
    )
    json_schema = told(
        SchemaField(
            label=_lazy("Schema of the answer"),
            help_text=_lazy("The JSON schema that the answer must fulfil; it needs Answer as JSON by a schema."),
        ),
        _lazy("none by default"),
    )
    tools = told(
        ToolsField(
            label=_lazy("Tools"),
            help_text=_lazy(
                "Functions that the model may ask for, as a JSON list; the playground shows the call and runs nothing."
            ),
        ),
        _lazy("none by default"),
    )
    tool_choice = told(
        Line(
            label=_lazy("Choice of the tool"),
            help_text=_lazy("Write none to forbid tools, required to demand one, or the name of a function."),
            required=False,
            max_length=64,
            widget=forms.TextInput(attrs={"placeholder": "auto", "class": "mono"}),
        ),
        _lazy("auto, none, required or a name; auto by default where there are tools"),
    )
    parallel_tool_calls = told(
        Choice(
            label=_lazy("Several tools at once"),
            help_text=_lazy("Says whether the model may ask for more than one tool in one answer."),
            required=False,
            choices=[("", _lazy("Provider's default")), ("true", _lazy("Yes")), ("false", _lazy("No"))],
        ),
        _lazy("yes by default"),
    )
    metadata = told(
        NotesField(
            label=_lazy("Notes for the provider"),
            help_text=_lazy("Up to 16 pairs of texts that are kept with a stored answer, as a JSON object."),
        ),
        _lazy("none by default"),
    )
    store = Flag(
        label=_lazy("Store"),
        help_text=_lazy("Lets the provider keep question and answer on its own pages."),
        required=False,
    )

    def clean_tool_choice(self) -> str:
        return str(self.cleaned_data["tool_choice"]).strip()

    def take_text(self, text: str) -> None:
        self.errors.pop("thread", None)
        self.cleaned_data["thread"] = [{"role": "user", "content": text}]

    def clean(self) -> None:
        """Check what only makes sense together: limits, log-probabilities, a schema, tools."""
        super().clean()
        data = self.cleaned_data
        if data.get("max_tokens") is not None and data.get("max_completion_tokens") is not None:
            self.add_error(
                "max_completion_tokens", _("Leave one of the two limits empty: models take the one or the other.")
            )
        if data.get("top_logprobs") and not data.get("logprobs"):
            self.add_error("top_logprobs", _("Turn on Log-probabilities as well, or leave this empty."))
        self._check_schema()
        self._check_tools()

    def _check_schema(self) -> None:
        by_schema, schema = self.cleaned_data.get("response_format") == BY_SCHEMA, self.cleaned_data.get("json_schema")
        if by_schema and not schema and "json_schema" not in self.errors:
            self.add_error("json_schema", _("Write the schema, or choose another way to answer."))
        if schema and not by_schema:
            self.add_error("json_schema", _("Choose JSON by a schema as the way to answer, or leave this empty."))

    def _check_tools(self) -> None:
        if "tools" in self.errors:
            return
        tools, choice = self.cleaned_data.get("tools") or [], self.cleaned_data.get("tool_choice")
        for name in ("tool_choice", "parallel_tool_calls"):
            if self.cleaned_data.get(name) and not tools:
                self.add_error(name, _("There are no tools to choose from. Write them under Tools, or leave this empty."))
        names = [tool["function"]["name"] for tool in tools]
        if tools and choice and choice not in (*compose.WAYS, *names):
            self.add_error(
                "tool_choice",
                ValidationError(_("Write auto, none, required or one of: %(names)s.") % {"names": ", ".join(names)}),
            )
