"""Ask the provider whether a fine-tune that we sent is there.

Two rules, neither of which depends on anybody's clock:

- Where the dialect has metadata, the job whose metadata carries our token is ours.
- Elsewhere, and where a provider drops metadata, a job is ours if it trains on the file that we uploaded
  under a name of its own, was not there before we sent, carries nobody's token, and is not known by its
  id as another fine-tune of this connection. Creates on one file are serialized (`Upload.creating`),
  so there is never a second candidate of ours. Base and settings are not compared: providers
  resolve them to other words, and not recognizing a job would be worse than recognizing too much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from finetunes.models import FineTune, Upload
from openai_api.client import Client
from openai_api.dialects import traits
from openai_api.types import RemoteFineTune

ENOUGH = 200
"""Jobs older than our file, one after the other, after which the rest is older too."""
TOKEN = "tunedeck"  # noqa: S105 (a metadata key, no secret)


def find(client: Client, fine_tune: FineTune) -> RemoteFineTune | None:
    """Return the provider's job for this intent, or None if it has none."""
    token = fine_tune.token.hex
    if traits(fine_tune.dialect).metadata:
        for job in client.fine_tunes(metadata={TOKEN: token}):
            if job.metadata.get(TOKEN) == token:
                return job
    return _unclaimed((job for job in _recent(client, fine_tune) if _could_be(job, fine_tune)), fine_tune)


def on_file(client: Client, training_file: str) -> list[str]:
    """Return the ids of all jobs that already train on this file."""
    return [job.id for job in client.fine_tunes() if job.training_file == training_file]


def _recent(client: Client, fine_tune: FineTune) -> Iterator[RemoteFineTune]:
    """Go through the jobs that can be newer than our file; both times are the provider's own.

    Lists come newest first, but for some that are out of order: it takes many old ones in a row to end them.
    """
    upload = Upload.objects.filter(connection=fine_tune.connection, remote_id=fine_tune.training_file_id).first()
    oldest = upload.remote_created_at - timedelta(hours=1) if upload and upload.remote_created_at else None
    in_a_row = 0
    for job in client.fine_tunes():
        if not oldest or not job.created_at or job.created_at >= oldest:
            in_a_row = 0
            yield job
        elif (in_a_row := in_a_row + 1) >= ENOUGH and traits(fine_tune.dialect).newest_first:
            return


def _could_be(job: RemoteFineTune, fine_tune: FineTune) -> bool:
    token = job.metadata.get(TOKEN)
    if token:
        return token == fine_tune.token.hex
    return job.training_file == fine_tune.training_file_id and job.id not in fine_tune.known_before


def _unclaimed(jobs: Iterable[RemoteFineTune], fine_tune: FineTune) -> RemoteFineTune | None:
    for job in jobs:
        others = FineTune.objects.filter(connection=fine_tune.connection, remote_id=job.id).exclude(pk=fine_tune.pk)
        if not others.exists():
            return job
    return None
