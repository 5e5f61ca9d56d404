"""The browsers in which a person is signed in: seen, listed, ended by hand, and ended by themselves in time."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import Any

from allauth.usersessions.models import UserSession
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from teams import looks
from teams.models import User
from work.prepared import Prepared

SINCE, SEEN = "signed_in_at", "seen_at"
TOUCH_EVERY = 60  # seconds
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
NAMES = {"Edg": "Edge", "OPR": "Opera"}
SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")
_WITH_NUMBER = Prepared(lambda pk: User.objects.filter(pk=pk))


class SignedIn(AuthenticationMiddleware):
    """Django's own, but a session that has lasted long enough, or lain idle, signs nobody in."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(partial(person_of, request))  # type: ignore[assignment]
        request.auser = sync_to_async(partial(person_of, request))


def person_of(request: HttpRequest) -> User | AnonymousUser:
    """Return who is signed in, after a look at the clock; asked for once a request."""
    if not hasattr(request, "_person"):
        user: Any = _meant_by(request)
        if user.is_authenticated and not _still_good(request, user):
            request.session.flush()
            user = AnonymousUser()
        looks.put_on(request, user)
        request._person = user  # type: ignore[attr-defined]
    return request._person  # type: ignore[attr-defined, no-any-return]


def _meant_by(request: HttpRequest) -> User | AnonymousUser | AbstractBaseUser:
    """Return whom the session names, found by a prepared query; if it does not hold in every point Django looks itself."""
    session = request.session
    number, backend, known = (session.get(key, "") for key in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY))
    if number and known and backend in settings.AUTHENTICATION_BACKENDS:
        user = _WITH_NUMBER.first(int(number))
        if user and user.is_active and constant_time_compare(known, user.get_session_auth_hash()):
            return user
    return auth.get_user(request)


def begin(request: HttpRequest) -> None:
    request.session[SINCE] = request.session[SEEN] = int(time.time())


def _still_good(request: HttpRequest, user: User) -> bool:
    now, entered = int(time.time()), int(user.last_login.timestamp()) if user.last_login else 0
    since, seen = request.session.get(SINCE, entered), request.session.get(SEEN, entered)
    if now - since > settings.SESSION_HOURS * 3600 or now - seen > settings.SESSION_IDLE_HOURS * 3600:
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        return False
    if now - seen >= TOUCH_EVERY and _is_a_persons_doing(request):
        request.session[SINCE], request.session[SEEN] = since, now
        UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())
    return True


def _is_a_persons_doing(request: HttpRequest) -> bool:
    """Pages that look for news by themselves keep nobody signed in."""
    return request.method == "POST" or request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def of(user: User) -> list[UserSession]:
    """Return the person's sessions, the one used last first; those that have ended are forgotten."""
    found: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(found, key=lambda one: one.last_seen_at, reverse=True)


def end(user: User, *, but: str | None = None, only: int | None = None) -> int:
    """End the person's sessions, but not the one with this key, or only the one with this number; return how many."""
    found = UserSession.objects.filter(user=user).exclude(session_key=but or "")
    ending = list(found if only is None else found.filter(pk=only))
    for session in ending:
        session.end()
    return len(ending)


def device(agent: str) -> str:
    """Return what a browser says of itself in words, such as “Firefox on Windows”."""
    browser = next((NAMES.get(name, name) for name in BROWSERS if f"{name}/" in agent), "")
    system = next((name for name in SYSTEMS if re.search(rf"\b{name}", agent)), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")
