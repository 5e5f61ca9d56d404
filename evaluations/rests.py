"""What evaluations have that rests on a model."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluations.models import Evaluation, Run
from finetunes.models import Model
from finetunes.rests import Resting, Thing, some


def runs(models: Sequence[Model], most: int) -> Resting:
    rows = Run.objects.filter(model__in=models).exclude(evaluation__state=Evaluation.State.DRAFT)
    newest = rows.select_related("evaluation").defer("scores").order_by("-evaluation__created_at", "-pk")
    named, count = some(newest, most)
    active = rows.filter(state__in=(Run.State.WAITING, Run.State.RUNNING)).count() if count else 0
    stops = ngettext(
        "One is asking just now and stops; the answers that it has are kept.",
        "%(n)d are asking just now and stop; the answers that they have are kept.",
        active,
    ) % {"n": active}
    things = [
        Thing(
            row.model_id or 0,
            row.evaluation.name,
            row.evaluation.get_absolute_url(),
            str(row.get_state_display()),
            _("evaluation"),
        )
        for row in named
    ]
    fate = stops if active else _("Answers and scores stay.")
    return Resting(_("Evaluations"), count, fate, things, is_urgent=bool(active))
