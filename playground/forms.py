"""Every parameter of POST /v1/completions and of chat, with its default and one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from playground import fill
from playground.fields import BiasField, StopField, TextField, ThreadField, decimal, whole
from playground.pick import Picked
from teams.forms import Styled

MOST_TOKENS = 1_000_000
MOST_SAMPLES = 128
LONGEST_SEED = 2**63 - 1


class Asking(Styled, forms.Form):
    """What both kinds of models take. The model itself is picked, and checked, before there is a form."""

    text_fields: ClassVar[tuple[str, ...]] = ()
    simple: ClassVar[tuple[str, ...]] = ("max_tokens", "temperature", "stop", "n")

    max_tokens = whole(
        _lazy("Longest answer"),
        _lazy("The answer stops after so many tokens; a token is about ¾ of a word."),
        least=0,
        most=MOST_TOKENS,
        default=_lazy("provider's default"),
    )
    temperature = decimal(
        _lazy("Temperature"),
        _lazy("0 always takes the likeliest word; higher values vary more."),
        least=0,
        most=2,
        default="1",
    )
    stop = StopField(
        label=_lazy("Stop at"),
        help_text=_lazy("The answer ends before any of these, one a line, at most four; \\n is a line break."),
        widget=forms.Textarea(attrs={"rows": 1, "placeholder": _lazy("nothing"), "class": "mono"}),
    )
    n = whole(
        _lazy("Samples"),
        _lazy("So many answers to the same text, side by side; each one costs."),
        least=1,
        most=MOST_SAMPLES,
        default="1",
    )
    top_p = decimal(
        _lazy("Top P"),
        _lazy("Only the likeliest words that together reach this probability are considered."),
        least=0,
        most=1,
        default="1",
    )
    presence_penalty = decimal(
        _lazy("Presence penalty"),
        _lazy("Above 0 makes new words likelier than ones already used."),
        least=-2,
        most=2,
        default="0",
    )
    frequency_penalty = decimal(
        _lazy("Frequency penalty"),
        _lazy("Above 0 makes a word less likely each time it is used."),
        least=-2,
        most=2,
        default="0",
    )
    logit_bias = BiasField(
        label=_lazy("Logit bias"),
        help_text=_lazy("Makes single tokens likelier (up to 100) or forbids them (-100), as JSON by token id."),
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": '{"50256": -100}', "class": "mono"}),
    )
    seed = whole(
        _lazy("Seed"),
        _lazy("The same number asks for the same random choices again."),
        least=-LONGEST_SEED,
        most=LONGEST_SEED,
        default=_lazy("random"),
    )
    user = forms.CharField(
        label=_lazy("User"),
        help_text=_lazy("A name for the person behind the request, which the provider may use against misuse."),
        required=False,
        max_length=256,
    )
    stream = forms.BooleanField(
        label=_lazy("Stream"), help_text=_lazy("Shows the answer as it is written instead of at the end."), required=False
    )
    include_usage = forms.BooleanField(
        label=_lazy("Count tokens"),
        help_text=_lazy(
            "Asks for the tokens used at the end of a streamed answer; turn it off if the provider refuses stream_options."
        ),
        required=False,
    )

    def __init__(self, *args: Any, picked: Picked, **kwargs: Any) -> None:
        self.picked = picked
        kwargs.setdefault("initial", fill.values(picked))
        super().__init__(*args, **kwargs)

    def simple_fields(self) -> list[BoundField]:
        return [self[name] for name in self.simple]

    def advanced_fields(self) -> list[BoundField]:
        names = [name for name in self.fields if name not in {*self.simple, *self.text_fields}]
        return sorted((self[name] for name in names), key=lambda field: field.widget_type == "checkbox")

    def advanced_wrong(self) -> bool:
        """Say whether a field has an error that the fold would hide."""
        return any(field.errors for field in self.advanced_fields())


class CompletionForm(Asking):
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
    suffix = TextField(
        label=_lazy("Text behind"),
        help_text=_lazy("The answer is written into the gap between your text and this one; few models can."),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    best_of = whole(
        _lazy("Best of"),
        _lazy("The provider writes so many answers and returns the likeliest; you pay for all of them."),
        least=0,
        most=20,
        default="1",
    )
    echo = forms.BooleanField(
        label=_lazy("Echo"), help_text=_lazy("Repeats your text in front of the answer."), required=False
    )

    def clean_prompt(self) -> str:
        text: str = self.cleaned_data["prompt"]
        if not text.strip() and self.picked.task != "open-ended":
            raise forms.ValidationError(_("Write a text first."))
        return text

    def clean(self) -> None:
        """Check what only makes sense together: best_of with n and with streaming."""
        best_of, samples = self.cleaned_data.get("best_of"), self.cleaned_data.get("n") or 1
        if best_of is None:
            return
        if best_of < samples:
            self.add_error("best_of", _("Best of must be at least the number of samples, %(n)s.") % {"n": samples})
        elif best_of > 1 and self.cleaned_data.get("stream"):
            self.add_error(
                "best_of", _("The best of several answers is known only at the end: turn off Stream, or leave this empty.")
            )


class ChatForm(Asking):
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
    logprobs = forms.BooleanField(
        label=_lazy("Log-probabilities"), help_text=_lazy("Reports how likely each token of the answer was."), required=False
    )
    top_logprobs = whole(
        _lazy("Top log-probabilities"),
        _lazy("Reports this many of the likeliest tokens at each place, which the bars are drawn from."),
        least=0,
        most=20,
        default="0",
    )
    response_format = forms.ChoiceField(
        label=_lazy("Answer as"),
        help_text=_lazy("JSON makes the model write one valid object; say so in a message too."),
        required=False,
        choices=[("", _lazy("Text")), ("json_object", _lazy("JSON"))],
    )

    def clean(self) -> None:
        """Check what only makes sense together: the two limits, and log-probabilities with their number."""
        data = self.cleaned_data
        if data.get("max_tokens") is not None and data.get("max_completion_tokens") is not None:
            self.add_error(
                "max_completion_tokens", _("Leave one of the two limits empty: models take the one or the other.")
            )
        if data.get("top_logprobs") and not data.get("logprobs"):
            self.add_error("top_logprobs", _("Turn on Log-probabilities as well, or leave this empty."))


def form_for(picked: Picked, data: Mapping[str, Any] | None = None, **options: Any) -> Asking:
    """Return the form that the model's kind needs, filled in from its training unless there is data."""
    return (ChatForm if picked.is_chat else CompletionForm)(data, picked=picked, **options)
