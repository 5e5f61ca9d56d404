"""Import fine-tunes that were started elsewhere.

An imported fine-tune is a row like any other that has been sent, without data of ours and without an
intent. The rest comes by itself: it is due, so polling brings its events, results and model, however
long ago it ended, and goes on with it if it is still running.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from finetunes.lookup import TOKEN
from finetunes.models import Elsewhere, FineTune, Inventory, Model
from finetunes.statuses import of_remote
from finetunes.strangers import strangers
from openai_api.client import Client
from openai_api.errors import APIError
from teams.models import User

BATCH = 200
LONGEST_SUFFIX = 64


def request(inventory: Inventory, user: User) -> bool:
    """Note the wish to import all, due at once, and to go on with what appears; False if it was noted before."""
    wish = Inventory.objects.filter(pk=inventory.pk, imports=False)
    return bool(wish.update(imports=True, imported_by=user, is_hushed=False, due_at=timezone.now()))


def stop(inventory: Inventory) -> bool:
    """Import no more; what is here stays."""
    return bool(Inventory.objects.filter(pk=inventory.pk, imports=True).update(imports=False, is_hushed=True))


def waiting(inventory: Inventory) -> int:
    """Return how many were imported whose events and results are still to be fetched."""
    mine = FineTune.objects.filter(connection=inventory.connection_id, imported_at__isnull=False)
    return mine.filter(answered_at=None, gone_at=None, failures=0).count()


def bring_in(inventory: Inventory, client: Client) -> None:
    """Import all that is noted, batch by batch; what was imported before is passed over."""
    names: Mapping[str, Any] | None = None
    while rows := list(inventory.elsewhere.order_by("pk")[:BATCH]):
        names = _file_names(client) if names is None else names
        _bring_in(inventory, rows, names)


@transaction.atomic
def _bring_in(inventory: Inventory, rows: Collection[Elsewhere], names: Mapping[str, Any]) -> None:
    """Make the fine-tunes of one batch and take it from the list; the last look at what is ours is taken here."""
    facts = {row.remote_id: (row.facts.get("metadata", {}).get(TOKEN), row.facts.get("training_file")) for row in rows}
    strange = strangers(inventory, facts)
    parents = _models(inventory, {row.base_model for row in rows})
    fresh = [_fine_tune(inventory, row, names, parents) for row in rows if row.remote_id in strange]
    FineTune.objects.bulk_create(fresh, ignore_conflicts=True)
    inventory.elsewhere.filter(pk__in=[row.pk for row in rows]).delete()


def _fine_tune(inventory: Inventory, row: Elsewhere, names: Mapping[str, Any], parents: Mapping[str, Model]) -> FineTune:
    now = timezone.now()
    files = {name: str(row.facts.get(name) or "")[:255] for name in ("training_file", "validation_file")}
    suffix = str(row.facts.get("suffix") or "")[:LONGEST_SUFFIX]
    return FineTune(
        organization_id=inventory.connection.organization_id,
        connection=inventory.connection,
        dialect=row.dialect,
        name=suffix or (row.fine_tuned_model or row.remote_id)[:200],
        base_model=row.base_model,
        parent=parents.get(row.base_model),
        suffix=suffix,
        use_validation=bool(files["validation_file"]),
        metadata=row.facts.get("metadata", {}),
        created_at=row.remote_created_at or now,
        imported_at=now,
        status=of_remote(row.status),
        provider_status=row.provider_status,
        remote_id=row.remote_id,
        remote_created_at=row.remote_created_at,
        training_file_id=files["training_file"],
        validation_file_id=files["validation_file"],
        file_names={file: names[file] for file in files.values() if file in names},
        due_at=now,
    )


def _models(inventory: Inventory, names: Collection[str]) -> dict[str, Model]:
    known = Model.objects.filter(connection=inventory.connection_id, name__in=names)
    return {model.name: model for model in known}


def _file_names(client: Client) -> dict[str, Any]:
    """Return what the account's files are called, and their sizes in bytes; nothing if it does not tell."""
    try:
        return {file.id: {"name": file.filename, "bytes": file.bytes} for file in client.files()}
    except APIError:
        return {}
