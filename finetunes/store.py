"""Series and events in the database: written so that a replay changes nothing, read by range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from django.db.models import Max

from finetunes import metrics
from finetunes.models import Event, FineTune
from finetunes.models import Series as Span
from openai_api.types import RemoteEvent

WIDTH = 65_536
"""Steps in one span of a series."""
RECENT = 1_000
"""So many of the newest keys are known without asking the database again."""


def recent_keys(fine_tune: FineTune) -> set[str]:
    newest = Event.objects.filter(fine_tune=fine_tune).order_by("-ordinal")
    return set(newest.values_list("key", flat=True)[:RECENT])


def append_events(fine_tune: FineTune, remote: Sequence[RemoteEvent]) -> list[Event]:
    """Append the events that are not there yet, in the order in which they came; return these."""
    unique = {event.key[:255]: event for event in remote}
    there = Event.objects.filter(fine_tune=fine_tune)
    known = set(there.filter(key__in=list(unique)).values_list("key", flat=True))
    last: int = there.aggregate(last=Max("ordinal"))["last"] or 0
    new = [event for key, event in unique.items() if key not in known]
    return Event.objects.bulk_create(_row(fine_tune, last + place, event) for place, event in enumerate(new, start=1))


def _row(fine_tune: FineTune, ordinal: int, event: RemoteEvent) -> Event:
    return Event(
        fine_tune=fine_tune,
        ordinal=ordinal,
        key=event.key[:255],
        created_at=event.created_at,
        level=event.level[:20],
        type=event.type[:60],
        message=event.message,
        metrics=dict(event.metrics) if event.metrics else None,
        raw=dict(event.raw),
    )


def series_of_events(events: Iterable[Event]) -> dict[str, metrics.Series]:
    """Collect what the events' metrics say, each name over its steps."""
    return series_of_points(event.metrics for event in events)


def series_of_points(reported: Iterable[Mapping[str, object] | None]) -> dict[str, metrics.Series]:
    """Collect what each of these says of its `step`, each name over its steps."""
    points: dict[str, list[tuple[int, float]]] = {}
    for one in reported:
        found = metrics.of_event(one)
        if found:
            step, values = found
            for name, value in values.items():
                points.setdefault(name[:200], []).append((step, value))
    return {name: metrics.series(*zip(*pairs, strict=True)) for name, pairs in points.items()}


def write_series(fine_tune: FineTune, new: Mapping[str, metrics.Series], *, wins: bool) -> None:
    """Merge series by step into what is stored. Where both have a step, the new one stays if it `wins`."""
    wanted = {(name, span) for name, one in new.items() for span in np.unique(one.steps // WIDTH).tolist()}
    spans = {span for _name, span in wanted}
    stored = Span.objects.filter(fine_tune=fine_tune, name__in=list(new), span__in=spans)
    there = {(row.name, row.span): row for row in stored}
    rows = [_span(fine_tune, new[name], name, span, there.get((name, span)), wins) for name, span in sorted(wanted)]
    Span.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["fine_tune", "name", "span"],
        update_fields=["steps", "values"],
    )


def _span(fine_tune: FineTune, series: metrics.Series, name: str, span: int, there: Span | None, wins: bool) -> Span:
    inside = series.steps // WIDTH == span
    part = metrics.Series(series.steps[inside], series.values[inside])
    if there is not None:
        old = _decode([there])
        part = metrics.merge(old, part) if wins else metrics.merge(part, old)
    steps, values = part.steps.astype("<i8").tobytes(), part.values.astype("<f8").tobytes()
    return Span(fine_tune=fine_tune, name=name, span=span, steps=steps, values=values)


def read_series(fine_tune: FineTune, names: Iterable[str] | None = None) -> dict[str, metrics.Series]:
    """Return the stored series by name."""
    rows = Span.objects.filter(fine_tune=fine_tune).order_by("name", "span")
    if names is not None:
        rows = rows.filter(name__in=list(names))
    groups: dict[str, list[Span]] = {}
    for row in rows:
        groups.setdefault(row.name, []).append(row)
    return {name: _decode(spans) for name, spans in groups.items()}


def series_names(fine_tune: FineTune) -> list[str]:
    return sorted(set(Span.objects.filter(fine_tune=fine_tune).order_by().values_list("name", flat=True)))


def _decode(spans: Sequence[Span]) -> metrics.Series:
    steps = np.concatenate([np.frombuffer(bytes(row.steps), "<i8") for row in spans])
    values = np.concatenate([np.frombuffer(bytes(row.values), "<f8") for row in spans])
    return metrics.Series(steps.astype(np.int64), values.astype(np.float64))
