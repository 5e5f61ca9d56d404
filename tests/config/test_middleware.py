"""What every answer gets: caches told apart, messages beside fragments, redirects that the page follows."""

from __future__ import annotations

import pytest
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as product

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

HTMX = {"HX-Request": "true", "HX-Target": "part"}


def fragment(request: HttpRequest) -> HttpResponse:
    messages.success(request, "Saved <b>it</b>")
    return HttpResponse("<p id='part'>new</p>")


def silent(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p id='part'>new</p>")


def page(request: HttpRequest) -> HttpResponse:
    messages.success(request, "Saved")
    return HttpResponse("<!doctype html>\n<html lang='en'></html>")


def data(request: HttpRequest) -> HttpResponse:
    messages.success(request, "Saved")
    return JsonResponse({})


def away(request: HttpRequest) -> HttpResponse:
    messages.success(request, "Saved")
    response = redirect("/silent/")
    response.set_cookie("kept", "yes")
    return response


urlpatterns = [
    *product,
    path("fragment/", fragment),
    path("silent/", silent),
    path("page/", page),
    path("data/", data),
    path("away/", away),
]


def test_messages_ride_beside_a_fragment(client: Client) -> None:
    content = client.get("/fragment/", headers=HTMX).content.decode()
    assert content.startswith("<p id='part'>new</p>")
    assert 'hx-swap-oob="innerHTML:#messages"' in content
    assert "Saved &lt;b&gt;it&lt;/b&gt;" in content


def test_a_message_is_shown_once(client: Client) -> None:
    client.get("/fragment/", headers=HTMX)
    assert b"Saved" not in client.get("/silent/", headers=HTMX).content


def test_without_messages_a_fragment_stays_as_it_is(client: Client) -> None:
    assert client.get("/silent/", headers=HTMX).content == b"<p id='part'>new</p>"


@pytest.mark.parametrize("address", ["/page/", "/data/"])
def test_pages_and_data_are_left_alone(client: Client, address: str) -> None:
    assert b"swap-oob" not in client.get(address, headers=HTMX).content


def test_without_htmx_nothing_rides_along(client: Client) -> None:
    assert client.get("/fragment/").content == b"<p id='part'>new</p>"


def test_a_redirect_becomes_one_that_the_page_follows(client: Client) -> None:
    answer = client.post("/away/", headers=HTMX)
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/silent/"
    assert "Location" not in answer.headers
    assert answer.cookies["kept"].value == "yes"


def test_the_message_of_a_redirect_waits_for_the_next_page(client: Client) -> None:
    client.post("/away/", headers=HTMX)
    assert b"Saved" in client.get("/accounts/login/").content


def test_without_htmx_a_redirect_stays_one(client: Client) -> None:
    assert client.post("/away/").headers["Location"] == "/silent/"


@pytest.mark.parametrize("address", ["/fragment/", "/page/"])
def test_caches_keep_fragments_and_pages_apart(client: Client, address: str) -> None:
    vary = client.get(address).headers["Vary"]
    assert "HX-Request" in vary
    assert "HX-Target" in vary


@pytest.mark.parametrize("address", ["/silent/?q=a%00b", "/silent/?%00=a", "/sil\0ent/", "/?q=%00"])
def test_an_address_with_a_character_that_no_database_compares_is_refused(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert b"could not be understood" in answer.content
