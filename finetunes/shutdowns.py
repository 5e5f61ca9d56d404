"""When models and providers stop: what the provider says of a model, else what it announced for the base."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, DateField, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.closing import Closing, closing, dated
from connections.models import Connection
from finetunes.models import FineTune, Model, ModelQuerySet
from finetunes.statuses import ENDED
from notifications.announce import REMIND, remind_of_shutdown
from teams.models import Organization
from work.prepared import Prepared

SOON = timedelta(days=max(REMIND))
MOST_SHOWN = 50
_CONNECTIONS = Prepared(lambda organization: Connection.objects.filter(organization=organization).defer("key"))


@dataclass(frozen=True, kw_only=True)
class Shutdown:
    """Models of one connection that stop on the same day, or the end of training there (`is_training`)."""

    day: date
    connection: Connection
    count: int = 0
    is_training: bool = False
    told: int = 0  # of how many the provider itself named the day
    models: list[Model] = field(default_factory=list)
    running: int = 0

    @property
    def days_left(self) -> int:
        return (self.day - timezone.localdate()).days

    @property
    def is_over(self) -> bool:
        return self.days_left < 0

    @property
    def table(self) -> Closing | None:
        """What the day rests on where the provider did not name it for each model."""
        return closing(self.connection) if self.is_training or self.told < self.count else None


def with_ends(models: ModelQuerySet, connections: Iterable[Connection]) -> Any:
    """Return the ModelQuerySet with the day on which each stops, `ends_on`, as far as it is known."""
    cases = [case for one in connections if (known := closing(one)) for case in _cases(one, known)]
    if not cases:
        return models.annotate(ends_on=Coalesce("shutdown_date", Value(None, DateField()), output_field=DateField()))
    announced = Case(*cases, default=None, output_field=DateField())
    return models.annotate(ends_on=Coalesce("shutdown_date", announced, output_field=DateField()))


def _cases(connection: Connection, known: Closing) -> list[When]:
    cases = []
    for day, names in known.earlier:
        bases = Q()
        for name in names:
            bases |= Q(base_model=name)
            for start in dated(name):
                bases |= Q(base_model__startswith=start)
        cases.append(When(bases, connection=connection.pk, then=Value(day)))
    return [*cases, When(connection=connection.pk, then=Value(known.models))]


def of_model(model: Model) -> tuple[date, Closing | None] | None:
    """Return the day on which a model stops, and the table that says so unless the provider did; None if unknown."""
    if model.shutdown_date:
        return model.shutdown_date, None
    known = closing(model.connection)
    return (known.of_base(model.base_model), known) if known else None


def calendar(organization: Organization, *, until: date | None = None, whole: bool = True) -> list[Shutdown]:
    """Return what stops, the next first; `whole` also what it affects. What stopped long ago is left out."""
    connections = {one.pk: one for one in _CONNECTIONS(organization.pk)}
    since = timezone.localdate() - SOON
    ends = with_ends(Model.objects.of(organization).kept(), connections.values())
    ends = ends.filter(ends_on__gte=since, **({"ends_on__lte": until} if until else {}))
    groups = ends.order_by().values("connection", "ends_on").annotate(n=Count("pk"), told=Count("shutdown_date"))
    found = [
        _group(ends, connections[row["connection"]], row["ends_on"], row["n"], row["told"], whole=whole) for row in groups
    ]
    return sorted([*found, *_training(connections.values(), until)], key=lambda one: (one.day, one.connection.pk))


def _group(ends: Any, connection: Connection, day: date, count: int, told: int, *, whole: bool) -> Shutdown:
    if not whole:
        return Shutdown(day=day, connection=connection, count=count, told=told)
    models = list(ends.filter(connection=connection, ends_on=day).for_lists()[:MOST_SHOWN])
    bases = {model.base_model for model in models}
    running = FineTune.objects.filter(connection=connection, base_model__in=bases).exclude(status__in=ENDED)
    return Shutdown(day=day, connection=connection, count=count, told=told, models=models, running=running.count())


def _training(connections: Iterable[Connection], until: date | None) -> list[Shutdown]:
    """The days from which providers start no fine-tunes any more."""
    return [
        Shutdown(day=known.training, connection=one, is_training=True)
        for one in connections
        if (known := closing(one)) and known.training and not one.archived_at
        if known.training >= timezone.localdate() and (until is None or known.training <= until)
    ]


def remind() -> None:
    """Announce all that stops within the next weeks, to each organization; done again it announces nothing twice."""
    until = timezone.localdate() + SOON
    for organization in Organization.objects.all():
        for one in calendar(organization, until=until):
            if not one.is_over:
                path = reverse("models:shutdowns")
                remind_of_shutdown(organization, name=_name(one), day=one.day, path=path, about=_about(one))


def _about(one: Shutdown) -> str:
    """Name it in a way that stays the same, however many models are in it."""
    return f"{one.connection.pk}:{'training' if one.is_training else 'models'}"


def _name(one: Shutdown) -> str:
    if one.is_training:
        return _("Fine-tuning on %(connection)s") % {"connection": one.connection}
    if one.count == 1:
        return one.models[0].name
    return _("%(first)s and %(n)d more on %(connection)s") % {
        "first": one.models[0].name,
        "n": one.count - 1,
        "connection": one.connection,
    }
