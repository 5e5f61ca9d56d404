"""Series and events in the database: written so that a replay changes nothing, many fine-tunes at a time.

The number of queries does not depend on how many events there are, and hardly on how many fine-tunes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import F

from finetunes import metrics
from finetunes.models import Event, FineTune, Model, ResultFile
from finetunes.models import Series as Span
from openai_api.types import RemoteEvent

WIDTH = 65_536
"""Steps in one span of a series."""
RECENT = 100
"""So many of the newest keys are known while asking: a page of events. Older ones are looked up when they come."""
MOST_KEYS = 10_000
"""So many are looked up in one query: databases limit the values that one may carry."""

Named = Mapping[str, metrics.Series]


@dataclass(frozen=True, slots=True)
class Known:
    """What is here already of one fine-tune, and need not be asked for."""

    keys: frozenset[str] = frozenset()
    """Of the newest events."""
    files: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    """Those that have answered to their name."""


def known(fine_tunes: Collection[FineTune]) -> dict[int, Known]:
    """Read what is here of these fine-tunes, in three queries."""
    mine = {"fine_tune__in": [one.pk for one in fine_tunes]}
    newest = Event.objects.filter(**mine, ordinal__gt=F("fine_tune__last_event") - RECENT).order_by()
    keys = _grouped(newest.values_list("fine_tune", "key"))
    files = _grouped(ResultFile.objects.filter(**mine).values_list("fine_tune", "remote_id"))
    ready = _grouped(Model.objects.filter(**mine, ready_at__isnull=False).order_by().values_list("fine_tune", "name"))
    return {one.pk: Known(keys[one.pk], files[one.pk], ready[one.pk]) for one in fine_tunes}


def _grouped(pairs: Iterable[tuple[int | None, str]]) -> defaultdict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for pk, name in pairs:
        if pk is not None:
            found.setdefault(pk, set()).add(name)
    return defaultdict(frozenset, {pk: frozenset(names) for pk, names in found.items()})


def append_events(batch: Mapping[FineTune, Sequence[RemoteEvent]]) -> dict[int, list[Event]]:
    """Append the events that are not there yet, in the order in which they came; return these."""
    unique = {one: {event.key[:255]: event for event in events} for one, events in batch.items() if events}
    there = _there(unique)
    new = {
        one.pk: _rows(one, [event for key, event in events.items() if (one.pk, key) not in there])
        for one, events in unique.items()
    }
    # Another holder may have been quicker; whoever has lost the lease finds out at the end, and takes all back.
    Event.objects.bulk_create([row for rows in new.values() for row in rows], ignore_conflicts=True)
    return {one.pk: new.get(one.pk, []) for one in batch}


def _there(unique: Mapping[FineTune, Mapping[str, RemoteEvent]]) -> set[tuple[int, str]]:
    keys = sorted({key for events in unique.values() for key in events})
    rows = Event.objects.filter(fine_tune__in=[one.pk for one in unique]).order_by().values_list("fine_tune", "key")
    found: set[tuple[int, str]] = set()
    for start in range(0, len(keys), MOST_KEYS):
        found.update(rows.filter(key__in=keys[start : start + MOST_KEYS]))
    return found


def _rows(fine_tune: FineTune, events: Sequence[RemoteEvent]) -> list[Event]:
    return [_row(fine_tune, fine_tune.last_event + place, event) for place, event in enumerate(events, start=1)]


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


def write_series(batch: Mapping[FineTune, Named], *, losing: Collection[int] = ()) -> dict[int, dict[str, metrics.Series]]:
    """Merge series by step into what is stored; return the merged ones.

    Where both have a step, the new one stays, but for the fine-tunes (by primary key) that are `losing`.
    """
    stored = _stored({one: named for one, named in batch.items() if named})
    rows: list[Span] = []
    merged: dict[int, dict[str, metrics.Series]] = {one.pk: {} for one in batch}
    for one, named in batch.items():
        for name, new in named.items():
            old = stored.get((one.pk, name))
            whole = _merge(old, new, new_wins=one.pk not in losing)
            merged[one.pk][name] = whole
            rows += _spans(one, name, whole, np.unique(new.steps // WIDTH).tolist())
    Span.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["fine_tune", "name", "span"],
        update_fields=["steps", "values"],
    )
    return merged


def _stored(batch: Mapping[FineTune, Named]) -> dict[tuple[int, str], metrics.Series]:
    """Read all of the series that a batch touches."""
    names = {name for named in batch.values() for name in named}
    rows = Span.objects.filter(fine_tune__in=[one.pk for one in batch], name__in=names).order_by("name", "span")
    groups: dict[tuple[int, str], list[Span]] = {}
    for row in rows if names else ():
        groups.setdefault((row.fine_tune_id, row.name), []).append(row)
    return {place: _decode(spans) for place, spans in groups.items()}


def _merge(old: metrics.Series | None, new: metrics.Series, *, new_wins: bool) -> metrics.Series:
    if old is None:
        return new
    return metrics.merge(old, new) if new_wins else metrics.merge(new, old)


def _spans(fine_tune: FineTune, name: str, whole: metrics.Series, touched: Sequence[int]) -> list[Span]:
    rows = []
    for span in touched:
        first, last = np.searchsorted(whole.steps, [span * WIDTH, (span + 1) * WIDTH])
        steps, values = (part[first:last] for part in (whole.steps, whole.values))
        encoded = {"steps": steps.astype("<i8").tobytes(), "values": values.astype("<f8").tobytes()}
        rows.append(Span(fine_tune=fine_tune, name=name, span=span, **encoded))
    return rows


def read_series(fine_tune: FineTune, names: Iterable[str] | None = None) -> dict[str, metrics.Series]:
    """Return the stored series by name."""
    return read_many([fine_tune], names)[fine_tune.pk]


def read_many(fine_tunes: Iterable[FineTune], names: Iterable[str] | None = None) -> dict[int, dict[str, metrics.Series]]:
    """Return the stored series by fine-tune and name, in one query however many fine-tunes there are."""
    pks = [one.pk for one in fine_tunes]
    rows = Span.objects.filter(fine_tune__in=pks).order_by("fine_tune", "name", "span")
    if names is not None:
        rows = rows.filter(name__in=list(names))
    groups: dict[int, dict[str, list[Span]]] = {pk: {} for pk in pks}
    for row in rows:
        groups[row.fine_tune_id].setdefault(row.name, []).append(row)
    return {pk: {name: _decode(spans) for name, spans in named.items()} for pk, named in groups.items()}


def windows(fine_tune: FineTune) -> Iterator[dict[str, metrics.Series]]:
    """Read all series a span at a time, in the order of their steps, so that memory does not grow with the steps."""
    rows = Span.objects.filter(fine_tune=fine_tune).order_by()
    for span in sorted(set(rows.values_list("span", flat=True))):
        yield {row.name: _decode([row]) for row in rows.filter(span=span).order_by("name")}


def series_names(fine_tune: FineTune) -> list[str]:
    return sorted(set(Span.objects.filter(fine_tune=fine_tune).order_by().values_list("name", flat=True)))


def _decode(spans: Sequence[Span]) -> metrics.Series:
    steps = np.concatenate([np.frombuffer(bytes(row.steps), "<i8") for row in spans])
    values = np.concatenate([np.frombuffer(bytes(row.values), "<f8") for row in spans])
    return metrics.Series(steps.astype(np.int64), values.astype(np.float64))
