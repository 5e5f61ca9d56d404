"""The forms of people and organizations, and the mixin that gives every form of Tunedeck its look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    Base = forms.BaseForm
else:
    Base = object

PLAIN = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple, forms.HiddenInput)


class Styled(Base):
    """Gives controls the class `input`; put it before `forms.Form` or `forms.ModelForm`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, PLAIN):
                classes = str(field.widget.attrs.get("class", ""))
                field.widget.attrs["class"] = f"{classes} input".strip()
