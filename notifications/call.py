"""Tell another program: a signed webhook, or a message in the shape that Slack and its likes take."""

from __future__ import annotations

import time
import uuid

import httpx
import orjson
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from connections.address import BadAddress, check_target
from notifications import words
from notifications.kinds import EVENTS, Kind
from notifications.models import Hook, Notification
from work import outward, thread
from work.signing import headers

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
IN_TIME = {outward.SECONDS: 10.0}


class NotTaken(Exception):
    """The receiver did not take it; the message says what happened, without the address."""


def message(hook: Hook, notification: Notification) -> str:
    """Return the body of the request as JSON."""
    address = settings.SITE_ADDRESS + reverse("notifications:open", args=[notification.pk])
    if hook.style == Hook.Style.SLACK:
        link = f"<{address}|{_('Open in Tunedeck')}>"
        lines = [f"*{_escape(words.title(notification))}*", _escape(words.text(notification)), link]
        return orjson.dumps({"text": "\n".join(line for line in lines if line)}).decode()
    body = {
        "type": f"tunedeck.{EVENTS[Kind(notification.kind)]}",
        "timestamp": notification.created_at.isoformat(),
        "data": {"title": words.title(notification), "url": address, **notification.facts},
    }
    return orjson.dumps(body).decode()


def sample_message(hook: Hook) -> str:
    said = _("This is a test from Tunedeck. Whoever reads it will be told of what happens to your fine-tunes.")
    if hook.style == Hook.Style.SLACK:
        return orjson.dumps({"text": said}).decode()
    return orjson.dumps({"type": "tunedeck.test", "data": {"title": said}}).decode()


def call(hook: Hook, body: str, public_id: uuid.UUID, transport: httpx.BaseTransport | None = None) -> str:
    """Post the body once and return what was answered; raise NotTaken unless that is a success."""
    try:
        check_target(hook.url)
        status = _post(hook, body, f"msg_{public_id.hex}", transport)
    except BadAddress as error:
        raise NotTaken(str(error)) from None
    except httpx.TimeoutException:
        raise NotTaken(_("no answer in time")) from None
    except httpx.HTTPError:
        raise NotTaken(_("could not be reached")) from None
    if not 200 <= status < 300:
        raise NotTaken(f"HTTP {status}")
    return f"HTTP {status}"


def _post(hook: Hook, body: str, public_id: str, transport: httpx.BaseTransport | None) -> int:
    """Return the status of the answer; its body is not read, and a redirect is not followed."""
    sent = (
        headers(public_id, body, hook.secret, int(time.time()))
        if hook.style == Hook.Style.STANDARD
        else {"content-type": "application/json", "user-agent": "Tunedeck-Webhooks"}
    )
    thread.give_seat_back()
    with (
        outward.client(TIMEOUT, transport) as client,
        client.stream("POST", hook.url, content=body.encode(), headers=sent, extensions=IN_TIME) as response,
    ):
        return response.status_code


def _escape(text: str) -> str:
    """The three signs that Slack gives a meaning to."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
