from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext_lazy

from datasets.checks.separator import visible
from datasets.samples import NOT_PREFERRED, PREFERRED
from datasets.wording import say

register = template.Library()
register.filter("say", say)
register.filter("visible", visible)


@register.filter
def percent(share: float) -> int:
    return round(share * 100)


PARTS = {
    "training": gettext_lazy("training"),
    "validation": gettext_lazy("validation"),
    "evaluation": gettext_lazy("evaluation"),
}
register.filter("part", lambda name: PARTS.get(name, name))

TEXTS = {
    "prompt": gettext_lazy("Prompt"),
    "completion": gettext_lazy("Completion"),
    PREFERRED: gettext_lazy("Preferred"),
    NOT_PREFERRED: gettext_lazy("Not preferred"),
}


@register.filter
def text_name(name: str) -> str:
    return str(TEXTS.get(name, name))


@register.filter
def of(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def line_breaks_shown(text: str | int) -> str:
    """A text on one line: its line breaks written \\n, as they stand in a training file."""
    return str(text).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


@register.filter
def breaks_marked(text: str) -> str:
    """A text whose line breaks are to be seen."""
    return text.replace("\n", "↵\n")
