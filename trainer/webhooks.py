"""Webhooks: who wants to be told of the end of a job, and the messages that tell it.

A message is a row, written in the transaction that ends the job; trainer.deliver takes it from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import orjson

from trainer import ids
from trainer.models import Delivery, Endpoint, Job, Organization, Status
from work.hosts import is_link_local, may_be_called
from work.signing import new_secret

EVENTS = {status: f"fine_tuning.job.{status.value}" for status in (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)}


class BadAddress(Exception):
    """Nothing can be sent there; the message says why."""


def register(organization: Organization, url: str, events: Sequence[str] = ()) -> tuple[Endpoint, str]:
    """Return a new endpoint, for all events if none is named, and its secret, which nobody is shown again."""
    check(url)
    secret = new_secret()
    wanted = list(events or EVENTS.values())
    return Endpoint.objects.create(organization=organization, url=url, events=wanted, secret=secret), secret


def check(url: str) -> None:
    """Raise BadAddress unless it is an http(s) address that may be called: any but a link-local one."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 — reading it is what checks it
    except ValueError:
        raise BadAddress("This is not an address.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadAddress("The address must begin with https:// (or http:// within your own network).")
    if parts.username or parts.password or parts.fragment:
        raise BadAddress("Leave name, password and what follows “#” out of the address.")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise BadAddress("The address has a space or an invisible character in it.")
    if is_link_local(parts.hostname):
        raise BadAddress("A link-local address cannot receive webhooks: a cloud tells a machine its own secrets there.")
    if not may_be_called(parts.hostname, parts.port):
        raise BadAddress("Addresses of private networks are closed to webhooks on this server.")


def announce(job: Job, status: Status, at: datetime) -> None:
    """Write the messages of a job's end, one for each endpoint that wants it; writing them again changes nothing."""
    if job.legacy:
        return
    wanted = (end for end in Endpoint.objects.filter(organization=job.organization_id) if EVENTS[status] in end.events)
    body = _body(job, status, at)
    rows = [Delivery(endpoint=endpoint, job=job, body=body, created_at=at, due_at=at) for endpoint in wanted]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def _body(job: Job, status: Status, at: datetime) -> str:
    event = {
        "id": ids.derived("evt_", job.public_id, status),
        "object": "event",
        "created_at": int(at.timestamp()),
        "type": EVENTS[status],
        "data": {"id": job.public_id},
    }
    return orjson.dumps(event).decode()
