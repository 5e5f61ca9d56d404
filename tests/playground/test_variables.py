"""A form of columns instead of raw text: the prompt is the one of training, and nothing typed is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from datasets.models import Version
from finetunes.models import Model
from playground.keep.entered import entered
from playground.models import Preset
from playground.pick import pick
from playground.variables import Template, template_of
from tests.playground.conftest import CLASSES, TALK, Place, model_on, trained_on
from tests.playground.provider import Whole, chat_whole, completion

TEMPLATE = "Subject: {subject}\nFrom: {sender}\n"
ROW = {"prompt": "Subject: Late\nFrom: Mia\n\n\n###\n\n", "completion": " yes"}
CHAT_ROW = {
    "messages": [{"role": "system", "content": "You are a pirate."}, {"role": "user", "content": ROW["prompt"][:-7]}]
}
COLUMNS = {"way": "fields", "cell.subject": "Parcel", "cell.sender": "Tom"}
PROMPT = "Subject: Parcel\nFrom: Tom\n"

cells = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.sampled_from(["{a}", "{b}", "-", "\n", "x: "]), min_size=1, max_size=6), cells, cells)
def test_a_prompt_that_is_read_back_fills_the_template_to_the_same_prompt(pieces: list[str], a: str, b: str) -> None:
    template = Template("".join(pieces))
    prompt = template.fill({"a": a, "b": b})
    found = template.read(prompt)
    if found is not None:
        assert template.fill(found) == prompt


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        (PROMPT, {"subject": "Parcel", "sender": "Tom"}),
        (f"{PROMPT} ->", {"subject": "Parcel", "sender": "Tom"}),
        ("Subject: \nFrom: \n", {"subject": "", "sender": ""}),
        ("Subject: a\nb\nFrom: c\nFrom: d\n", {"subject": "a\nb", "sender": "c\nFrom: d"}),
        ("Subject: Parcel", None),
        ("About: Parcel\nFrom: Tom\n", None),
        ("Subject: Parcel\nFrom: Tom\nand more", None),
        ("", None),
    ],
)
def test_a_prompt_is_read_where_it_has_the_shape(prompt: str, found: dict[str, str] | None) -> None:
    assert Template(TEMPLATE).read(prompt, " ->") == found


def test_a_column_that_stands_twice_is_one_field_with_one_text() -> None:
    template = Template("{a} or {a}?")
    assert template.columns == ("a",)
    assert template.fill({"a": "x"}) == "x or x?"
    assert template.read("x or y?") is None


def test_braces_within_a_column_are_text() -> None:
    assert Template("{a}-{b}").fill({"a": "{b}", "b": "x"}) == "{b}-x"


def version(place: Place, row: dict[str, Any], template: str = TEMPLATE, **trained: Any) -> Version:
    made = trained_on(place.connection.organization, **trained)
    made.dataset.mapping = {"format": made.format, "template": template, "completion": "label"}
    made.dataset.save()
    made.training.name = default_storage.save("playground-test.jsonl", ContentFile(json.dumps(row) + "\n"))
    made.save()
    return made


@pytest.fixture
def mail(place: Place) -> Model:
    return model_on(place.connection, version(place, ROW, **CLASSES))


@pytest.fixture
def mail_chat(place: Place) -> Model:
    return model_on(place.connection, version(place, CHAT_ROW, **TALK), name="ft:gpt-3.5-turbo-0613:acme::mail")


def test_the_template_of_the_training_is_used_while_its_rows_say_the_same(place: Place) -> None:
    assert template_of(version(place, ROW, **CLASSES)) == Template(TEMPLATE)
    assert template_of(version(place, ROW, template="Re: {subject}", **CLASSES)) is None
    assert template_of(version(place, {"prompt": "something else"}, **CLASSES)) is None
    assert template_of(version(place, CHAT_ROW, **TALK)) == Template(TEMPLATE)
    assert template_of(version(place, ROW, template="", **CLASSES)) is None


def test_a_version_whose_file_is_gone_has_no_form(place: Place) -> None:
    made = version(place, ROW, **CLASSES)
    default_storage.delete(str(made.training))
    assert template_of(made) is None


def ask(client: Client, model: Model | str, name: str = "answer", **fields: Any) -> Any:
    headers = fields.pop("headers", None)
    key = model.pk if isinstance(model, Model) else model
    return client.post(reverse(f"playground:{name}"), {"model": key, **fields}, headers=headers)


def test_a_form_of_the_columns_is_offered_first(member_client: Client, mail: Model) -> None:
    page = member_client.get(reverse("playground:home"), {"model": mail.pk}).content.decode()
    assert 'name="cell.subject"' in page
    assert 'name="cell.sender"' in page
    assert '<input type="hidden" name="way" value="fields" id="id_way">' in page


def test_columns_are_put_together_as_in_training_with_the_separator(
    member_client: Client, mail: Model, place: Place
) -> None:
    place.provider.will(Whole(completion(" yes")))
    ask(member_client, mail, **COLUMNS)
    assert place.provider.received[0].body["prompt"] == f"{PROMPT}\n\n###\n\n"


def test_a_browsers_line_breaks_in_a_column_become_the_ones_of_training(
    member_client: Client, mail: Model, place: Place
) -> None:
    place.provider.will(Whole(completion(" yes")))
    ask(member_client, mail, **COLUMNS | {"cell.subject": "a\r\nb"})
    assert place.provider.received[0].body["prompt"].startswith("Subject: a\nb\nFrom")


def test_empty_columns_are_refused_at_the_first_one(member_client: Client, mail: Model, place: Place) -> None:
    response = ask(member_client, mail, way="fields")
    assert response.status_code == 422
    assert "Fill in at least one of these fields." in response.content.decode()
    assert place.provider.received == []


def test_a_chats_columns_are_its_message_and_the_chat_can_go_on(
    member_client: Client, mail_chat: Model, place: Place
) -> None:
    place.provider.will(Whole(chat_whole("Ahoy")))
    page = ask(member_client, mail_chat, system="You are a pirate.", role="user", content="", **COLUMNS).content.decode()
    said = place.provider.received[0].body["messages"]
    assert said == [{"role": "system", "content": "You are a pirate."}, {"role": "user", "content": PROMPT}]
    assert 'name="way" value="text"' in page
    assert "Ahoy</textarea>" in page
    assert f"{PROMPT}</textarea>" in page


class TestTurning:
    def turned(self, client: Client, model: Model, to: str, **fields: Any) -> str:
        headers = {"HX-Request": "true", "HX-Target": "writing"}
        page: str = ask(client, model, "turn", to=to, headers=headers, **fields).content.decode()
        assert "<html" not in page
        return page

    def test_columns_become_the_text_and_stay(self, member_client: Client, mail: Model) -> None:
        page = self.turned(member_client, mail, "text", **COLUMNS)
        assert f"{PROMPT}</textarea>" in page
        assert "Tom</textarea>" in page
        assert 'name="way" value="text"' in page

    def test_a_text_of_the_shape_becomes_columns(self, member_client: Client, mail: Model) -> None:
        page = self.turned(member_client, mail, "fields", way="text", prompt=f"{PROMPT}\r\n\r\n###\r\n\r\n")
        assert "Parcel</textarea>" in page
        assert "Tom</textarea>" in page

    def test_any_other_text_waits_where_it_is(self, member_client: Client, mail: Model) -> None:
        page = self.turned(member_client, mail, "fields", way="text", prompt="My own words", **{"cell.sender": "Tom"})
        assert "My own words</textarea>" in page
        assert "Tom</textarea>" in page
        back = self.turned(member_client, mail, "text", way="fields", prompt="My own words", **{"cell.sender": "Tom"})
        assert "My own words</textarea>" in back
        assert "Subject:" not in back

    def test_a_conversation_takes_the_columns_as_its_last_question(self, member_client: Client, mail_chat: Model) -> None:
        page = self.turned(member_client, mail_chat, "text", role="user", content="", **COLUMNS)
        assert f"{PROMPT}</textarea>" in page

    def test_without_javascript_it_is_a_whole_page_with_all_settings(self, member_client: Client, mail: Model) -> None:
        page = ask(member_client, mail, "turn", to="text", temperature="0.7", n="x", **COLUMNS).content.decode()
        assert "<html" in page
        assert 'value="0.7"' in page
        assert 'value="x"' in page

    def test_a_model_without_columns_is_left_alone(self, member_client: Client, classifier: Model) -> None:
        assert "kept</textarea>" in self.turned(member_client, classifier, "fields", prompt="kept")


class TestAnotherModel:
    def test_one_without_columns_gets_the_text_that_they_make(
        self, member_client: Client, mail: Model, writer: Model
    ) -> None:
        page = ask(member_client, writer, "switch", was=mail.pk, **COLUMNS).content.decode()
        assert f"{PROMPT}</textarea>" in page

    def test_one_with_the_same_columns_gets_them(self, member_client: Client, mail: Model, mail_chat: Model) -> None:
        page = ask(member_client, mail_chat, "switch", was=mail.pk, **COLUMNS).content.decode()
        assert "Parcel</textarea>" in page
        assert "Tom</textarea>" in page

    def test_what_stood_in_the_columns_of_a_model_that_is_gone_is_written_down(
        self, member_client: Client, mail: Model, writer: Model
    ) -> None:
        page = ask(member_client, writer, "switch", was="999", **COLUMNS).content.decode()
        assert "subject: Parcel\nsender: Tom</textarea>" in page

    def test_a_shared_prompt_of_columns_opens_with_a_model_that_has_none(
        self, member_client: Client, writer: Model, mail: Model
    ) -> None:
        data = QueryDict(mutable=True)
        data.update(COLUMNS)
        given = {"organization": mail.organization, "format": "prompt-completion", "entered": entered(data)}
        own = Preset.objects.create(name="Own", key=str(mail.pk), **given)
        other = Preset.objects.create(name="Other", key=str(writer.pk), **given)
        pages = [member_client.get(reverse("playground:home"), {"preset": one.pk}).content.decode() for one in (own, other)]
        assert 'name="way" value="fields"' in pages[0]
        assert "Parcel</textarea>" in pages[0]
        assert "subject: Parcel\nsender: Tom</textarea>" in pages[1]

    def test_set_as_in_training_keeps_the_text(self, member_client: Client, writer: Model) -> None:
        page = ask(member_client, writer, "switch", was=writer.pk, prompt="kept", temperature="2").content.decode()
        assert "kept</textarea>" in page
        assert 'name="temperature" value="0"' in page


def test_another_organizations_model_lends_no_template(outsider_client: Client, mail: Model) -> None:
    assert ask(outsider_client, mail, "turn", to="text", **COLUMNS).status_code == 404


def test_the_columns_are_read_from_the_file_once(mail: Model, django_assert_num_queries: Any) -> None:
    first = pick(mail.organization, str(mail.pk))
    assert first.template == Template(TEMPLATE)
    assert mail.version is not None
    default_storage.delete(str(mail.version.training))
    assert pick(mail.organization, str(mail.pk)).template == Template(TEMPLATE)
