"""Beginning an evaluation: what is asked, of whom, and that nothing is asked before Start."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from datasets.models import Version
from evaluations.models import Evaluation, Run
from finetunes.models import Model
from teams.models import AuditEntry
from tests.conftest import People, signed_in
from tests.datasets.workbooks import workbook
from tests.evaluations.conftest import Place, classes_of, model_on, trained_on, version_with
from tests.evaluations.paged import CSV, at, filled, uploaded

pytestmark = pytest.mark.django_db


def page(client: Client, address: str, **query: str | int) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def test_an_empty_list_says_what_to_do(member_client: Client, viewer_client: Client) -> None:
    assert "New evaluation" in page(member_client, at("list"))
    assert "New evaluation" not in page(viewer_client, at("list"))


def test_a_sheet_becomes_a_draft_with_its_columns_and_first_rows(member_client: Client, people: People) -> None:
    evaluation = uploaded(member_client)
    assert (evaluation.state, evaluation.name, evaluation.organization) == ("draft", "posts", people.organization)
    assert evaluation.layout["columns"] == ["id", "text", "label"]
    assert evaluation.size == len(CSV)
    shown = page(member_client, at("set_up", evaluation.pk))
    assert "post two" in shown
    assert AuditEntry.objects.get(action="evaluation.uploaded").target_id == str(evaluation.pk)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("posts.csv", b"", "The file is empty."),
        ("posts.xlsx", b"PK\x03\x04 no workbook", "no Excel workbook, or it is damaged"),
        ("posts.pdf", b"%PDF-1.4 hello", "PDF files are not read."),
        ("posts.csv", b"text,label\n", "there is no row that can be read"),
        ("posts.csv.gz", b"\x1f\x8b\x08rest", "Files that end in .gz are not read."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    member_client: Client, name: str, content: bytes, sentence: str
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    response = member_client.post(at("of_sheet"), {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Evaluation.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_into(member_client: Client, settings: LazySettings) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.EVALUATION_MAX_BYTES = 2**20
    response = member_client.post(at("of_sheet"), {"file": SimpleUploadedFile("posts.csv", b"a" * (2**20 + 1))})
    assert "larger than 1 MB" in response.content.decode()


def test_without_a_file_one_is_asked_for(member_client: Client) -> None:
    response = member_client.post(at("of_sheet"))
    assert response.status_code == 422
    assert "Choose a file first." in response.content.decode()


def test_another_sheet_and_another_header_row_can_be_chosen(member_client: Client) -> None:
    book = workbook([["a", "b"], ["1", "2"]], Mails=[["Report of May"], ["subject", "class"], ["hello", "spam"]])
    evaluation = uploaded(member_client, book, "book.xlsx")
    assert evaluation.layout["columns"] == ["a", "b"]
    member_client.post(at("read", evaluation.pk), {"sheet": "Mails"})
    evaluation.refresh_from_db()
    assert evaluation.options["sheet"] == "Mails"
    member_client.post(at("read", evaluation.pk), {"sheet": "Mails", "header_row": "2"})
    evaluation.refresh_from_db()
    assert evaluation.layout["columns"] == ["subject", "class"]
    shown = page(member_client, at("set_up", evaluation.pk))
    assert '<option value="class" selected>' in shown


def test_a_sheet_that_does_not_read_like_that_stays_as_it_was(member_client: Client) -> None:
    evaluation = uploaded(member_client)
    member_client.post(at("read", evaluation.pk), {"header_row": "4"})
    evaluation.refresh_from_db()
    assert evaluation.layout["columns"] == ["id", "text", "label"]


def test_held_out_rows_become_a_draft_of_that_part(member_client: Client, sorter: Model) -> None:
    version = sorter.version
    assert version
    response = member_client.post(at("of_version"), {"version": version.pk})
    evaluation = Evaluation.objects.get()
    assert response["Location"] == at("set_up", evaluation.pk)
    assert (evaluation.version, evaluation.part, evaluation.state) == (version, "evaluation", "draft")
    shown = page(member_client, at("set_up", evaluation.pk))
    assert f'value="{sorter.pk}" checked' in shown  # the model that was trained on it


def test_a_version_without_rows_is_refused_in_words(member_client: Client, people: People) -> None:
    version = version_with(people.organization, training_rows=0)
    response = member_client.post(at("of_version"), {"version": version.pk})
    assert response.status_code == 422
    assert "This version has no rows." in response.content.decode()


def test_the_model_that_a_person_comes_from_is_ticked_with_its_base_beside_it(member_client: Client, sorter: Model) -> None:
    shown = page(member_client, at("new"), models=sorter.pk)
    assert f'name="models" value="{sorter.pk}"' in shown
    assert f'<option value="{sorter.version_id}" selected>' in shown
    evaluation = uploaded(member_client, models=[str(sorter.pk)])
    shown = page(member_client, at("set_up", evaluation.pk), models=sorter.pk)
    assert f'value="{sorter.pk}" checked' in shown
    assert f'value="c{sorter.connection_id}:ada"' in shown
    assert "the base, before training" in shown


def test_a_models_own_template_is_filled_in_where_the_sheet_has_its_columns(
    member_client: Client, place: Place, people: People
) -> None:
    version = trained_on(people.organization, task="classification", labels=[" yes", " no"])
    mapping = {"format": "prompt-completion", "template": "Product: {name}\nAd: {ad}\nTrue:", "completion": "true"}
    version.dataset.mapping = mapping
    version.dataset.save()
    model = model_on(place.connection, version)
    evaluation = uploaded(member_client, b"ad,name,true\nbest bag,bag,no\n")
    shown = page(member_client, at("set_up", evaluation.pk), models=model.pk)
    assert "Product: {name}\nAd: {ad}\nTrue:</textarea>" in shown
    assert '<option value="true" selected>' in shown


def test_start_asks_the_chosen_models_once_however_often_it_is_pressed(
    member_client: Client, sorter: Model, people: People
) -> None:
    evaluation = uploaded(member_client)
    assert not Run.objects.exists()
    for _click in range(2):
        response = member_client.post(at("start", evaluation.pk), filled(sorter, at_most="2"))
        assert response["Location"] == evaluation.get_absolute_url()
    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.name, evaluation.at_most) == ("reading", "Posts", 2)
    assert evaluation.mapping == {"prompt": "text", "expected": "label"}
    assert Run.objects.get().key == str(sorter.pk)
    assert AuditEntry.objects.get(action="evaluation.started").actor == people.member


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"models": []}, "Choose at least one model."),
        ({"models": ["999999"]}, "One of the models is no longer there."),
        ({"prompt": ""}, "Choose the column that holds the question."),
        ({"expected": "text"}, "The right answer must not be part of the question."),
        ({"template": "no column"}, "Name at least one column"),
        ({"template": "{nothing}"}, "The file has no column named “nothing”."),
        ({"at_most": "0"}, "greater than or equal to 1"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_is_missing_is_said_and_nothing_starts(
    member_client: Client, sorter: Model, change: dict[str, object], sentence: str
) -> None:
    evaluation = uploaded(member_client)
    response = member_client.post(at("start", evaluation.pk), filled(sorter, **change))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Run.objects.exists()


def test_a_template_is_stored_with_the_line_breaks_that_a_person_sees(member_client: Client, sorter: Model) -> None:
    evaluation = uploaded(member_client)
    member_client.post(at("start", evaluation.pk), filled(sorter, template="{id}\r\n{text}"))
    evaluation.refresh_from_db()
    assert evaluation.mapping == {"template": "{id}\n{text}", "expected": "label"}


def test_the_estimate_says_how_many_rows_and_what_is_unknown(member_client: Client, sorter: Model) -> None:
    evaluation = uploaded(member_client)
    response = member_client.post(
        at("estimate", evaluation.pk), filled(sorter), headers={"HX-Request": "true", "HX-Target": "estimate"}
    )
    shown = response.content.decode()
    assert "No price of answers is written down" in shown
    assert "<html" not in shown
    assert Evaluation.objects.get().state == "draft"


def test_the_estimate_is_part_of_the_page_without_scripts(member_client: Client, sorter: Model) -> None:
    sorter.connection.answer_prices = {sorter.name: {"input": "2.00", "output": "4.00", "since": "2026-01-02"}}
    sorter.connection.save()
    evaluation = uploaded(member_client)
    shown = member_client.post(at("estimate", evaluation.pk), filled(sorter)).content.decode()
    assert "<html" in shown
    assert f'value="{sorter.pk}" checked' in shown
    assert "A million costs 2.00 / 4.00 USD" in shown


def test_other_models_are_found_by_words_and_what_is_ticked_stays(
    member_client: Client, place: Place, people: People
) -> None:
    version = classes_of(people.organization, 2)
    first, second = (model_on(place.connection, version, name=f"ada:ft-{name}") for name in ("sport", "mail"))
    evaluation = uploaded(member_client)
    shown = page(member_client, at("models", evaluation.pk), q="mail", models=first.pk)
    assert f'value="{first.pk}" checked' in shown
    assert f'value="{second.pk}"' in shown
    assert "ft-none" not in page(member_client, at("models", evaluation.pk), q="none of these")


def test_base_models_are_listed_when_somebody_looks(member_client: Client, place: Place) -> None:
    place.provider.models = [{"id": "davinci-002"}]
    evaluation = uploaded(member_client)
    assert "davinci-002" not in page(member_client, at("set_up", evaluation.pk))
    key = f'value="c{place.connection.pk}:davinci-002"'
    assert key in page(member_client, at("bases", evaluation.pk, place.connection.pk))
    assert key in page(member_client, at("set_up", evaluation.pk), bases=1)


def test_a_provider_that_lists_nothing_is_quoted(member_client: Client, place: Place) -> None:
    place.connection.base_url = "http://127.0.0.1:9/v1"
    place.connection.save()
    evaluation = uploaded(member_client)
    assert "does not answer now" in page(member_client, at("bases", evaluation.pk, place.connection.pk))


def test_a_draft_can_be_thrown_away(member_client: Client) -> None:
    evaluation = uploaded(member_client)
    name = evaluation.source.name
    assert member_client.post(at("delete", evaluation.pk)).status_code == 302
    assert not Evaluation.objects.exists()
    assert name
    assert not evaluation.source.storage.exists(name)


def test_the_name_of_a_file_is_shown_and_never_run(member_client: Client, viewer_client: Client) -> None:
    evaluation = uploaded(member_client, name='<img src=x onerror="x">.csv')
    shown = page(viewer_client, evaluation.get_absolute_url())
    assert "<img" not in shown
    assert "a member has still to say what is asked" in shown


def test_viewers_start_nothing_and_strangers_see_nothing(
    member_client: Client, viewer_client: Client, outsider_client: Client, sorter: Model
) -> None:
    evaluation = uploaded(member_client)
    for name in ("set_up", "models"):
        assert viewer_client.get(at(name, evaluation.pk)).status_code == 403
        assert outsider_client.get(at(name, evaluation.pk)).status_code == 404
    for name in ("start", "estimate", "read", "delete"):
        assert viewer_client.post(at(name, evaluation.pk), filled(sorter)).status_code == 403
        assert outsider_client.post(at(name, evaluation.pk), filled(sorter)).status_code == 404
    assert viewer_client.get(at("new")).status_code == 403
    assert "posts" not in page(outsider_client, at("list"))


def test_another_organizations_version_and_models_cannot_be_asked(people: People, sorter: Model) -> None:
    version = sorter.version
    assert version
    outsider = signed_in(people.outsider)
    assert outsider.post(at("of_version"), {"version": version.pk}).status_code == 422
    evaluation = uploaded(outsider)
    assert outsider.post(at("start", evaluation.pk), filled(sorter)).status_code == 422
    assert not Run.objects.exists()
    assert str(version) not in page(outsider, at("new"), version=version.pk)


def test_a_version_that_is_not_among_the_newest_is_still_offered_when_it_is_named(
    member_client: Client, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evaluations import forms

    monkeypatch.setattr(forms, "OFFERED", 1)
    old, _new = (classes_of(people.organization, 2) for _turn in range(2))
    assert f'<option value="{old.pk}" selected>' in page(member_client, at("new"), version=old.pk)
    assert Version.objects.count() == 2
