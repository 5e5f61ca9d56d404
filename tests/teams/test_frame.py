"""What is around every page: the sidebar, the pages of errors, the fields of forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as product
from teams.forms import Styled
from tests.conftest import People, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret of the inside")


urlpatterns = [*product, path("broken/", broken)]


class TestTheSidebar:
    def test_shows_owners_everything(self, owner_client: Client) -> None:
        page = owner_client.get("/team/").content.decode()
        for name in ("Home", "Datasets", "Fine-tunes", "Models", "Playground", "Team", "Connections", "Audit"):
            assert re.search(rf"</svg>\s*{name}</a>", page), name

    def test_shows_others_no_page_of_owners(self, member_client: Client) -> None:
        page = member_client.get("/").content.decode()
        for address in ("audit", "team", "connections"):
            assert f'href="/{address}/"' not in page

    @pytest.mark.parametrize("address", ["/team/", "/connections/", "/audit/", "/settings/", "/organizations/"])
    def test_marks_where_one_is(self, owner_client: Client, address: str) -> None:
        page = owner_client.get(address).content.decode()
        (current,) = re.findall(r'<a[^>]*aria-current="page"[^>]*>', page)
        assert f'href="{address}"' in current

    def test_is_drawn_for_who_asks_whoever_was_there_before(self, people: People) -> None:
        for person, sees in ((people.owner, True), (people.viewer, False), (people.owner, True), (people.member, False)):
            page = signed_in(person).get("/datasets/").content.decode()
            assert ('href="/audit/"' in page) == sees
            assert re.findall(r'<a href="(.*?)" aria-current="page">', page) == ["/datasets/"]

    def test_signs_out_by_post_only(self, owner_client: Client) -> None:
        page = owner_client.get("/team/").content.decode()
        assert re.search(r'<form method="post" action="/accounts/logout/">', page)


class TestErrors:
    def test_what_is_not_there_says_so(self, client: Client, owner_client: Client) -> None:
        for person in (client, owner_client):
            answer = person.get("/nowhere/")
            assert answer.status_code == 404
            assert "There is nothing here" in answer.content.decode()

    def test_what_breaks_says_so_without_details(self, people: People) -> None:
        client = signed_in(people.owner)
        client.raise_request_exception = False
        answer = client.get("/broken/")
        assert answer.status_code == 500
        page = answer.content.decode()
        assert "Something broke on our side" in page
        assert "secret of the inside" not in page

    def test_the_page_for_what_breaks_needs_nothing_that_could_be_broken(self, settings: Any) -> None:
        settings.STORAGES = settings.STORAGES | {
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
        }
        assert "Something broke on our side" in render_to_string("500.html")

    def test_a_form_from_an_old_page_says_so(self, people: People) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(people.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        answer = client.post("/team/leave/")
        assert answer.status_code == 403
        assert "This page was out of date" in answer.content.decode()
        assert people.owner.memberships.exists()


class Sample(Styled, forms.Form):
    words = forms.CharField(help_text="Some words.", min_length=9, widget=forms.TextInput(attrs={"class": "wide"}))
    count = forms.IntegerField(required=False)
    agreed = forms.BooleanField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, help_text="Which?")


@pytest.fixture
def field() -> Callable[..., str]:
    def rendered(name: str, **data: str) -> str:
        return render_to_string("_field.html", {"field": Sample(data or None)[name]})

    return rendered


class TestFields:
    def test_label_control_and_help_belong_together(self, field: Callable[..., str]) -> None:
        html = field("words")
        assert '<label for="id_words">Words</label>' in html
        assert 'class="wide input"' in html
        assert 'aria-describedby="id_words_helptext"' in html
        assert 'id="id_words_helptext">Some words.' in html

    def test_an_error_is_tied_to_its_control(self, field: Callable[..., str]) -> None:
        html = field("words", words="few")
        assert 'aria-invalid="true"' in html
        (described,) = re.findall(r'aria-describedby="([^"]*)"', html)
        for reference in described.split():
            assert html.count(f'id="{reference}"') == 1

    def test_what_may_be_left_empty_says_so(self, field: Callable[..., str]) -> None:
        assert "(optional)" in field("count")
        assert "(optional)" not in field("words")

    def test_a_tick_stands_before_its_label(self, field: Callable[..., str]) -> None:
        html = field("agreed")
        assert html.index("<input") < html.index("<label")
        assert "input" not in re.findall(r'class="([^"]*)"', re.findall(r"<input[^>]*>", html)[0])

    def test_a_group_of_choices_has_a_legend(self, field: Callable[..., str]) -> None:
        html = field("kind", words="x")
        assert "<legend>Kind</legend>" in html
        assert html.count("<fieldset") == html.count("</fieldset>") == 1
        assert "This field is required" in html
