"""The texts of one row, to be typed anew."""

from __future__ import annotations

from typing import Any

from django import forms

from datasets.mapping import Example
from datasets.retype import digest, typed
from datasets.templatetags.sentences import text_name
from teams.forms import Styled

WIDTH, LEAST_LINES, MOST_LINES = 60, 2, 14


class RowForm(Styled, forms.Form):
    """`example` is the row as the first fix sees it; `was` tells later whether it still is."""

    was = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, example: Example, data: Any = None) -> None:
        super().__init__(data, initial={"was": digest(example)})
        self.names = []
        for number, (name, text) in enumerate(typed(example)):
            self.names.append(f"text_{number}")
            lines = max(LEAST_LINES, min(MOST_LINES, text.count("\n") + len(text) // WIDTH + 1))
            widget = forms.Textarea(attrs={"rows": lines, "class": "input", "spellcheck": "true"})
            self.fields[f"text_{number}"] = forms.CharField(
                label=text_name(name), initial=text, required=False, strip=False, widget=widget
            )

    def texts(self) -> list[str]:
        return [self.cleaned_data[name] for name in self.names]

    def renew(self) -> None:
        """Show what was typed again, this time as a change of the row as it now is."""
        self.data = {**{name: self.data[name] for name in self.data}, "was": self.initial["was"]}
