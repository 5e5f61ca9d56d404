"""Before and after, field by field, without secrets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.forms import BaseForm, PasswordInput
from django.utils.translation import gettext_noop as _

MOST = 2000  # characters of one value
ADDED, REPLACED = _("added"), _("replaced")


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return as `before` and `after` what is not the same in both."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        "before": {name: short(before.get(name)) for name in names},
        "after": {name: short(after.get(name)) for name in names},
    }


def changes(form: BaseForm, fields: Collection[str], secrets: Collection[str] = ()) -> dict[str, Any]:
    """Return as `before` and `after` what a valid form changes of these fields.

    Of what is secret, or typed where nobody reads along, only that it is another one now.
    """
    told = [name for name in form.changed_data if name in fields and not _is_hidden(form, name)]
    found = difference({name: form.initial.get(name) for name in told}, {name: form.cleaned_data[name] for name in told})
    for name in secrets:
        if name in form.changed_data:
            found["after"][name] = REPLACED
    return found


def _is_hidden(form: BaseForm, name: str) -> bool:
    return isinstance(form.fields[name].widget, PasswordInput)


def short(value: Any) -> Any:
    """Return a value that fits into an entry: numbers and short lists as they are, all else as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple) and len(value) <= 50 and all(isinstance(one, str | int) for one in value):
        return [short(one) for one in value]
    text = str(value)
    return text if len(text) <= MOST else f"{text[:MOST]}…"
