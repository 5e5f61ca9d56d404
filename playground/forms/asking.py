from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from playground import fill
from playground.fields import BiasField, Flag, Line, StopField, TextField, decimal, told, whole
from playground.pick import Picked
from playground.variables import BY_FIELDS, CELL
from teams.forms import Styled

MOST_TOKENS = 1_000_000
MOST_SAMPLES = 128
LONGEST_SEED = 2**63 - 1


class Asking(Styled, forms.Form):
    """What both kinds of models take. The model itself is picked, and checked, before there is a form."""

    text_fields: ClassVar[tuple[str, ...]] = ()
    simple: ClassVar[tuple[str, ...]] = ("max_tokens", "temperature", "stop", "n")

    max_tokens = told(
        whole(
            _lazy("Longest answer"),
            _lazy("The answer stops after so many tokens; a token is about ¾ of a word."),
            least=0,
            most=MOST_TOKENS,
            default=_lazy("provider's default"),
        ),
        _lazy("0 or more, by default what the provider takes"),
    )
    temperature = decimal(
        _lazy("Temperature"),
        _lazy("0 always takes the likeliest word; higher values vary more."),
        least=0,
        most=2,
        default="1",
    )
    stop = told(
        StopField(
            label=_lazy("Stop at"),
            help_text=_lazy("The answer ends before any of these, one a line; \\n is a line break."),
            widget=forms.Textarea(attrs={"rows": 1, "placeholder": _lazy("nothing"), "class": "mono"}),
        ),
        _lazy("up to four, none by default"),
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
    logit_bias = told(
        BiasField(
            label=_lazy("Logit bias"),
            help_text=_lazy("Makes single tokens likelier or forbids them, as JSON by token id."),
            widget=forms.Textarea(attrs={"rows": 2, "placeholder": '{"50256": -100}', "class": "mono"}),
        ),
        _lazy("-100 to 100 for each token, none by default"),
    )
    seed = told(
        whole(
            _lazy("Seed"),
            _lazy("The same number asks for the same random choices again."),
            least=-LONGEST_SEED,
            most=LONGEST_SEED,
            default=_lazy("random"),
        ),
        _lazy("any whole number, random by default"),
    )
    user = told(
        Line(
            label=_lazy("User"),
            help_text=_lazy("A name for the person behind the request, which the provider may use against misuse."),
            required=False,
            max_length=256,
        ),
        _lazy("none by default"),
    )
    stream = Flag(
        label=_lazy("Stream"), help_text=_lazy("Shows the answer as it is written instead of at the end."), required=False
    )
    include_usage = Flag(
        label=_lazy("Count tokens"),
        help_text=_lazy(
            "Asks for the tokens used at the end of a streamed answer; turn it off if the provider refuses stream_options."
        ),
        required=False,
    )

    way = forms.CharField(required=False, widget=forms.HiddenInput, max_length=10)

    def __init__(self, *args: Any, picked: Picked, **kwargs: Any) -> None:
        self.picked = picked
        kwargs.setdefault("initial", fill.values(picked))
        super().__init__(*args, **kwargs)
        for column in picked.template.columns if picked.template else ():
            widget = forms.Textarea(attrs={"rows": 1, "class": "input"})
            self.fields[CELL + column] = TextField(label=column, widget=widget)
        if self.by_fields:
            self._begin_with_columns()

    def _begin_with_columns(self) -> None:
        for field in self.fields.values():
            field.widget.attrs.pop("autofocus", None)
        self.cells()[0].field.widget.attrs["autofocus"] = True

    @property
    def by_fields(self) -> bool:
        """Whether the prompt is made of the columns' fields, not of the text."""
        return bool(self.picked.template) and self["way"].value() == BY_FIELDS

    def cells(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(CELL)]

    def as_typed(self) -> dict[str, Any]:
        """Return what each control holds, without saying what is wrong with it."""
        return {name: field.widget.value_from_datadict(self.data, {}, name) for name, field in self.fields.items()}

    def clean(self) -> None:
        if self.by_fields:
            self._make_text()
        else:
            self.check_text()

    def check_text(self) -> None:
        """Say what is wrong with a text that was written freely."""

    def take_text(self, text: str) -> None:
        """Have the text that the columns make be what is asked."""
        raise NotImplementedError

    def _make_text(self) -> None:
        cells = {field.name.removeprefix(CELL): self.cleaned_data.get(field.name) or "" for field in self.cells()}
        if not any(cell.strip() for cell in cells.values()):
            self.add_error(self.cells()[0].name, _("Fill in at least one of these fields."))
        if self.picked.template:
            self.take_text(self.picked.template.fill(cells))

    def simple_fields(self) -> list[BoundField]:
        return [self[name] for name in self.simple]

    def advanced_fields(self) -> list[BoundField]:
        names = [name for name in self.fields if name not in self._shown_elsewhere()]
        return sorted((self[name] for name in names), key=lambda field: field.widget_type == "checkbox")

    def _shown_elsewhere(self) -> set[str]:
        return {*self.simple, *self.text_fields, "way", *(field.name for field in self.cells())}

    def advanced_wrong(self) -> bool:
        """Say whether a field has an error that the fold would hide."""
        return any(field.errors for field in self.advanced_fields())
