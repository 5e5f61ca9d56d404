"""What a person sets for themselves."""

from __future__ import annotations

from django.conf import settings as site
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from teams import access, audit, sessions, sign_in
from teams.access import OrgRequest
from teams.forms import LooksForm, PersonForm
from teams.models import User

THEMES = {"light", "dark"}
YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def settings(request: OrgRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        context = {
            "form": form,
            "looks": LooksForm(instance=request.user),
            "sessions": sessions.of(request.user),
            "this": request.session.session_key,
        }
        return render(request, "teams/settings.html", context, status=422 if form.is_bound else 200)
    sign_in.save_person(form.save(commit=False), changed=form.changed_data, address=audit.address(request))
    messages.success(request, _("Your name and address are saved."))
    return redirect("teams:settings")


@require_POST
@access.signed_in
def look(request: OrgRequest) -> HttpResponse:
    """Keep language, dates and time zone."""
    form = LooksForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved. Everything is shown like this from now on."))
    else:
        messages.error(request, _("One of these cannot be chosen. Nothing has changed."))
    return redirect("teams:settings")


@require_POST
@access.public
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme of the person, and on this device for the pages before sign-in.

    Anything but light and dark means: as the system says.
    """
    response = redirect("teams:settings")
    choice = request.POST.get("theme", "")
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(theme=choice if choice in THEMES else "")
    if choice in THEMES:
        response.set_cookie("theme", choice, max_age=YEAR, secure=site.HTTPS, samesite="Lax")
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
