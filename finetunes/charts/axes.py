"""What a fine-tune's charts can be drawn along, and where its epochs end: only what its provider has told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from finetunes.charts.along import Along, Mark, ascending
from finetunes.metrics import Series, series
from finetunes.models import Event, FineTune
from finetunes.progress import step_of
from finetunes.spans import Outline
from work.prepared import Prepared

COUNTERS = {"tokens": "elapsed_tokens", "examples": "elapsed_examples"}
MOMENTS = 500
"""So many events are looked at to know when a step was; between them the time is interpolated."""
GLIMPSE = 12
MOST_EPOCHS = 200


def _told(fine_tune: int, *ordinals: int) -> QuerySet[Event]:
    found = Event.objects.filter(fine_tune=fine_tune, ordinal__in=ordinals, created_at__isnull=False)
    return found.only("fine_tune", "created_at", "message", "metrics")


_GLIMPSES = Prepared(_told)


def titles() -> dict[str, str]:
    return {"steps": _("steps"), "tokens": _("elapsed tokens"), "examples": _("elapsed examples"), "time": _("time (UTC)")}


def offered(fine_tune: FineTune, names: Iterable[str]) -> dict[str, str]:
    """Return the axes that this fine-tune's charts can have, with their titles."""
    there = set(names)
    keys = ["steps", *(key for key, name in COUNTERS.items() if name in there)]
    if moments(fine_tune, GLIMPSE) is not None:
        keys.append("time")
    return {key: title for key, title in titles().items() if key in keys}


def along(fine_tune: FineTune, axis: str, outlines: Mapping[str, Outline]) -> Along:
    """Return the axis, of which outlines of its counter are known; steps, if there is nothing to draw it by."""
    known: Series | None = None
    if axis == "time":
        known = moments(fine_tune, MOMENTS)
    elif (name := COUNTERS.get(axis, "")) in outlines:
        known = ascending(outlines[name].extremes)
    if known is None:
        return Along(titles()["steps"])
    return Along(titles()[axis], known, is_time=axis == "time")


def moments(fine_tune: FineTune, most: int) -> Series | None:
    """Return when steps were, in milliseconds since 1970, from evenly spaced events; None if nobody told."""
    places = np.unique(np.linspace(1, max(1, fine_tune.last_event), most).astype(np.int64)).tolist()
    rows = _GLIMPSES(fine_tune.pk, *places) if most == GLIMPSE else _told(fine_tune.pk, *places)
    told = [(step_of(event), event.created_at) for event in rows]
    pairs = [(step, when) for step, when in told if step is not None]
    if len(pairs) < 2:
        return None
    found = series([step for step, _when in pairs], [when.timestamp() * 1000 for _step, when in pairs if when])
    return ascending(Series(found.steps, np.maximum.accumulate(found.values)))


def epochs(fine_tune: FineTune, last_step: int) -> list[Mark]:
    """Return where each epoch ends: all have the same number of steps."""
    count = fine_tune.epochs or fine_tune.resolved.get("n_epochs") or fine_tune.hyperparameters.get("n_epochs")
    steps = fine_tune.total_steps or (last_step if fine_tune.status == "succeeded" else 0)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 < count <= MOST_EPOCHS or not steps:
        return []
    ends = [round(steps * number / count) for number in range(1, count + 1)]
    return [Mark(end, _("epoch %(n)d") % {"n": number}) for number, end in enumerate(ends, start=1) if end <= last_step]
