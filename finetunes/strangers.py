"""Which of a provider's fine-tunes were not started here.

A fine-tune of our own must never be taken for a stranger: it would be counted twice, and one that is
in doubt could not be found again. So none is a stranger that carries the token of one of ours that has not
been found yet, or trains on a file with which such a one was sent. What turns up after somebody has
given one up, or beside the one that was found, is a stranger: nobody should pay for it unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from finetunes.models import FineTune, Inventory
from finetunes.statuses import ENDED

TOKENS = re.compile(r"[0-9a-f]{32}")


def strangers(inventory: Inventory, jobs: Mapping[str, tuple[str | None, str | None]]) -> set[str]:
    """Return the ids of those, given with their tokens and training files, that are none of ours."""
    connection = inventory.connection
    ours = FineTune.objects.filter(organization=connection.organization_id)
    # What is in doubt is looked up first: if it is found meanwhile, it is among those that are there.
    in_doubt = ours.filter(remote_id="").exclude(status__in=ENDED)
    tokens = [token for token, _file in jobs.values() if token and TOKENS.fullmatch(token)]
    known = {token.hex for token in in_doubt.filter(token__in=tokens).values_list("token", flat=True)}
    account = {"connection__base_url": connection.base_url}
    sent = in_doubt.filter(**account, sent_at__isnull=False).exclude(training_file_id="")
    files: set[str | None] = set(sent.values_list("training_file_id", flat=True))
    there = set(ours.filter(**account, remote_id__in=list(jobs)).values_list("remote_id", flat=True))
    return {
        remote_id
        for remote_id, (token, file) in jobs.items()
        if remote_id not in there and token not in known and file not in files
    }
