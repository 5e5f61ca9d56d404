"""The words for a fine-tune that is not at its provider yet, as far as anybody knows."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from finetunes import words
from finetunes.models import FineTune, Upload
from finetunes.upload import LONGEST_READING


def doubtful(fine_tune: FineTune) -> str:
    """Say what is being done about a fine-tune that was sent and got no answer."""
    values = {"provider": fine_tune.connection, "words": fine_tune.trouble}
    if fine_tune.trouble:
        return _("%(provider)s cannot be asked yet whether it arrived. %(words)s") % values
    if fine_tune.cancel_requested_at is not None:
        return _("%(provider)s is asked whether it arrived, to cancel it there.") % values
    if fine_tune.resend_requested_at is not None:
        return _("%(provider)s is asked once more, then it is sent again.") % values
    if fine_tune.needs_decision:
        return _("%(provider)s says that it has no such fine-tune. It waits for somebody to decide.") % values
    return _("%(provider)s is asked whether it arrived before anything is sent again.") % values


def waiting_for_files(fine_tune: FineTune) -> str:
    """Say what keeps a fine-tune from being sent."""
    other = _in_the_way(fine_tune)
    if other is not None:
        text = _("It waits until it is known whether “%(other)s”, which trains on the same file, was started.")
        return text % {"other": other}
    uploads = Upload.objects.filter(version=fine_tune.training_version_id, connection=fine_tune.connection_id, ready=False)
    sent = uploads.exclude(remote_id="").order_by("sent_at").values_list("sent_at", flat=True).first()
    if sent is None:
        return _("The provider is reading the files.")
    times = [words.duration((timezone.now() - sent).total_seconds()), words.duration(LONGEST_READING)]
    return _("The provider has been reading the files for %(time)s; after %(longest)s it is given up.") % dict(
        zip(("time", "longest"), times, strict=True)
    )


def _in_the_way(fine_tune: FineTune) -> FineTune | None:
    upload = Upload.objects.reserved_before(fine_tune).select_related("creating").first()
    return upload.creating if upload else None
