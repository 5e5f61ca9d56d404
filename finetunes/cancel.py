"""Cancel a fine-tune: what was not sent yet never will be, what was sent is cancelled at the provider."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from finetunes.backoff import soon
from finetunes.models import FineTune
from finetunes.statuses import ENDED
from finetunes.trouble import note
from openai_api.client import Client
from openai_api.errors import APIError, RateLimited, StatusError


def request(fine_tune: FineTune) -> bool:
    """Note the wish, due at once; False if it came too late or was noted before."""
    open_ones = FineTune.objects.filter(pk=fine_tune.pk, cancel_requested_at=None).exclude(status__in=ENDED)
    now = timezone.now()
    return bool(open_ones.update(cancel_requested_at=now, due_at=now, revision=F("revision") + 1))


def carry_out(fine_tune: FineTune, client: Client) -> bool:
    """Tell the provider; True when that is done and the fine-tune can be polled as usual.

    A refusal (it has just ended, as a rule) drops the wish: the next poll shows how things really are.
    """
    try:
        client.cancel_fine_tune(fine_tune.remote_id)
    except APIError as error:
        if not _is_refusal(error):
            note(fine_tune, error)
            return False
        fine_tune.release(due_at=soon(0), cancel_requested_at=None, trouble=error.message)
        return False
    return True


def _is_refusal(error: APIError) -> bool:
    return isinstance(error, StatusError) and not error.may_have_happened and not isinstance(error, RateLimited)
