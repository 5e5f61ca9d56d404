"""How pages show scores."""

from __future__ import annotations

from typing import Any

from django import template

from evaluations import meanings, results
from evaluations.models import Evaluation

register = template.Library()
register.filter("share", meanings.percent)


@register.inclusion_tag("evaluations/_scores.html")
def scores_of(evaluation: Evaluation) -> dict[str, Any]:
    """The table of all models; it comes by itself once they are scored."""
    return {"evaluation": evaluation, "table": results.table(results.in_order(evaluation)), "is_short": True}
