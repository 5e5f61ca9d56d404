"""Form fields that speak of parameters: each with its default and one plain sentence."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from playground.escapes import read
from teams.looks import signs

MOST_STOPS = 4
LONGEST_STOP = 200
MOST_BIASES = 1000
LONGEST_TEXT = 200_000  # characters of one prompt or message
MOST_MESSAGES = 200
ROLES = ("user", "assistant", "system")


def unix_lines(text: str) -> str:
    """Undo what browsers do to line breaks in a form."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Told:
    """What a field says of itself beside its sentence: its range and its default."""

    facts: str | Promise = ""


Said = TypeVar("Said", bound=Told)


class Flag(Told, forms.BooleanField):
    """On or off; off unless the model's training says otherwise."""

    facts = gettext_lazy("off by default")


class Line(Told, forms.CharField):
    """A short text."""


class Choice(Told, forms.ChoiceField):
    """One of a few words."""


class TextField(Told, forms.CharField):
    """Text that reaches the model as it was typed: nothing stripped, line breaks as people mean them."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", LONGEST_TEXT)
        super().__init__(strip=False, required=False, **options)

    def to_python(self, value: Any) -> str:
        return unix_lines(super().to_python(value) or "")


class StopField(Told, forms.CharField):
    """Up to four stop sequences, one a line, with `\\n` for a line break. Cleans to a list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, required=False, max_length=2000, **options)

    def clean(self, value: Any) -> list[str]:
        lines = unix_lines(super().clean(value) or "").split("\n")
        stops = list(dict.fromkeys(read(line) for line in lines if line))
        if len(stops) > MOST_STOPS:
            raise ValidationError(
                _("The API takes at most four stop sequences. Remove %(n)s.") % {"n": len(stops) - MOST_STOPS}
            )
        if any(len(stop) > LONGEST_STOP for stop in stops):
            raise ValidationError(_("A stop sequence is at most %(n)s characters long.") % {"n": LONGEST_STOP})
        return stops


class BiasField(Told, forms.CharField):
    """A JSON object from token ids to numbers between -100 and 100. Cleans to a dict."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=50_000, **options)

    def clean(self, value: Any) -> dict[str, float]:
        text = super().clean(value)
        if not text:
            return {}
        try:
            found = json.loads(text, parse_constant=lambda word: None)
        except (ValueError, RecursionError) as error:
            raise ValidationError(_('This is not JSON. Write for example {"50256": -100}.')) from error
        return _checked_bias(found)


def _checked_bias(found: Any) -> dict[str, float]:
    if not isinstance(found, dict):
        raise ValidationError(_('Write an object from token ids to numbers, for example {"50256": -100}.'))
    if len(found) > MOST_BIASES:
        raise ValidationError(_("At most %(n)s tokens can be given a bias here.") % {"n": MOST_BIASES})
    for token, bias in found.items():
        if not (token.isascii() and token.isdecimal()):
            raise ValidationError(
                _("%(token)s is not a token id. Token ids are whole numbers.") % {"token": repr(token[:40])}
            )
        if isinstance(bias, bool) or not isinstance(bias, int | float) or not -100 <= bias <= 100:
            raise ValidationError(_("The bias of token %(token)s must be a number from -100 to 100.") % {"token": token})
    return found


class ThreadWidget(forms.Widget):
    """Reads the conversation from as many pairs of `role` and `content` as the page has."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        if not hasattr(data, "getlist"):
            return list(data.get(name) or [])
        pairs = zip(data.getlist("role"), data.getlist("content"), strict=False)
        return [{"role": role, "content": unix_lines(content)} for role, content in pairs]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return "role" not in data


class ThreadField(forms.Field):
    """A conversation that waits for the model. Empty messages are left out."""

    widget = ThreadWidget

    def clean(self, value: Any) -> list[dict[str, str]]:
        said = [message for message in value or [] if message["content"].strip()]
        if not said:
            raise ValidationError(_("Write a message first."))
        if len(said) > MOST_MESSAGES:
            raise ValidationError(_("A conversation has at most %(n)s messages here.") % {"n": MOST_MESSAGES})
        if said[-1]["role"] == "assistant":
            raise ValidationError(_("The last message is the model's own. Write the next one."))
        if any(message["role"] not in ROLES for message in said):
            raise ValidationError(_("A message comes from the user, the assistant or the system."))
        if sum(len(message["content"]) for message in said) > LONGEST_TEXT:
            raise ValidationError(
                _("The conversation is longer than %(n)s characters. Start a new one.") % {"n": signs(f"{LONGEST_TEXT:,}")}
            )
        return said


class Within:
    """Says the whole range when a number leaves it."""

    def __init__(self, least: float, most: float) -> None:
        self.least, self.most = least, most

    def __call__(self, number: float) -> None:
        if not self.least <= number <= self.most:
            raise ValidationError(
                _("Use a number from %(least)s to %(most)s.")
                % {"least": signs(f"{self.least:,}"), "most": signs(f"{self.most:,}")}
            )


class Whole(Told, forms.IntegerField):
    """A whole number within its range."""


class Number(Told, forms.FloatField):
    """A number within its range."""


def whole(label: Any, help: Any, *, least: int, most: int, default: Any) -> Whole:
    field = Whole(label=label, help_text=help, required=False, validators=[Within(least, most)])
    field.error_messages["invalid"] = gettext_lazy("Use a whole number.")
    return _ranged(field, least, most, default, step=1)


def decimal(label: Any, help: Any, *, least: float, most: float, default: Any) -> Number:
    field = Number(label=label, help_text=help, required=False, validators=[Within(least, most)])
    field.error_messages["invalid"] = gettext_lazy("Use a number, with a point before the decimals.")
    return _ranged(field, least, most, default, step="any")


Ranged = TypeVar("Ranged", Whole, Number)


def _ranged(field: Ranged, least: float, most: float, default: Any, *, step: Any) -> Ranged:
    field.widget.attrs |= {"placeholder": default, "min": least, "max": most, "step": step}
    field.facts = format_lazy(
        gettext_lazy("{least} to {most}, {default} by default"), least=least, most=most, default=default
    )
    return field


def told(field: Said, facts: Any) -> Said:
    """Return the field, which says this of its range and its default."""
    field.facts = facts
    return field
