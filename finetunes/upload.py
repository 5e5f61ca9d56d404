"""Bring a version's files to a connection, each once, and wait until the provider has read them.

Safe to call again at any moment: the upload's name carries a token of its own, and the provider's list of
files is searched for that name before anything is sent a second time.
"""

from __future__ import annotations

from django.conf import settings
from django.core.files import File
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.models import Connection
from datasets.models import Version
from finetunes import leftovers
from finetunes.backoff import soon
from finetunes.holding import SECONDS, holding
from finetunes.models import Upload
from openai_api.client import Client
from openai_api.errors import APIError, NotFound
from openai_api.types import RemoteFile

BAD = frozenset({"error", "failed", "deleted", "deleting"})
LONGEST_READING = 1800.0
"""So many seconds a provider may take to read a file."""
READING = frozenset({"pending", "processing", "uploading", "running"})
UPLOADED = 60.0
"""After so many seconds a file that is merely called uploaded is tried: some providers never say more."""


class NotReady(Exception):
    """The file is on its way: ask again a little later."""


class Rejected(Exception):
    """The provider will not take the file; the message is the provider's own."""


def ensure(client: Client, version: Version, part: Upload.Part, connection: Connection) -> Upload:
    """Return the upload once the provider has it and is ready to train on it; else raise NotReady."""
    upload, _made = Upload.objects.get_or_create(
        version=version, part=part, connection=connection, defaults={"due_at": timezone.now()}
    )
    if upload.let_go_at is not None:
        Upload.objects.filter(pk=upload.pk).update(let_go_at=None)
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
    if not held.release(due_at=timezone.now(), remote_id=remote.id, remote_created_at=remote.created_at, doubt_until=None):
        raise NotReady  # somebody else brings it
    return held


def _send(client: Client, upload: Upload) -> RemoteFile:
    upload.held().update(sent_at=timezone.now(), doubt_until=soon(settings.PROVIDER_DOUBT_SECONDS))
    version = upload.version
    source: File[bytes] = version.training if upload.part == Upload.Part.TRAINING else version.validation
    try:
        with source.open("rb") as file:
            return client.upload_file(file, upload.filename)
    except APIError as error:
        # Only how long to wait for it depends on the error: it is looked for before it is sent again in any case.
        upload.held().update(doubt_until=soon(settings.PROVIDER_DOUBT_SECONDS) if error.may_have_happened else None)
        raise


def _adopt(client: Client, upload: Upload) -> RemoteFile:
    """Find the file of an upload that got no answer; send it again only when it surely is not there."""
    named = [file for file in client.files() if file.filename.rsplit("/", 1)[-1] == upload.filename]
    usable = [file for file in named if file.status not in BAD]
    if usable:
        leftovers.add(upload.connection, [file.id for file in named if file.id != usable[0].id])
        return usable[0]
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
        leftovers.add(upload.connection, [upload.remote_id])
        forget(upload)
        raise Rejected(remote.status_details or _("The provider could not read the file."))
    if _is_being_read(upload, remote):
        raise NotReady
    if not upload.ready:
        Upload.objects.filter(pk=upload.pk, remote_id=upload.remote_id).update(ready=True)
    return upload


def _is_being_read(upload: Upload, remote: RemoteFile) -> bool:
    seconds = (timezone.now() - (upload.sent_at or timezone.now())).total_seconds()
    if remote.status in READING and seconds >= LONGEST_READING:
        raise Rejected(
            _("The provider has been reading the file for %(minutes)d minutes without an end. Start again later.")
            % {"minutes": LONGEST_READING // 60}
        )
    return remote.status in READING or (remote.status == "uploaded" and seconds < UPLOADED)


def forget(upload: Upload) -> None:
    """Have the file uploaded anew at the next attempt: the provider has it no more, or never could read it."""
    Upload.objects.filter(pk=upload.pk, remote_id=upload.remote_id).update(
        remote_id="", sent_at=None, doubt_until=None, ready=False, due_at=timezone.now()
    )
