from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from playground.fields import Flag, TextField, told, whole
from playground.forms.asking import Asking


class CompletionForm(Asking):
    """The parameters that only completions have."""

    field_order = ("logprobs",)
    text_fields: ClassVar[tuple[str, ...]] = ("prompt", "add_separator")

    prompt = TextField(label=_lazy("Text"), widget=forms.Textarea(attrs={"rows": 8, "autofocus": True}))
    add_separator = forms.BooleanField(label=_lazy("separator added"), required=False)
    logprobs = whole(
        _lazy("Log-probabilities"),
        _lazy("Reports this many of the likeliest tokens at each place, which the bars are drawn from."),
        least=0,
        most=5,
        default=_lazy("none"),
    )
    suffix = told(
        TextField(
            label=_lazy("Text behind"),
            help_text=_lazy("The answer is written into the gap between your text and this one; few models can."),
            max_length=50_000,
            widget=forms.Textarea(attrs={"rows": 2}),
        ),
        _lazy("nothing by default"),
    )
    best_of = whole(
        _lazy("Best of"),
        _lazy("The provider writes so many answers and returns the likeliest; you pay for all of them."),
        least=0,
        most=20,
        default="1",
    )
    echo = Flag(label=_lazy("Echo"), help_text=_lazy("Repeats your text in front of the answer."), required=False)

    def check_text(self) -> None:
        text = self.cleaned_data.get("prompt", "")
        if "prompt" not in self.errors and not text.strip() and self.picked.task != "open-ended":
            self.add_error("prompt", _("Write a text first."))

    def take_text(self, text: str) -> None:
        self.cleaned_data |= {"prompt": text, "add_separator": True}

    def clean(self) -> None:
        """Check what only makes sense together: best_of with n and with streaming."""
        super().clean()
        best_of, samples = self.cleaned_data.get("best_of"), self.cleaned_data.get("n") or 1
        if best_of is None:
            return
        if best_of < samples:
            self.add_error("best_of", _("Best of must be at least the number of samples, %(n)s.") % {"n": samples})
        elif best_of > 1 and self.cleaned_data.get("stream"):
            self.add_error(
                "best_of", _("The best of several answers is known only at the end: turn off Stream, or leave this empty.")
            )
