"""Form fields that hold JSON: tools, a schema, notes for the provider. Each says what is wrong and where."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from playground.fields import Told, unix_lines

MOST_TOOLS = 128
MOST_NOTES = 16
LONGEST_NOTE_NAME = 64
LONGEST_NOTE = 512
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
ROWS = {"rows": 3, "class": "mono", "spellcheck": "false"}


class JsonField(Told, forms.CharField):
    """JSON as text. Cleans to what `checked` returns for it, None if it is empty."""

    example = ""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs=ROWS | {"placeholder": self.example}))
        super().__init__(required=False, max_length=100_000, **options)

    def clean(self, value: Any) -> Any:
        text = unix_lines(super().clean(value) or "")
        return self.checked(_parsed(text)) if text.strip() else None

    def checked(self, found: Any) -> Any:
        raise NotImplementedError


class SchemaField(JsonField):
    """A JSON schema, bare or within {"name", "schema"}. Cleans to the latter."""

    example = '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}'

    def checked(self, found: Any) -> dict[str, Any]:
        if not isinstance(found, dict):
            raise ValidationError(_("A schema is an object. Write for example %(example)s.") % {"example": self.example})
        if "schema" not in found:
            return {"name": "answer", "schema": found}
        if not NAME.fullmatch(str(found.get("name", ""))):
            raise ValidationError(_("The schema's name must have 1 to 64 letters, digits, underscores or hyphens."))
        if not isinstance(found["schema"], dict):
            raise ValidationError(_("The part named schema must be an object."))
        return found


class ToolsField(JsonField):
    """A list of functions that a model may ask for. Cleans to that list, each with its type."""

    example = '[{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]'

    def checked(self, found: Any) -> list[dict[str, Any]]:
        if not isinstance(found, list) or not found:
            raise ValidationError(_("Tools are a list. Write for example %(example)s.") % {"example": self.example})
        if len(found) > MOST_TOOLS:
            raise ValidationError(_("At most %(n)s tools can be offered.") % {"n": MOST_TOOLS})
        for number, tool in enumerate(found, 1):
            _check_tool(number, tool)
        names = [tool["function"]["name"] for tool in found]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValidationError(_("Two tools have the name %(name)s.") % {"name": twice})
        return found


def _check_tool(number: int, tool: Any) -> None:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or tool.get("type") != "function":
        raise ValidationError(
            _('Tool %(number)s must be an object with "type": "function" and a "function".') % {"number": number}
        )
    if not isinstance(function.get("name"), str) or not NAME.fullmatch(function["name"]):
        raise ValidationError(
            _("The function of tool %(number)s needs a name of 1 to 64 letters, digits, underscores or hyphens.")
            % {"number": number}
        )
    if not isinstance(function.get("parameters", {}), dict):
        raise ValidationError(_("The parameters of tool %(number)s must be an object: a JSON schema.") % {"number": number})


class NotesField(JsonField):
    """Up to 16 pairs of texts that the provider keeps with the answer. Cleans to a dict."""

    example = '{"project": "support"}'

    def checked(self, found: Any) -> dict[str, str]:
        if not isinstance(found, dict):
            raise ValidationError(_("Write an object of texts, for example %(example)s.") % {"example": self.example})
        if len(found) > MOST_NOTES:
            raise ValidationError(_("At most %(n)s pairs can be kept with an answer.") % {"n": MOST_NOTES})
        for name, value in found.items():
            if not isinstance(value, str):
                raise ValidationError(_("The value of %(name)s must be a text, in quotes.") % {"name": name[:40]})
            if not 0 < len(name) <= LONGEST_NOTE_NAME or len(value) > LONGEST_NOTE:
                raise ValidationError(
                    _("A name has at most %(name)s characters, a value at most %(value)s.")
                    % {"name": LONGEST_NOTE_NAME, "value": LONGEST_NOTE}
                )
        return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise ValidationError(
            _("This is not JSON: something is wrong in line %(line)s, at character %(column)s.")
            % {"line": error.lineno, "column": error.colno}
        ) from error
    except (ValueError, RecursionError) as error:
        raise ValidationError(_("This is not JSON.")) from error


def _finite(word: str) -> float:
    number = float(word)
    return number if abs(number) != float("inf") else _no_number(word)


def _no_number(word: str) -> float:
    raise ValueError(word)
