"""How pages show scores."""

from __future__ import annotations

from typing import Any

from django import template

from evaluations.models import Evaluation
from evaluations.results import meanings, tables

register = template.Library()
register.filter("share", meanings.percent)


@register.inclusion_tag("evaluations/_scores.html")
def scores_of(evaluation: Evaluation) -> dict[str, Any]:
    """The table of all models; it comes by itself once they are scored."""
    return {"evaluation": evaluation, "table": tables.table(tables.in_order(evaluation)), "is_short": True}
