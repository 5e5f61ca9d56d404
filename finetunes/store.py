"""Series and events in the database: written so that a replay changes nothing, many fine-tunes at a time.

The number of queries does not depend on how many events there are, and hardly on how many fine-tunes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import BinaryField, Case, F, Max, Min, Q, QuerySet, Sum, Value, When

from finetunes import metrics, spans
from finetunes.models import Event, FineTune, Model, ResultFile, Span
from openai_api.types import RemoteEvent
from work.prepared import Prepared

RECENT = 100
"""So many of the newest keys are known while asking: a page of events. Older ones are looked up when they come."""
MOST_KEYS = 10_000
"""So many are looked up in one query: databases limit the values that one may carry."""

MOST_NUMBERS = 500
"""So many spans are asked for by number; of more, the range that they lie in."""
WHOLE_SPANS = 4
"""What touches or has no more spans of points is read point by point; of more, only the spans at the ends are."""

_NAMES = Prepared(lambda pk: Span.objects.filter(fine_tune=pk).order_by().values_list("name", flat=True))
_EXTENTS = Prepared(
    lambda pk: (
        Span.objects.filter(fine_tune=pk)
        .order_by("name")
        .values_list("name")
        .annotate(Min("first"), Max("last"), Sum("count"))
    )
)

Named = Mapping[str, metrics.Series]
Place = tuple[int, str]
"""The primary key of a fine-tune, and the name of one of its series."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is here already of one fine-tune, and need not be asked for."""

    keys: frozenset[str] = frozenset()
    """Of the newest events."""
    files: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    """Those that have answered to their name."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The first and the last step of a series, and how many it has."""

    first: int
    last: int
    count: int


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


def write_series(batch: Mapping[FineTune, Named], *, losing: Collection[int] = ()) -> dict[int, dict[str, spans.Outline]]:
    """Merge series by step into what is stored, reading and writing no spans but those touched; return the outlines now.

    Where both have a step, the new one stays, but for the fine-tunes (by primary key) that are `losing`.
    """
    new = {(one.pk, name): dict(spans.cut(series)) for one, named in batch.items() for name, series in named.items()}
    touched = {number for parts in new.values() for number in parts}
    mine = Span.objects.filter(fine_tune__in={pk for pk, _ in new}, name__in={name for _, name in new})
    stored = {(row.fine_tune_id, row.name, row.number): row for row in _numbered(mine, touched)} if touched else {}
    found: dict[Place, dict[int, spans.Outline]] = {place: {} for place in new}
    for (pk, name, number), one in (_outlines(_others(mine, stored.values())) if touched else {}).items():
        if (pk, name) in found:
            found[pk, name][number] = one
    rows = []
    for place, parts in new.items():
        for number, part in parts.items():
            row = stored.get((*place, number))
            merged = _merged(spans.unpack(row), part, new_wins=place[0] not in losing) if row else part
            found[place][number] = spans.outline(merged)
            rows.append(_span(place, number, merged, found[place][number]))
    _save(rows)
    return _by_name(batch, found)


def _by_name(
    batch: Iterable[FineTune], found: Mapping[Place, Mapping[int, spans.Outline]]
) -> dict[int, dict[str, spans.Outline]]:
    named: dict[int, dict[str, spans.Outline]] = {one.pk: {} for one in batch}
    for (pk, name), parts in found.items():
        if parts:
            named[pk][name] = spans.join(parts[number] for number in sorted(parts))
    return named


def _numbered(rows: QuerySet[Span], numbers: Collection[int]) -> QuerySet[Span]:
    if len(numbers) > MOST_NUMBERS:
        return rows.filter(number__range=(min(numbers), max(numbers)))
    return rows.filter(number__in=numbers)


def _others(rows: QuerySet[Span], but: Collection[Span]) -> QuerySet[Span]:
    return rows if len(but) > MOST_NUMBERS else rows.exclude(pk__in=[row.pk for row in but])


def _merged(old: metrics.Series, new: metrics.Series, *, new_wins: bool) -> metrics.Series:
    return metrics.merge(old, new) if new_wins else metrics.merge(new, old)


def _span(place: Place, number: int, series: metrics.Series, outline: spans.Outline) -> Span:
    packed = spans.pack(series)
    return Span(
        fine_tune_id=place[0],
        name=place[1],
        number=number,
        count=packed.count,
        first=packed.first,
        last=packed.last,
        stride=packed.stride,
        form=packed.form,
        outline=spans.encode(outline) if packed.count >= spans.MANY else b"",
        steps=packed.steps,
        values=packed.values,
    )


def _save(rows: Sequence[Span]) -> None:
    Span.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["fine_tune", "name", "number"],
        update_fields=["count", "first", "last", "stride", "form", "outline", "steps", "values"],
    )


