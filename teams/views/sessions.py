"""End one's own sessions in other browsers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from teams import access, audit, sessions
from teams.access import OrgRequest


@require_POST
@access.signed_in
def end(request: OrgRequest) -> HttpResponse:
    """End the session that is named, or all but this one."""
    named = request.POST.get("session", "")
    only = int(named) if named.isdecimal() else None
    number = sessions.end(request.user, but=request.session.session_key, only=only)
    if number == 0:
        messages.info(request, _("There was nothing to end."))
    else:
        audit.note_for(request.user, "session.ended", address=audit.address(request), number=number)
        messages.success(request, ngettext("%(n)s session is ended.", "%(n)s sessions are ended.", number) % {"n": number})
    return redirect("teams:settings")
