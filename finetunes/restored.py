"""After a backup was restored: what it holds as not sent may have been sent after it was made.

So nothing is sent before its provider was asked. A fine-tune without `sent_at` that has a `doubt_until` is looked for
among the provider's jobs once its files are there (create.py); a file without `sent_at` gets one, and is looked for by
its name (upload.py). What the backup does not know at all is found by the import of what was started elsewhere.
"""

from __future__ import annotations

from django.utils import timezone

from finetunes.models import FineTune, Upload
from finetunes.statuses import ENDED


def doubt_what_was_not_sent() -> int:
    """Mark all that may have been sent since, in one statement each; return how many fine-tunes that are."""
    now = timezone.now()
    Upload.objects.filter(remote_id="", sent_at=None).update(sent_at=now)
    unsent = FineTune.objects.filter(remote_id="", sent_at=None, imported_at=None).exclude(status__in=ENDED)
    return unsent.update(doubt_until=now)
