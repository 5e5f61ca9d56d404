"""The only permission gates: every view names the least that a person must be to use it.

`viewer`, `member` and `owner` ask for sign-in, find the person's active organization, and put `organization`
and `membership` on the request. Objects are then fetched with `.of(request.organization)`, so another
organization's object is a 404. `signed_in` asks for no organization, `public` for nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from teams import second_step
from teams.models import Membership, Organization, Role, User
from work import trace
from work.prepared import Prepared

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

P = ParamSpec("P")
ACTIVE = "organization_id"
PUBLIC, SIGNED_IN = "public", "signed in"


def _memberships(user: int) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user).select_related("organization")


_FIRST = Prepared(lambda user: _memberships(user)[:1])
_IN = Prepared(lambda user, organization: _memberships(user).filter(organization=organization))


class OrgRequest(HttpRequest):
    """A request that has passed a gate."""

    user: User
    organization: Organization
    membership: Membership
    htmx: HtmxDetails


View = Callable[Concatenate[OrgRequest, P], Any]


def viewer(view: View[P]) -> View[P]:
    return _gate(view, Role.VIEWER)


def member(view: View[P]) -> View[P]:
    return _gate(view, Role.MEMBER)


def owner(view: View[P]) -> View[P]:
    return _gate(view, Role.OWNER)


def signed_in(view: View[P]) -> View[P]:
    """Let in whoever is signed in; `organization` is there only if they belong to one."""
    return _gate(view, None)


def public(view: Callable[P, Any]) -> Callable[P, Any]:
    """Mark a view that anybody may use."""
    view.least_role = PUBLIC  # type: ignore[attr-defined]
    return view


def active_membership(request: HttpRequest) -> Membership | None:
    """Return the signed-in person's membership in the organization they chose last, else their first one."""
    user, chosen = request.user.pk or 0, request.session.get(ACTIVE)
    found = _IN.first(user, chosen) if isinstance(chosen, int) else None
    found = found or _FIRST.first(user)
    if found is not None:
        found.user = request.user  # type: ignore[assignment]
    return found


def choose(request: HttpRequest, membership: Membership) -> None:
    request.session[ACTIVE] = membership.organization_id


def _gate(view: View[P], role: Role | None) -> View[P]:
    @wraps(view)
    def gated(request: OrgRequest, *args: P.args, **kwargs: P.kwargs) -> Any:
        return refusal(request, role) or view(request, *args, **kwargs)

    marked: Any = gated
    marked.least_role = role or SIGNED_IN
    return marked  # type: ignore[no-any-return]


def refusal(request: OrgRequest, role: Role | None) -> HttpResponseBase | None:
    """Return the answer for somebody who may not pass, or None after marking the request."""
    user: AbstractBaseUser | AnonymousUser = request.user
    if not user.is_authenticated:
        return redirect_to_login(_way_back(request))
    trace.bind(person=user.pk)
    membership = active_membership(request)
    if membership is not None and _lacks_second_step(membership):
        # Not even its name in the sidebar; pages of one's own stay open.
        return None if role is None else _ask_for_second_step(request, membership)
    if membership is not None:
        trace.bind(organization=membership.organization_id)
        request.organization, request.membership = membership.organization, membership
    if role is None:
        return None
    if membership is None:
        return render(request, "teams/no_organization.html", status=403)
    if not membership.at_least(role):
        return render(request, "teams/refused.html", {"needed": role, "owners": _owners(membership)}, status=403)
    return None


def _lacks_second_step(membership: Membership) -> bool:
    return membership.organization.requires_second_step and not second_step.is_set_up(membership.user)


def _ask_for_second_step(request: OrgRequest, membership: Membership) -> HttpResponseBase:
    others = membership.user.memberships.exclude(pk=membership.pk).exists()
    context = {"wanting": membership.organization, "others": others}
    return render(request, "teams/second_step_wanted.html", context, status=403)


def _owners(membership: Membership) -> QuerySet[Membership]:
    """Whom to ask."""
    owners = Membership.objects.filter(organization=membership.organization_id, role=Role.OWNER, user__is_active=True)
    return owners.select_related("user")


def _way_back(request: OrgRequest) -> str:
    """Return the page to show after sign-in: never a fragment, and never an address that only takes a POST."""
    if request.htmx:
        return request.htmx.current_url_abs_path or reverse("home")
    return request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("home")
