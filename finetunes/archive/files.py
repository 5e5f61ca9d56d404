"""The files of a provider: which ones are wanted, fetched as they are, kept with their hashes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from connections.models import Connection
from finetunes.models import FineTune, KeptFile, ResultFile, Upload
from finetunes.results import keep_results
from openai_api.client import Client
from openai_api.errors import APIError, BadRequest, NotFound, PermissionDenied

Role, State, Reason = KeptFile.Role, KeptFile.State, KeptFile.Reason
BLOCK = 1 << 20
MOST_TRIES = 4


def want(connection: Connection) -> None:
    """Note the files that the fine-tunes here name and whose bytes are not here."""
    there = set(ResultFile.objects.filter(fine_tune__connection=connection).values_list("remote_id", flat=True))
    rows = [row for row in _named(connection) if row.role != Role.RESULT or row.remote_id not in there]
    KeptFile.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def _named(connection: Connection) -> Iterator[KeptFile]:
    mine = FineTune.objects.filter(connection=connection).exclude(remote_id="").order_by("pk")
    fields = ("training_file_id", "validation_file_id", "result_files", "file_names", "training_version")
    for training, validation, results, names, version in mine.values_list(*fields).iterator():
        given = [(Role.RESULT, one) for one in results]
        if version is None:  # else its data is here, as the version that it was made from
            given += [(Role.TRAINING, training), (Role.VALIDATION, validation)]
        for role, remote_id in given:
            if isinstance(remote_id, str) and 0 < len(remote_id) <= 255:
                name = str(names.get(remote_id, {}).get("name") or "")[:255]
                yield KeptFile(connection=connection, remote_id=remote_id, role=role, filename=name)


def want_the_rest(connection: Connection, client: Client) -> str:
    """Note the account's files for fine-tuning that no fine-tune names; return why they cannot be listed, or nothing."""
    try:
        listed = {file.id[:255]: file for file in client.files()}
    except APIError as error:
        return error.message
    ours = set(Upload.objects.filter(connection=connection).values_list("remote_id", flat=True))
    results = set(ResultFile.objects.filter(fine_tune__connection=connection).values_list("remote_id", flat=True))
    known = KeptFile.objects.filter(connection=connection, remote_id__in=list(listed))
    for row in known:
        file = listed[row.remote_id]
        KeptFile.objects.filter(pk=row.pk).update(filename=file.filename[:255], purpose=file.purpose[:60])
    rest = set(listed) - ours - results - {row.remote_id for row in known}
    rows = [
        KeptFile(
            connection=connection,
            remote_id=id,
            role=Role.OTHER,
            filename=listed[id].filename[:255],
            purpose=listed[id].purpose[:60],
        )
        for id in sorted(rest)
        if listed[id].purpose.startswith("fine-tune")
    ]
    KeptFile.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return ""


def next_wanted(connection: Connection) -> KeptFile | None:
    """Return the one that was tried least often."""
    return KeptFile.objects.filter(connection=connection, state=State.WANTED).order_by("tries", "pk").first()


def fetch(row: KeptFile, client: Client) -> None:
    """Fetch one file, or note why it cannot be had. Raises APIError if it may be had later."""
    KeptFile.objects.filter(pk=row.pk).update(asked_at=timezone.now())
    try:
        if row.role == Role.RESULT:
            _fetch_result(row, client)
        else:
            _fetch_file(row, client)
    except NotFound as error:
        _miss(row, Reason.GONE, error.message)
    except (PermissionDenied, BadRequest) as error:
        _miss(row, Reason.REFUSED, error.message)
    except APIError as error:
        if row.tries + 1 >= MOST_TRIES:
            _miss(row, Reason.SILENT, error.message)
        else:
            KeptFile.objects.filter(pk=row.pk).update(tries=row.tries + 1, words=error.message)
            raise


def give_up(connection: Connection, words: str) -> None:
    """Say of all that is still wanted that the provider does not answer."""
    wanted = KeptFile.objects.filter(connection=connection, state=State.WANTED)
    wanted.update(state=State.MISSING, reason=Reason.SILENT, words=words)


def _miss(row: KeptFile, reason: KeptFile.Reason, words: str) -> None:
    KeptFile.objects.filter(pk=row.pk).update(state=State.MISSING, reason=reason, words=words)


def _fetch_file(row: KeptFile, client: Client) -> None:
    with tempfile.TemporaryFile(dir=settings.DATA) as draft:
        client.save_file(row.remote_id, draft)
        if not draft.tell():
            return _miss(row, Reason.EMPTY, "")
        draft.seek(0)
        sha256 = hashlib.sha256()
        while block := draft.read(BLOCK):
            sha256.update(block)
        size = draft.tell()
        draft.seek(0)
        # A name that follows from the row: what a killed worker left half-written is replaced.
        name = f"kept/{row.connection_id}/{row.pk}"
        default_storage.delete(name)
        stored = default_storage.save(name, File(draft))
    facts = {"content": stored, "size": size, "sha256": sha256.hexdigest()}
    KeptFile.objects.filter(pk=row.pk).update(state=State.KEPT, reason="", words="", **facts)
    return None


def _fetch_result(row: KeptFile, client: Client) -> None:
    content = client.file_content(row.remote_id)
    if not content.strip():
        return _miss(row, Reason.EMPTY, "")
    for fine_tune in _with_result(row):
        try:
            with transaction.atomic():
                keep_results(fine_tune, {row.remote_id: content})
        except IntegrityError:  # polling was quicker
            continue
    KeptFile.objects.filter(pk=row.pk).update(state=State.KEPT, reason="", words="", size=len(content))
    return None


def _with_result(row: KeptFile) -> Iterator[FineTune]:
    """Find whose results these are; a list within JSON cannot be searched in every database."""
    mine = FineTune.objects.filter(connection=row.connection_id).exclude(result_files=[])
    pks = [pk for pk, files in mine.values_list("pk", "result_files") if row.remote_id in files]
    yield from mine.filter(pk__in=pks)
