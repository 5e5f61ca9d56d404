"""What is asked of all models at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from datasets.models import Version
from playground.fields import TextField, decimal, whole
from playground.forms.asking import MOST_TOKENS
from playground.record import Prompt, of_rows
from teams.forms import Styled

MOST_PROMPTS = 20
MOST_SAMPLES = 5
NUMBERS = (5, 10, 20)
TYPED = "typed"


class SidesForm(Styled, forms.Form):
    """The prompts and the few settings that hold for every model; the rest is each model's own."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    live = forms.BooleanField(required=False, widget=forms.HiddenInput)
    source = forms.ChoiceField(label=_lazy("Prompts"))
    prompt = TextField(label=_lazy("Text"), widget=forms.Textarea(attrs={"rows": 5}))
    lines = forms.BooleanField(label=_lazy("Each line is a prompt of its own"), required=False)
    number = forms.TypedChoiceField(
        label=_lazy("Number of rows"),
        help_text=_lazy("Spread evenly over what was held out for evaluation or validation."),
        coerce=int,
        choices=[(number, str(number)) for number in NUMBERS],
        required=False,
    )
    n = whole(
        _lazy("Samples"),
        _lazy("So many answers of each model to the same prompt; each one costs."),
        least=1,
        most=MOST_SAMPLES,
        default="1",
    )
    temperature = decimal(
        _lazy("Temperature"),
        _lazy("The same for all. Left empty, each model is asked as its training suggests."),
        least=0,
        most=2,
        default=_lazy("each its own"),
    )
    max_tokens = whole(
        _lazy("Longest answer"),
        _lazy("In tokens, the same for all. Left empty, each model has its own limit."),
        least=1,
        most=MOST_TOKENS,
        default=_lazy("each its own"),
    )

    def __init__(self, *args: Any, versions: Sequence[Version], **kwargs: Any) -> None:
        self.versions = {str(version.pk): version for version in versions}
        super().__init__(*args, **kwargs)
        rows = [(key, _("Rows of %(version)s") % {"version": version}) for key, version in self.versions.items()]
        source: Any = self.fields["source"]
        source.choices = [(TYPED, _("What I write")), *rows]

    def clean(self) -> None:
        """Find the prompts, and say what is missing where it is missing."""
        data = self.cleaned_data
        if data.get("source") == TYPED and "prompt" in data:
            self._check_typed(_typed(data["prompt"], lines=data.get("lines", False)))
        if self.data.get("blind") and (data.get("n") or 1) > 1:
            self.add_error("n", _("A vote is between one answer of each model. Set this to 1, or ask openly."))

    def _check_typed(self, prompts: list[Prompt]) -> None:
        if not prompts:
            self.add_error("prompt", _("Write a text first."))
        if len(prompts) > MOST_PROMPTS:
            self.add_error(
                "prompt",
                _("These are %(n)s prompts, and at most %(most)s are asked at a time. Leave some for the next time.")
                % {"n": len(prompts), "most": MOST_PROMPTS},
            )

    def prompts(self) -> list[Prompt]:
        """Return what to ask; nothing if the prompts are rows whose file is gone."""
        data = self.cleaned_data
        if data["source"] == TYPED:
            return _typed(data["prompt"], lines=data["lines"])
        try:
            return of_rows(self.versions[data["source"]], data["number"] or NUMBERS[0])
        except FileNotFoundError:
            return []

    def settings(self) -> dict[str, Any]:
        """Return the settings that somebody has given."""
        names = ("n", "temperature", "max_tokens")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name] is not None}


def _typed(text: str, *, lines: bool) -> list[Prompt]:
    found = text.split("\n") if lines else [text]
    wanted = dict.fromkeys(one.strip() if lines else one for one in found if one.strip())
    return [Prompt(thread=[{"role": "user", "content": one}]) for one in wanted]
