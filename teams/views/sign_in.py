"""Sign in once by a link, and set a password afterwards."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from teams import access, audit, sign_in, throttle
from teams.access import OrgRequest
from teams.forms import NewPasswordForm, PersonForm
from teams.models import LinkState, SignInLink


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access.public
def by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Show one button: programs that preview links only GET, and so do not use the link up."""
    link = SignInLink.objects.for_secret(secret).select_related("user").first()
    if link is None or link.state != LinkState.OPEN:
        return _closed(request, link)
    if request.method != "POST":
        return render(request, "teams/sign_in_link.html", {"person": link.user})
    if not throttle.by_address(request, "sign-in-link"):
        return throttle.too_many(request)
    way_on = sign_in.by_link(request, link)
    if way_on is None:
        link.refresh_from_db()
        return _closed(request, link)
    _note(request, link)
    return way_on


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access.signed_in
def set_password(request: OrgRequest) -> HttpResponse:
    if not sign_in.may_set_password(request, request.user):
        return redirect("account_change_password")
    first = not request.user.has_usable_password()
    form = NewPasswordForm(request.user, request.POST or None)
    person = PersonForm(request.POST or None, instance=request.user) if first else None
    if not form.is_valid() or (person and not person.is_valid()):
        context = {"form": form, "person": person}
        return render(request, "teams/set_password.html", context, status=422 if form.is_bound else 200)
    if person:
        sign_in.save_person(person.save(commit=False), changed=person.changed_data, address=audit.address(request))
    form.save()
    sign_in.password_was_set(request, request.user)
    messages.success(
        request, _("Your password is set. From now on you sign in with %(email)s.") % {"email": request.user.email}
    )
    return redirect("home")


def _closed(request: HttpRequest, link: SignInLink | None) -> HttpResponse:
    context = {"kind": "sign-in", "state": link.state if link else "unknown"}
    return render(request, "teams/link_closed.html", context, status=410 if link else 404)


def _note(request: HttpRequest, link: SignInLink) -> None:
    for membership in link.user.memberships.select_related("organization"):
        audit.note(membership.organization, "sign-in-link.used", link.user, actor=link.user, address=audit.address(request))
