"""Bring a version's files to a connection, each once, and wait until the provider has read them.

Safe to call again at any moment: the upload's name carries a token of its own, and the provider's list of
files is searched for that name before anything is sent a second time.
"""

from __future__ import annotations

from django.core.files import File
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.models import Connection
from datasets.models import Version
from finetunes.backoff import soon
from finetunes.holding import SECONDS, holding
from finetunes.models import Upload
from openai_api.client import Client
from openai_api.errors import APIError, NotFound
from openai_api.types import RemoteFile

DOUBT = 15.0
"""So long a file whose upload got no answer may still turn up in the provider's list."""
BAD = frozenset({"error", "failed", "deleted", "deleting"})
PATIENCE = {"uploaded": 60.0, "pending": 1800.0, "processing": 1800.0, "uploading": 1800.0, "running": 1800.0}
"""How long a provider may still be reading a file; after that the create call tells what is wrong."""


class NotReady(Exception):
    """The file is on its way: ask again a little later."""


class Rejected(Exception):
    """The provider will not take the file; the message is the provider's own."""


def ensure(client: Client, version: Version, part: Upload.Part, connection: Connection) -> Upload:
    """Return the upload once the provider has it and is ready to train on it; else raise NotReady."""
    upload, _made = Upload.objects.get_or_create(
        version=version, part=part, connection=connection, defaults={"due_at": timezone.now()}
    )
    if not upload.remote_id:
        upload = _bring(client, upload)
    return _check(client, upload)


def _bring(client: Client, upload: Upload) -> Upload:
    held = Upload.objects.claim(upload.pk, SECONDS)
    if held is None or held.remote_id:
        if held:
            held.release(due_at=timezone.now())
        raise NotReady
    try:
        with holding(held):
            remote = _adopt(client, held) if held.sent_at else _send(client, held)
    except (APIError, NotReady):
        held.release(due_at=timezone.now())
        raise
    held.release(due_at=timezone.now(), remote_id=remote.id, remote_created_at=remote.created_at, doubt_until=None)
    return held


def _send(client: Client, upload: Upload) -> RemoteFile:
    upload.held().update(sent_at=timezone.now(), doubt_until=soon(DOUBT))
    version = upload.version
    source: File[bytes] = version.training if upload.part == Upload.Part.TRAINING else version.validation
    try:
        with source.open("rb") as file:
            return client.upload_file(file, upload.filename)
    except APIError as error:
        # Only how long to wait for it depends on the error: it is looked for before it is sent again in any case.
        upload.held().update(doubt_until=soon(DOUBT) if error.may_have_happened else None)
        raise


def _adopt(client: Client, upload: Upload) -> RemoteFile:
    """Find the file of an upload that got no answer; send it again only when it surely is not there."""
    for remote in client.files():
        if remote.filename.rsplit("/", 1)[-1] == upload.filename and remote.status not in BAD:
            return remote
    if upload.doubt_until and timezone.now() < upload.doubt_until:
        raise NotReady
    return _send(client, upload)


def _check(client: Client, upload: Upload) -> Upload:
    try:
        remote = client.file(upload.remote_id)
    except NotFound:
        forget(upload)
        raise NotReady from None
    if remote.status in BAD:
        forget(upload)
        raise Rejected(remote.status_details or _("The provider could not read the file."))
    if _is_being_read(upload, remote):
        raise NotReady
    if not upload.ready:
        Upload.objects.filter(pk=upload.pk, remote_id=upload.remote_id).update(ready=True)
    return upload


def _is_being_read(upload: Upload, remote: RemoteFile) -> bool:
    since = upload.sent_at or timezone.now()
    return (timezone.now() - since).total_seconds() < PATIENCE.get(remote.status, 0)


def forget(upload: Upload) -> None:
    """Have the file uploaded anew at the next attempt: the provider has it no more, or never could read it."""
    Upload.objects.filter(pk=upload.pk, remote_id=upload.remote_id).update(
        remote_id="", sent_at=None, doubt_until=None, ready=False, due_at=timezone.now()
    )
