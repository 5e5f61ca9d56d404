"""How much each address of the dashboard takes, through the server that people run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import resolve

from config import bounds
from teams.models import User
from tests.conftest import People, signed_in
from tests.work.served import head, said, served
from work.bounds import FORM_BYTES, Bounds
from work.serving import OneThread

HUGE = 10**12
FORM = 8 << 20


@pytest.fixture(scope="module")
def dashboard() -> Iterator[int]:
    """Only who may upload is asked of the database: what is too large for a form costs nothing."""
    with served(Bounds(OneThread(4, at_once=4), bounds.most, bounds.may)) as port:
        yield port


@pytest.mark.parametrize(
    ("path", "most"),
    [("/datasets/upload/", "1,025"), ("/evaluations/new/sheet/", "65"), ("/datasets/recipes/", "8"), ("/no/", "8")],
)
@pytest.mark.django_db(transaction=True)
def test_a_page_says_how_much_is_taken(dashboard: int, people: People, path: str, most: str) -> None:
    answer = said(dashboard, head(path, HUGE, cookie(people.member)))
    assert answer.startswith("HTTP/1.1 413")
    assert f"At most {most} MB are taken here at once." in answer
    assert "content-security-policy" in answer.lower()
    assert "x-request-id" in answer.lower()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [HUGE, 9 << 20, "chunked"])
def test_whoever_may_not_upload_is_told_that_before_anything_is_read(
    dashboard: int, people: People, size: int | str
) -> None:
    answer = said(dashboard, head("/datasets/upload/", size, cookie(people.viewer)))
    assert answer.startswith("HTTP/1.1 403")
    assert "member or owner" in answer.lower() or "role" in answer.lower()
    answer = said(dashboard, head("/datasets/upload/", size))
    assert answer.startswith("HTTP/1.1 302")
    assert "location: /accounts/login/" in answer.lower()


@pytest.mark.django_db(transaction=True)
def test_a_file_of_whoever_may_upload_is_read(dashboard: int, people: People) -> None:
    """Without the form's token it is refused afterwards, by the page that says so."""
    answer = said(dashboard, head("/datasets/upload/", 3, cookie(people.member)) + b"abc")
    assert answer.startswith("HTTP/1.1 403")
    assert "connection: close" not in answer.lower()


def cookie(user: User) -> str:
    return f"Cookie: {settings.SESSION_COOKIE_NAME}={signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value}"


def test_htmx_gets_the_same_status(dashboard: int) -> None:
    assert said(dashboard, head("/datasets/recipes/", HUGE, "HX-Request: true")).startswith("HTTP/1.1 413")


def test_whoever_asks_for_data_gets_data(dashboard: int) -> None:
    answer = said(dashboard, head("/datasets/recipes/", HUGE, "Accept: application/json"))
    assert json.loads(answer.partition("\n\n")[2])["error"] == "That is too large."


def test_a_form_is_cut_off_without_a_length_too(dashboard: int) -> None:
    answer = said(dashboard, head("/accounts/login/", "chunked"), chunk=b"x" * (1 << 20), times=9)
    assert answer.startswith("HTTP/1.1 413")


def test_an_address_takes_its_file_and_the_form_around_it(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES, settings.EVALUATION_MAX_BYTES = 50 << 20, 1 << 20
    assert bounds.most("/datasets/upload/") == (50 << 20) + FORM_BYTES
    assert bounds.most("/evaluations/new/sheet/") == FORM  # never less than a form


def test_the_addresses_that_take_a_file_are_the_ones_of_the_product() -> None:
    assert {resolve(path).view_name for path in ("/datasets/upload/", "/evaluations/new/sheet/")} == set(bounds.UPLOADS)


def test_a_form_has_so_many_fields_and_files_at_most() -> None:
    fields = {f"field-{number}": "x" for number in range(1001)}
    with pytest.raises(TooManyFieldsSent):
        RequestFactory().post("/", fields).POST  # noqa: B018
    files = {f"file-{number}": SimpleUploadedFile("a", b"x") for number in range(5)}
    with pytest.raises(TooManyFilesSent):
        RequestFactory().post("/", files).FILES  # noqa: B018
