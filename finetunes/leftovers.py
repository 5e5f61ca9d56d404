"""Files at a provider that nothing needs, such as those of refused fine-tunes: found, noted, deleted there.

What is noted is certain: first the upload is forgotten here, so that nobody trains on it any more, and its id is
kept as a Leftover, both in one transaction. Then the provider is told, as often as it takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from connections.models import Connection
from finetunes.backoff import after, soon
from finetunes.models import FineTune, Leftover, Upload
from openai_api.client import Client
from openai_api.errors import APIError

GRACE = timedelta(hours=1)
"""So long the files of a refused fine-tune stay, for somebody who changes its settings and starts it again."""
MOST_FAILURES = 20


def let_go(fine_tune: FineTune, *, after: timedelta = GRACE) -> None:
    """Have the files of a fine-tune that came to nothing deleted, unless something needs them by then."""
    if fine_tune.remote_id:
        return
    uploads = Upload.objects.filter(version=fine_tune.training_version_id, connection=fine_tune.connection_id)
    uploads.update(let_go_at=timezone.now() + after)


def collect() -> None:
    """Note what is to be deleted by now."""
    for pk in Upload.objects.filter(let_go_at__lte=timezone.now()).values_list("pk", flat=True)[:100]:
        _collect(pk)


@transaction.atomic
def _collect(pk: int) -> None:
    upload = Upload.objects.select_for_update().get(pk=pk)
    if upload.creating_id is None and upload.remote_id and not upload.needed_by().exists():
        add(upload.connection, [upload.remote_id])
        # A new intent that comes at this very moment finds no file to reserve, and brings a new one.
        Upload.objects.filter(pk=pk).update(remote_id="", sent_at=None, doubt_until=None, ready=False)
    Upload.objects.filter(pk=pk).update(let_go_at=None)


def add(connection: Connection, remote_ids: Iterable[str]) -> None:
    now = timezone.now()
    rows = [Leftover(connection=connection, remote_id=remote_id, due_at=now) for remote_id in remote_ids]
    Leftover.objects.bulk_create(rows, ignore_conflicts=True)


def delete(leftover: Leftover, client: Client) -> None:
    """Delete the held one at the provider; one that will not be deleted is given up after many attempts."""
    try:
        client.delete_file(leftover.remote_id)
    except APIError as error:
        is_over = leftover.attempts >= MOST_FAILURES
        leftover.release(due_at=None if is_over else max(after(error, leftover.attempts), soon(5)))
    else:
        leftover.held().delete()
