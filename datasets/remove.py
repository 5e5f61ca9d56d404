"""Delete a dataset or a version, unless something points at it."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ProtectedError

from datasets.models import Dataset, Version
from datasets.storing import clear
from datasets.words import Refused, Sentence
from datasets.words import gettext_noop as _


def delete(dataset: Dataset) -> None:
    """Delete rows first and files last: what is left after a crash is files that nothing points at."""
    pk = dataset.pk
    try:
        with transaction.atomic():
            dataset.delete()
    except ProtectedError as error:
        raise Refused(_still_used(error)) from None
    dataset.pk = pk
    clear(dataset)


def delete_version(version: Version) -> None:
    names = [name for name in (version.training.name, version.validation.name) if name]
    try:
        with transaction.atomic():
            Version.objects.filter(pk=version.pk).delete()
    except ProtectedError as error:
        raise Refused(_still_used(error)) from None
    for name in names:
        default_storage.delete(name)


def _still_used(error: ProtectedError) -> Sentence:
    users = sorted({str(user) for user in error.protected_objects})
    return _(
        "It cannot be deleted, because this was trained on it and has to stay traceable: %(users)s.",
        users=", ".join(users[:5]) + (" …" if len(users) > 5 else ""),
    )
