"""One step in the life of a fine-tune, whatever it is: the only thing that background work does."""

from __future__ import annotations

from finetunes import cancel, create, ingest
from finetunes.holding import SECONDS
from finetunes.models import FineTune, Polling
from finetunes.statuses import Status
from openai_api.client import Client


def advance(pk: int, client: Client | None = None) -> bool:
    """Claim the fine-tune and take its next step; False if it is not due or somebody else is at it.

    One that makes us stumble is put off, so that it cannot stop the others.
    """
    fine_tune = FineTune.objects.claim(pk, SECONDS)
    if fine_tune is None:
        return False
    if quiet_until := Polling.objects.quiet_until(fine_tune.connection_id):
        fine_tune.release(due_at=quiet_until)
        return False
    try:
        if client is not None:
            _step(fine_tune, client)
        else:
            with fine_tune.client() as own:
                _step(fine_tune, own)
    except Exception as error:
        ingest.poisoned(fine_tune, error)
    return True


def _step(fine_tune: FineTune, client: Client) -> None:
    if fine_tune.status == Status.AWAITING_APPROVAL and fine_tune.cancel_requested_at is None:
        fine_tune.release()
    elif not fine_tune.remote_id:
        create.send(fine_tune, client)
    elif _should_cancel(fine_tune) and not cancel.carry_out(fine_tune, client):
        return
    else:
        ingest.poll(fine_tune, client)


def _should_cancel(fine_tune: FineTune) -> bool:
    wished = fine_tune.cancel_requested_at is not None and not fine_tune.has_ended
    return wished and fine_tune.status != Status.CANCELLING
