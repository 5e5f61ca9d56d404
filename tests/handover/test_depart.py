"""Owners ask for the archive of their organization, follow it, and download it while it is there."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handover import depart, pack, tasks
from handover.models import Departure
from teams.models import AuditEntry
from tests.conftest import People

PAGE = reverse("handover:export")


def asked(client: Client, **data: str) -> Departure:
    response = client.post(reverse("handover:export_start"), data)
    assert response.status_code == 302
    return Departure.objects.latest("pk")


def address(departure: Departure) -> str:
    return reverse("handover:export_download", args=[departure.public_id])


def sent(response: Any) -> bytes:
    async def gathered() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return async_to_sync(gathered)()


def test_an_owner_gets_the_whole_archive(owner_client: Client) -> None:
    departure = asked(owner_client, history="on")
    assert "Being packed" in owner_client.get(PAGE).content.decode()
    assert depart.carry_out(departure.pk)
    departure.refresh_from_db()
    page = owner_client.get(PAGE).content.decode()
    assert departure.sha256 in page
    assert address(departure) in page
    response = owner_client.get(address(departure))
    content = sent(response)
    assert hashlib.sha256(content).hexdigest() == departure.sha256
    assert int(response["Content-Length"]) == len(content)
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert list(AuditEntry.objects.values_list("action", flat=True)) == [
        "organization.exported",
        "organization.export-asked",
    ]


def test_nobody_else_gets_it(owner_client: Client, member_client: Client, outsider_client: Client) -> None:
    departure = asked(owner_client)
    depart.carry_out(departure.pk)
    assert member_client.get(PAGE).status_code == 403
    assert member_client.post(reverse("handover:export_start")).status_code == 403
    assert member_client.get(address(departure)).status_code == 403
    assert outsider_client.get(address(departure)).status_code == 404
    assert Client().get(address(departure)).status_code == 302


def test_a_second_press_asks_for_no_second_one(owner_client: Client) -> None:
    asked(owner_client)
    asked(owner_client)
    assert Departure.objects.count() == 1


def test_it_is_packed_once(owner_client: Client) -> None:
    departure = asked(owner_client)
    assert depart.carry_out(departure.pk)
    assert not depart.carry_out(departure.pk)


def test_it_goes_when_its_time_is_over(owner_client: Client) -> None:
    departure = asked(owner_client)
    depart.carry_out(departure.pk)
    name = str(Departure.objects.get().file)
    Departure.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert owner_client.get(address(departure)).status_code == 404
    tasks.ring()
    assert not default_storage.exists(name)
    assert "Expired" in owner_client.get(PAGE).content.decode()


def test_a_full_disk_is_tried_again_and_then_said(owner_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    departure = asked(owner_client)

    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(depart, "pack", full)
    for _ in range(depart.MOST_ATTEMPTS):
        Departure.objects.filter(state="packing").update(due_at=timezone.now())
        depart.carry_out(departure.pk)
    assert "No space left on device" in owner_client.get(PAGE).content.decode()
    assert Departure.objects.get().state == Departure.State.FAILED


def test_a_file_that_changes_meanwhile_is_packed_anew(
    owner_client: Client, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    departure = asked(owner_client)
    monkeypatch.setattr(depart, "pack", lambda *_args, **_options: (_ for _ in ()).throw(pack.Changed("x")))
    depart.carry_out(departure.pk)
    assert Departure.objects.get().due_at is not None
    monkeypatch.undo()


def test_its_progress_is_written_down(owner_client: Client) -> None:
    departure = asked(owner_client)
    claimed = Departure.objects.claim(departure.pk, 30)
    assert claimed is not None
    told = depart._Told(claimed)
    told(3, 9)
    assert list(Departure.objects.values_list("done", "whole")) == [(3, 9)]
    fragment = owner_client.get(PAGE, headers={"HX-Request": "true", "HX-Target": "departures"}).content.decode()
    assert 'max="9" value="3"' in fragment
    assert "<html" not in fragment
