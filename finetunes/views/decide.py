"""What a person decides about a fine-tune that was sent and that its provider does not know of."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from finetunes import cancel, doubt, tasks
from finetunes.models import FineTune
from finetunes.views.detail import fetch
from teams import access, audit
from teams.access import OrgRequest


@require_http_methods(["GET", "HEAD", "POST"])
@access.member
def fine_tune_decide(request: OrgRequest, pk: int) -> HttpResponse:
    """Show what is known and what each answer means; take the answer."""
    fine_tune = fetch(request, pk)
    if not fine_tune.awaits_decision:
        messages.info(request, _("There is nothing to decide any more."))
        return redirect(fine_tune)
    if request.method == "POST" and _take(request, fine_tune):
        tasks.advance_soon(fine_tune)
        return redirect(fine_tune)
    return render(request, "finetunes/decide.html", {"fine_tune": fine_tune})


def _take(request: OrgRequest, fine_tune: FineTune) -> bool:
    """Carry out an answer and write it down, with what was known at that time; False for a strange one."""
    answer = request.POST.get("answer")
    if answer == "send-again" and doubt.send_again(fine_tune):
        _write_down(request, "fine-tune.sent-again", fine_tune)
        messages.info(request, _("The provider is asked once more, then the fine-tune is sent again."))
    elif answer == "give-up" and cancel.request(fine_tune):
        _write_down(request, "fine-tune.given-up", fine_tune)
        messages.info(request, _("The provider is asked once more, then the fine-tune is given up."))
    return answer in ("send-again", "give-up")


def _write_down(request: OrgRequest, action: str, fine_tune: FineTune) -> None:
    sent, denied = (moment.isoformat() if moment else None for moment in (fine_tune.sent_at, fine_tune.denied_at))
    heard = {"sent_at": sent, "asked": fine_tune.denials, "denied_at": denied, "said": fine_tune.last_words}
    audit.record(request, action, fine_tune, **heard)
