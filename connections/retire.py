"""Take a connection out of use. What points at it keeps it: history stays readable."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.models import Connection


class InUse(Exception):
    """Something points at the connection, so it can be archived but not deleted."""

    def __init__(self) -> None:
        super().__init__(_("It can only be taken out of use: what was made through it still points at it."))


@dataclass(frozen=True)
class Dependents:
    kind: str  # for a person, one of it or many
    count: int


def dependents(connection: Connection) -> list[Dependents]:
    """Count what points at the connection, whatever kind of thing that is."""
    found = []
    for relation in connection._meta.related_objects:
        model = relation.related_model
        count = model._base_manager.filter(**{relation.field.name: connection}).count()
        if count:
            kind = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
            found.append(Dependents(str(kind), count))
    return found


def archive(connection: Connection) -> bool:
    """Take it out of every choice; False if it was archived before."""
    return bool(Connection.objects.active().filter(pk=connection.pk).update(archived_at=timezone.now()))


def restore(connection: Connection) -> bool:
    return bool(Connection.objects.filter(pk=connection.pk, archived_at__isnull=False).update(archived_at=None))


@transaction.atomic
def delete(connection: Connection) -> None:
    if dependents(connection):
        raise InUse
    try:
        connection.delete()
    except ProtectedError:
        raise InUse from None
