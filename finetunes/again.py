"""Train something again on another connection: find its data, or make a version of the training file that was kept."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse

from connections.models import Connection
from datasets.adopt import adopt
from datasets.models import Dataset, Version
from finetunes.models import FineTune, KeptFile
from teams.models import User


@dataclass(frozen=True, kw_only=True)
class Data:
    """What there is to train on again; at most one of these."""

    version: Version | None = None
    dataset: Dataset | None = None  # its version is still to come
    kept: KeptFile | None = None  # nothing was made of it yet


def data_of(fine_tune: FineTune) -> Data:
    if fine_tune.training_version is not None:
        return Data(version=fine_tune.training_version)
    if fine_tune.adopted is not None:
        first = fine_tune.adopted.versions.order_by("number").first()
        return Data(version=first) if first else Data(dataset=fine_tune.adopted)
    return Data(kept=_kept(fine_tune, fine_tune.training_file_id))


def take(fine_tune: FineTune, user: User) -> Data:
    """Have a version made of the kept training file, once, however often it is asked for."""
    with transaction.atomic():
        held = FineTune.objects.select_for_update(of=("self",)).select_related("training_version", "adopted")
        fine_tune = held.get(pk=fine_tune.pk)
        data = data_of(fine_tune)
        if data.kept is None:
            return data
        validation = _kept(fine_tune, fine_tune.validation_file_id)
        with default_storage.open(str(data.kept.content), "rb") as training:
            training.name = data.kept.filename or f"{fine_tune.name}.jsonl"
            made = adopt(
                fine_tune.organization,
                user,
                training,
                name=fine_tune.name,
                validation_file=str(validation.content) if validation else "",
            )
        FineTune.objects.filter(pk=fine_tune.pk).update(adopted=made)
        return Data(dataset=made)


def others(fine_tune: FineTune) -> list[Connection]:
    """Return the connections that may train, as far as is known, other than its own."""
    open_ones = Connection.objects.filter(organization=fine_tune.organization_id, training_closed_at=None).active()
    return list(open_ones.exclude(pk=fine_tune.connection_id).defer("key"))


def form(fine_tune: FineTune, connection: Connection | int, version: Version) -> str:
    """Return the address of the form that starts it again there, filled in."""
    pk = connection if isinstance(connection, int) else connection.pk
    query = urlencode({"from": fine_tune.pk, "connection": pk, "version": version.pk})
    return f"{reverse('finetunes:new')}?{query}"


def _kept(fine_tune: FineTune, remote_id: str) -> KeptFile | None:
    files = KeptFile.objects.filter(connection=fine_tune.connection_id, state=KeptFile.State.KEPT)
    return files.filter(remote_id=remote_id).exclude(content="").first() if remote_id else None
