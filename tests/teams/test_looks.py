"""Times, dates, numbers and the theme as a person wants them, on every page; before sign-in as the browser says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from teams import looks
from teams.models import User
from tests.conftest import People, signed_in

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 11, 21, 17, 5, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def undressed() -> Iterator[None]:
    yield
    timezone.deactivate()
    looks._worn.set(looks.PLAIN)


def drawn(form: str) -> str:
    return Template("{{ moment|date:form }}").render(Context({"moment": MOMENT, "form": form}))


def choose(client: Client, **choice: str) -> str:
    form = {"language": "", "formats": "", "numbers": "", "time_zone": ""} | choice
    return client.post("/settings/look/", form, follow=True).content.decode()


@pytest.mark.parametrize(
    ("formats", "short", "long", "clock"),
    [
        ("", "2026-11-21 17:05 UTC", "21 November 2026", "17:05:09"),
        ("iso", "2026-11-21 17:05 UTC", "2026-11-21", "17:05:09"),
        ("dots", "21.11.2026 17:05 UTC", "21. November 2026", "17:05:09"),
        ("slashes", "21/11/2026 17:05 UTC", "21 November 2026", "17:05:09"),
        ("month", "11/21/2026 5:05 PM UTC", "November 21, 2026", "5:05:09 PM"),
    ],
)
def test_dates_are_drawn_as_chosen(member_client: Client, formats: str, short: str, long: str, clock: str) -> None:
    assert "Saved" in choose(member_client, formats=formats)
    member_client.get("/settings/")
    assert (drawn("Y-m-d H:i T"), drawn("j F Y"), drawn("H:i:s")) == (short, long, clock)
    assert drawn("c") == "2026-11-21T17:05:09+00:00", "what programs read stays as it is"


@pytest.mark.parametrize(
    ("numbers", "grouped", "decimals", "said"),
    [
        ("", "1,234,567", "1,234.5", "1,234.56"),
        ("comma", "1,234,567", "1,234.5", "1,234.56"),
        ("dot", "1.234.567", "1.234,5", "1.234,56"),
        ("space", "1 234 567", "1 234,5", "1 234,56"),
    ],
)
def test_numbers_are_written_as_chosen(member_client: Client, numbers: str, grouped: str, decimals: str, said: str) -> None:
    choose(member_client, numbers=numbers)
    member_client.get("/settings/")
    whole = Template("{% load humanize %}{{ n|intcomma }} {{ n }}").render(Context({"n": 1234567}))
    assert whole.replace("\N{NO-BREAK SPACE}", " ") == f"{grouped} {grouped}"
    parts = Template("{{ n }}|{{ n|floatformat:1 }}").render(Context({"n": 1234.5}))
    assert parts.replace("\N{NO-BREAK SPACE}", " ") == f"{decimals}|{decimals}"
    assert looks.signs("1,234.56").replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize("form", ["{{ n|stringformat:'.1f' }}", "{{ n|floatformat:'1u' }}", "{{ n|unlocalize }}"])
def test_what_programs_read_keeps_its_signs(form: str) -> None:
    with looks.worn(looks.Look(numbers="dot")):
        assert Template("{% load l10n %}" + form).render(Context({"n": 1234.5})) == "1234.5"


def test_a_made_up_form_of_numbers_counts_as_none(member_client: Client) -> None:
    assert "cannot be chosen" in choose(member_client, numbers="dozen")


def test_a_look_is_put_on_for_a_while_and_then_taken_off() -> None:
    look = looks.Look("en", "dots", "dot", "Asia/Almaty")
    with looks.worn(look):
        assert looks.now() == look
        assert (drawn("Y-m-d H:i"), looks.signs("1,234.5")) == ("21.11.2026 22:05", "1.234,5")
    assert looks.now() == looks.Look(zone="UTC")
    assert looks.signs("1,234.5") == "1,234.5"


def test_times_are_in_the_chosen_zone_and_say_so(member_client: Client) -> None:
    assert 'data-zone="Asia/Almaty"' in choose(member_client, time_zone="Asia/Almaty")
    assert drawn("Y-m-d H:i T") == "2026-11-21 22:05 +05"


def test_the_browsers_zone_holds_until_one_is_chosen(client: Client, member_client: Client) -> None:
    for browser in (client, member_client):
        browser.cookies["zone"] = "Europe/Berlin"
        browser.get("/accounts/login/" if browser is client else "/settings/")
        assert drawn("H:i:s") == "18:05:09"
    choose(member_client, time_zone="UTC")
    assert drawn("H:i:s") == "17:05:09"


@pytest.mark.parametrize("zone", ["../../etc/passwd", "Nowhere/Land", "<script>"])
def test_a_made_up_zone_counts_as_none(client: Client, member_client: Client, zone: str) -> None:
    client.cookies["zone"] = zone
    assert client.get("/accounts/login/").status_code == 200
    assert drawn("H:i:s") == "17:05:09"
    assert "cannot be chosen" in choose(member_client, time_zone=zone)


def test_the_theme_comes_along_to_another_browser(people: People, member_client: Client) -> None:
    member_client.post("/settings/theme/", {"theme": "dark"})
    elsewhere = signed_in(people.member)
    assert 'data-theme="dark"' in elsewhere.get("/settings/").content.decode()
    elsewhere.post("/settings/theme/", {"theme": "system"})
    assert User.objects.get(pk=people.member.pk).theme == ""


def test_what_one_chooses_is_ones_own(people: People, member_client: Client) -> None:
    choose(member_client, formats="dots", time_zone="Asia/Almaty")
    signed_in(people.viewer).get("/settings/")
    assert drawn("Y-m-d H:i T") == "2026-11-21 17:05 UTC"


def test_the_page_tells_its_scripts_what_is_chosen(member_client: Client) -> None:
    page = choose(member_client, formats="dots", numbers="space")
    assert 'data-formats="dots" data-numbers="space"' in page


def test_strangers_choose_nothing(client: Client) -> None:
    assert client.post("/settings/look/", {"formats": "iso"}).status_code == 302


class TestMoment:
    def drawn(self, text: str) -> str:
        context = Context({"when": MOMENT, "hostile": "<b>&"})
        return Template("{% moment when " + text + " %}").render(context)

    def test_it_says_in_words_and_exactly(self) -> None:
        exactly = 'datetime="2026-11-21T17:05:09+00:00" title="2026-11-21 17:05:09 UTC"'
        assert self.drawn('"a while ago"') == f"<time {exactly}>a while ago</time>"

    def test_it_is_in_the_zone_and_form_of_who_looks(self) -> None:
        with looks.worn(looks.Look("en", "month", "", "America/New_York")):
            drawn = self.drawn('when|date:"H:i"')
        exactly = 'datetime="2026-11-21T12:05:09-05:00" title="11/21/2026 12:05:09 PM EST"'
        assert drawn == f"<time {exactly}>12:05 PM</time>"

    def test_the_page_may_put_its_readers_time_there(self) -> None:
        assert '" data-local title="' in self.drawn('"x" is_local=True')

    def test_words_are_no_html(self) -> None:
        assert self.drawn("hostile").endswith(">&lt;b&gt;&amp;</time>")
