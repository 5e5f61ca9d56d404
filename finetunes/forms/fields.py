"""Fields for what a provider's parameters may be."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

AUTO = "auto"


class AutoField(forms.Field):
    """A number, or the word auto; empty is None."""

    def __init__(self, *, whole: bool, least: float, most: float | None = None, above: bool = False, **options: Any) -> None:
        self.whole, self.least, self.most, self.above = whole, least, most, above
        options.setdefault("required", False)
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off", "placeholder": AUTO}

    def to_python(self, value: Any) -> str | int | float | None:
        text = str(value or "").strip().lower()
        if text in {"", AUTO}:
            return text or None
        try:
            number: int | float = int(text) if self.whole else float(text)
        except ValueError:
            raise ValidationError(self._expected()) from None
        self._check(number)
        return number

    def _check(self, number: float) -> None:
        too_small = number <= self.least if self.above else number < self.least
        if not (not too_small and (self.most is None or number <= self.most) and number < 1e12):
            raise ValidationError(self._expected())

    def _expected(self) -> str:
        if self.most is not None:
            return _("Write auto, or a number from %(least)g to %(most)g.") % {"least": self.least, "most": self.most}
        return _("Write auto, or a number above %(least)g.") % {"least": self.least}


class BetasField(forms.CharField):
    """Numbers above 0, separated by commas or spaces."""

    def clean(self, value: Any) -> list[float]:
        words = re.split(r"[,;\s]+", super().clean(value))
        try:
            betas = [float(word) for word in words if word]
        except ValueError:
            betas = [0.0]
        if not all(0 < beta < 1e6 for beta in betas):
            raise ValidationError(_("Write numbers above 0, separated by commas, such as 0.5, 1, 2."))
        return betas


class PairsField(forms.CharField):
    """Lines of name=value."""

    widget = forms.Textarea
    MOST, LONGEST_NAME, LONGEST_VALUE = 15, 64, 512

    def clean(self, value: Any) -> dict[str, str]:
        pairs: dict[str, str] = {}
        for line in super().clean(value).splitlines():
            if line.strip():
                name, sign, text = (part.strip() for part in line.partition("="))
                self._check(name, sign, text)
                pairs[name] = text
        if len(pairs) > self.MOST:
            raise ValidationError(_("At most %(most)d pairs fit beside the one that Tunedeck adds.") % {"most": self.MOST})
        return pairs

    def _check(self, name: str, sign: str, text: str) -> None:
        if not sign or not name or len(name) > self.LONGEST_NAME or len(text) > self.LONGEST_VALUE:
            raise ValidationError(_("Write one name=value a line; names have up to 64 characters, values up to 512."))
