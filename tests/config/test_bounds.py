"""How much each address of the dashboard takes, through the server that people run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.asgi import get_asgi_application
from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import resolve

from config import bounds
from tests.work.served import head, said, served
from work.bounds import FORM_BYTES, Bounds

HUGE = 10**12
FORM = 8 << 20


@pytest.fixture(scope="module")
def dashboard() -> Iterator[int]:
    """No test here may ask the database: what is too large costs nothing."""
    with served(Bounds(get_asgi_application(), bounds.most)) as port:
        yield port


@pytest.mark.parametrize(
    ("path", "most"),
    [("/datasets/upload/", "1,025"), ("/evaluations/new/sheet/", "65"), ("/datasets/recipes/", "8"), ("/no/", "8")],
)
def test_a_page_says_how_much_is_taken(dashboard: int, path: str, most: str) -> None:
    answer = said(dashboard, head(path, HUGE))
    assert answer.startswith("HTTP/1.1 413")
    assert f"At most {most} MB are taken here at once." in answer
    assert "content-security-policy" in answer.lower()
    assert "x-request-id" in answer.lower()


def test_htmx_gets_the_same_status(dashboard: int) -> None:
    assert said(dashboard, head("/datasets/upload/", HUGE, "HX-Request: true")).startswith("HTTP/1.1 413")


def test_whoever_asks_for_data_gets_data(dashboard: int) -> None:
    answer = said(dashboard, head("/datasets/upload/", HUGE, "Accept: application/json"))
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