def _outlines(rows: QuerySet[Span], close: Q | None = None) -> dict[tuple[int, str, int], spans.Outline]:
    """Read rows as outlines, and point by point those that have none or are `close`."""
    by_point = Q(count__lt=spans.MANY) if close is None else Q(count__lt=spans.MANY) | close
    empty = Value(b"", BinaryField())
    found = rows.order_by().values_list(
        "fine_tune", "name", "number", "count", "first", "last", "stride", "form",
        Case(When(by_point, then=empty), default="outline", output_field=BinaryField()),
        Case(When(by_point, then="steps"), default=empty, output_field=BinaryField()),
        Case(When(by_point, then="values"), default=empty, output_field=BinaryField()),
    )  # fmt: skip
    return {(pk, name, number): _outline(*rest) for pk, name, number, *rest in found}


def _outline(
    count: int, first: int, last: int, stride: int, form: str, outline: bytes, steps: bytes, values: bytes
) -> spans.Outline:
    if outline:
        return spans.decode(bytes(outline))
    return spans.whole(spans.unpack(spans.Packed(count, first, last, stride, form, bytes(steps), bytes(values))))


def read_series(fine_tune: FineTune, names: Iterable[str] | None = None) -> dict[str, metrics.Series]:
    """Return the stored series by name, with every point. For a drawing, read outlines."""
    return read_many([fine_tune], names)[fine_tune.pk]


def read_many(fine_tunes: Iterable[FineTune], names: Iterable[str] | None = None) -> dict[int, dict[str, metrics.Series]]:
    """Return the stored series by fine-tune and name, in one query however many fine-tunes there are."""
    pks = [one.pk for one in fine_tunes]
    rows = Span.objects.filter(fine_tune__in=pks).order_by("fine_tune", "name", "number").defer("outline")
    if names is not None:
        rows = rows.filter(name__in=list(names))
    groups: dict[int, dict[str, list[metrics.Series]]] = {pk: {} for pk in pks}
    for row in rows.iterator():
        groups[row.fine_tune_id].setdefault(row.name, []).append(spans.unpack(row))
    return {pk: {name: metrics.joined(parts) for name, parts in named.items()} for pk, named in groups.items()}


def read_outlines(fine_tune: FineTune, names: Iterable[str] | None = None) -> dict[str, spans.Outline]:
    """Return what tells the course of these series, reading little."""
    rows = Span.objects.filter(fine_tune=fine_tune)
    if names is not None:
        rows = rows.filter(name__in=list(names))
    return _by_name([fine_tune], _grouped_by_name(_outlines(rows)))[fine_tune.pk]


def read_range(
    fine_tune: FineTune, known: Mapping[str, Extent], first: int, last: int, around: int = 0
) -> dict[str, spans.Outline]:
    """Return what is needed to draw these series from one step to another, and as much `around` them as is said.

    Every point is there if a series has few of them or the range touches few spans; of a wider one
    those of its first and last span.
    """
    rows = Span.objects.filter(fine_tune=fine_tune, name__in=list(known))
    rows = rows.filter(number__range=((first - around) // spans.WIDTH, (last + around) // spans.WIDTH))
    ends = first // spans.WIDTH, last // spans.WIDTH
    close = Q(number__range=ends) if ends[1] - ends[0] < WHOLE_SPANS else Q(number__in=ends)
    close |= Q(name__in=[name for name, one in known.items() if one.count <= WHOLE_SPANS * spans.WIDTH])
    return _by_name([fine_tune], _grouped_by_name(_outlines(rows, close)))[fine_tune.pk]


def _grouped_by_name(found: Mapping[tuple[int, str, int], spans.Outline]) -> dict[Place, dict[int, spans.Outline]]:
    groups: dict[Place, dict[int, spans.Outline]] = {}
    for (pk, name, number), one in found.items():
        groups.setdefault((pk, name), {})[number] = one
    return groups


def extents(fine_tune: FineTune) -> dict[str, Extent]:
    """Return how far each series goes, in the order of their names."""
    return {name: Extent(first, last, count) for name, first, last, count in _EXTENTS(fine_tune.pk)}


def windows(fine_tune: FineTune) -> Iterator[dict[str, metrics.Series]]:
    """Read all series a span at a time, in the order of their steps, so that memory does not grow with the steps."""
    rows = Span.objects.filter(fine_tune=fine_tune).order_by()
    for number in sorted(set(rows.values_list("number", flat=True))):
        yield {row.name: spans.unpack(row) for row in rows.filter(number=number).order_by("name").defer("outline")}


def series_names(fine_tune: FineTune) -> list[str]:
    return sorted(set(_NAMES(fine_tune.pk)))
