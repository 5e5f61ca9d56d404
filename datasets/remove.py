"""Delete a dataset or a version, unless something points at it."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ProtectedError

from datasets import later
from datasets.models import Dataset, Version
from datasets.split import PARTS
from datasets.storing import clear
from datasets.words import Refused
from datasets.words import gettext_noop as _

SHOWN = 5


def delete(dataset: Dataset) -> None:
    """Delete rows first and files last: what is left after a crash is files that nothing points at."""
    pk = dataset.pk
    try:
        with transaction.atomic():
            dataset.delete()
    except ProtectedError as error:
        raise StillUsed(error) from None
    dataset.pk = pk
    clear(dataset)


def delete_version(version: Version) -> None:
    names = [name for part in (*PARTS, "sides") if (name := getattr(version, part).name)]
    try:
        with transaction.atomic():
            Version.objects.filter(pk=version.pk).delete()
    except ProtectedError as error:
        raise StillUsed(error) from None
    for name in names:
        default_storage.delete(name)
    for pattern in (f"v{version.pk}.*", f"v{version.pk}-*", f"*-v{version.pk}.*"):
        later.forget(version.dataset, pattern)


class StillUsed(Refused):
    """Something points at it; `users` are the objects that do."""

    def __init__(self, error: ProtectedError) -> None:
        self.users = sorted(error.protected_objects, key=str)
        super().__init__(
            _(
                "It cannot be deleted, because this was made with it and has to stay traceable: %(users)s.",
                users=", ".join(map(str, self.users[:SHOWN])) + (" …" if len(self.users) > SHOWN else ""),
            )
        )
