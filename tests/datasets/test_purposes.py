"""Each purpose's spreadsheet, filled in and uploaded, becomes the training data that its page promises."""

from __future__ import annotations

import pytest
from django.test import Client

from datasets.checks.affixes import deliberate
from datasets.mapping import fields
from datasets.purposes import BY_KEY, PURPOSES, Purpose, of_columns
from datasets.tokens import cut
from tests.conftest import People
from tests.datasets.made import uploaded, worked

KEYS = [purpose.key for purpose in PURPOSES]
SHAPED = [purpose for purpose in PURPOSES if purpose.key != "own"]


def filled(client: Client, purpose: Purpose) -> bytes:
    """The downloaded spreadsheet with its rows so often, each a little different."""
    content = client.get(f"/datasets/purposes/{purpose.key}.csv").content.decode("utf-8-sig")
    head, *_rest = content.splitlines()
    lines = [
        ",".join(f'"{cell}"' if purpose.is_classifier and cell == row[-1] else f'"{cell} {number}"' for cell in row)
        for number in range(20)
        for row in purpose.rows
    ]
    return "\n".join([head, *lines]).encode()


@pytest.mark.parametrize("purpose", SHAPED, ids=lambda purpose: purpose.key)
def test_the_filled_in_spreadsheet_is_read_without_a_question(
    people: People, member_client: Client, purpose: Purpose
) -> None:
    dataset = worked(uploaded(people.organization, people.member, filled(member_client, purpose), f"{purpose.key}.csv"))
    assert (dataset.state, dataset.bad_count) == ("ready", 0)
    assert dataset.mapping["template"] == purpose.template
    assert dataset.row_count == 20 * len(purpose.rows)
    assert (dataset.task == "classification") == purpose.is_classifier
    if purpose.is_classifier:
        assert "separator" not in {finding["code"] for finding in dataset.findings}


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda purpose: purpose.key)
def test_a_template_names_every_column_but_the_answer_s_once(purpose: Purpose) -> None:
    assert fields(purpose.template) == list(purpose.columns[:-1])
    assert all(len(row) == len(purpose.columns) for row in purpose.rows)


@pytest.mark.parametrize("purpose", SHAPED, ids=lambda purpose: purpose.key)
def test_prompts_end_in_a_way_that_the_checks_know_as_a_separator(purpose: Purpose) -> None:
    end = purpose.template.rpartition("}")[2]
    assert deliberate(end)


@pytest.mark.parametrize("purpose", [one for one in SHAPED if one.is_classifier], ids=lambda purpose: purpose.key)
def test_the_answers_of_a_classifier_are_one_token_each(purpose: Purpose) -> None:
    answers = {row[-1] for row in purpose.rows}
    assert all(len(cut(f" {answer}", "r50k_base")) == 1 for answer in answers)
    assert len(answers) > 1


def test_columns_are_known_whatever_their_case_and_only_all_of_them() -> None:
    assert of_columns(["Text", " SENTIMENT "]) == BY_KEY["sentiment"]
    assert of_columns(["text", "sentiment", "more"]) is None
    assert of_columns(["prompt", "completion"]) is None
    assert BY_KEY["sentiment"].mapping_of(["Text", "Sentiment"]).template == "{Text} ->"


@pytest.mark.parametrize("key", KEYS)
def test_each_purpose_is_shown_with_its_reasons_and_its_spreadsheet(member_client: Client, key: str) -> None:
    page = member_client.get(f"/datasets/upload/?for={key}").content.decode()
    assert 'aria-current="true"' in page
    assert f"/datasets/purposes/{key}.csv" in page
    assert "Why so?" in page


def test_without_a_choice_the_page_says_what_any_table_should_look_like(member_client: Client) -> None:
    for address in ("/datasets/upload/", "/datasets/upload/?for=<script>"):
        page = member_client.get(address).content.decode()
        assert "What do you want the model to do?" in page
        assert "What it should look like" in page
        assert "<script>" not in page.split("<main")[1].split("</main>")[0]


def test_an_unknown_spreadsheet_is_not_there(member_client: Client) -> None:
    assert member_client.get("/datasets/purposes/nothing.csv").status_code == 404


def test_no_two_purposes_share_their_columns() -> None:
    assert len({purpose.columns for purpose in PURPOSES}) == len(PURPOSES) == len(BY_KEY)
