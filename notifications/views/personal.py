"""What a person wants to hear of, and how."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from notifications import mail
from notifications.forms import PreferenceForm
from notifications.models import Preference
from teams import access, audit, throttle
from teams.access import OrgRequest
from teams.invitations import mail_is_configured
from teams.models import Membership, Role


@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def preferences(request: OrgRequest) -> HttpResponse:
    preference = Preference.objects.filter(user=request.user).first() or Preference(user=request.user)
    is_owner = Membership.objects.filter(user=request.user, role=Role.OWNER).exists()
    form = PreferenceForm(request.POST or None, preference=preference, is_owner=is_owner)
    if request.method == "POST" and form.is_valid():
        changed = audit.changes(form, form.fields)
        form.keep()
        audit.note_for(request.user, "preferences.changed", address=audit.address(request), **changed)
        messages.success(request, _("What you are told is saved."))
        return redirect("notifications:preferences")
    return render(request, "notifications/preferences.html", {"form": form, "mail": mail_is_configured()})


@require_POST
@access.signed_in
def test_mail(request: OrgRequest) -> HttpResponse:
    """Send a mail to the person now, and say what came of it."""
    if not throttle.allow("test-mail", request.user.pk, times=5, seconds=60):
        return throttle.too_many(request)
    if not mail_is_configured():
        messages.error(request, _("This server has no mail set up. Whoever runs it can set EMAIL_HOST."))
        return redirect("notifications:preferences")
    try:
        mail.send_test(request.user)
    except OSError as error:
        messages.error(request, _("The mail could not be sent: %(reason)s") % {"reason": error})
    else:
        said = _("The mail server took a mail to %(email)s. Look whether it arrives.")
        messages.success(request, said % {"email": request.user.email})
    return redirect("notifications:preferences")
