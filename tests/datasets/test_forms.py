from __future__ import annotations

from typing import Any

import pytest

from datasets.forms import ColumnsForm, DecisionForm, NumberForm, UploadForm, VersionForm
from datasets.forms.columns import PARTS
from datasets.mapping import Mapping
from datasets.models import Dataset

HEADS = [[1, "q · a"], [3, "Where? · Here."]]
CSV = {
    "columns": ["q", "a", "m"],
    "heads": HEADS,
    "options": {"kind": "csv", "encoding": "utf-8", "delimiter": ",", "sheet": "", "header_row": 1},
}
BOOK = {
    "columns": ["q", "a"],
    "heads": HEADS,
    "sheets": ["One", "Two"],
    "options": {"kind": "xlsx", "encoding": "", "delimiter": "", "sheet": "One", "header_row": 1},
}
LINES = {
    "columns": ["q", "a"],
    "options": {"kind": "jsonl", "encoding": "utf-8", "delimiter": "", "sheet": "", "header_row": 1},
}
SENT = {"format": "prompt-completion", "prompt": "q", "completion": "a", "header_row": "1", "encoding": "", "sheet": "One"}


def dataset(layout: dict[str, Any], **fields: Any) -> Dataset:
    return Dataset(layout=layout, **fields)


@pytest.mark.parametrize(
    ("layout", "fields"),
    [
        (CSV, {"encoding", "header_row"}),
        (BOOK, {"sheet", "header_row"}),
        (LINES, {"encoding"}),
        ({**BOOK, "sheets": ["One"]}, {"header_row"}),
    ],
)
def test_only_what_the_kind_of_file_knows_is_asked(layout: dict[str, Any], fields: set[str]) -> None:
    parts = {part for format in PARTS.values() for part in format}
    assert set(ColumnsForm(dataset(layout)).fields) == {"format", *parts, *fields}


def test_before_anything_is_chosen_the_first_two_columns_are_a_guess() -> None:
    form = ColumnsForm(dataset(CSV))
    assert (form["prompt"].initial, form["completion"].initial, form["format"].initial) == ("q", "a", "prompt-completion")


def test_what_was_chosen_before_comes_back() -> None:
    mapping = Mapping(format="prompt-completion", completion="m").to_json()
    form = ColumnsForm(dataset(CSV, mapping=mapping, options={"encoding": "cp1251"}))
    assert (form["prompt"].initial, form["completion"].initial, form["encoding"].initial) == ("", "m", "cp1251")


@pytest.mark.parametrize(
    ("changes", "mapping"),
    [
        ({}, Mapping(format="prompt-completion", prompt="q", completion="a")),
        ({"prompt": ""}, Mapping(format="prompt-completion", completion="a")),
        ({"format": "chat", "messages": "m"}, Mapping(format="chat", messages="m")),
        (
            {"format": "made-pairs", "messages": "m", "asks": " Guest ", "answers": "Host", "keep_system": "on"},
            Mapping(format="prompt-completion", messages="m", asks="Guest", answers="Host", keep_system=True),
        ),
        ({"format": "made-pairs", "messages": "m"}, Mapping(format="prompt-completion", messages="m")),
        (
            {"format": "preference", "preferred": "a", "non_preferred": "m"},
            Mapping(format="preference", prompt="q", preferred="a", non_preferred="m"),
        ),
        (
            {"format": "preference", "prompt": "", "preferred": "a", "non_preferred": "m", "template": "{q} left over"},
            Mapping(format="preference", preferred="a", non_preferred="m"),
        ),
    ],
)
def test_the_columns_pointed_at_are_a_mapping(changes: dict[str, str], mapping: Mapping) -> None:
    form = ColumnsForm(dataset(CSV), {**SENT, **changes})
    assert form.is_valid(), form.errors
    assert form.chosen()["mapping"] == mapping


@pytest.mark.parametrize(
    ("layout", "changes", "again"),
    [
        (CSV, {}, False),
        (CSV, {"header_row": "0"}, True),
        (CSV, {"encoding": "utf-8"}, False),
        (CSV, {"encoding": "cp1251"}, True),
        (BOOK, {}, False),
        (BOOK, {"sheet": "Two"}, True),
        (LINES, {"header_row": "0"}, False),
    ],
)
def test_a_change_in_how_the_file_is_read_asks_for_columns_anew(
    layout: dict[str, Any], changes: dict[str, str], again: bool
) -> None:
    form = ColumnsForm(dataset(layout), {**SENT, **changes})
    assert form.is_valid(), form.errors
    assert form.reads_again is again
    assert (form.chosen()["mapping"] is None) is again


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"format": ""}, "format"),
        ({"completion": ""}, "completion"),
        ({"completion": "q"}, "completion"),
        ({"completion": "nowhere"}, "completion"),
        ({"prompt": "nowhere"}, "prompt"),
        ({"format": "chat"}, "messages"),
        ({"format": "made-pairs"}, "messages"),
        ({"format": "preference", "non_preferred": "m"}, "preferred"),
        ({"format": "preference", "preferred": "a"}, "non_preferred"),
        ({"format": "preference", "preferred": "a", "non_preferred": "a"}, "non_preferred"),
        ({"format": "preference", "preferred": "q", "non_preferred": "a"}, "preferred"),
        ({"format": "preference", "preferred": "a", "non_preferred": "q"}, "non_preferred"),
        ({"encoding": "rot13"}, "encoding"),
    ],
)
def test_what_does_not_fit_is_an_error_of_its_field(changes: dict[str, str], field: str) -> None:
    form = ColumnsForm(dataset(CSV), {**SENT, **changes})
    assert not form.is_valid()
    assert field in form.errors


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"share": "20", "at_most": "1000", "seed": "42"}, {"share": 0.2, "at_most": 1000, "seed": 42, "held_out": 0}),
        ({"share": "0", "at_most": "1", "seed": "0"}, {"share": 0.0, "at_most": 1, "seed": 0, "held_out": 0}),
        (
            {"share": "50", "at_most": "1000000", "seed": "7", "held_out": "10", "held_out_as": "percent"},
            {"share": 0.5, "at_most": 1_000_000, "seed": 7, "held_out": 20},
        ),
        (
            {"share": "20", "at_most": "9", "seed": "7", "held_out": "10", "held_out_as": "rows"},
            {"share": 0.2, "at_most": 9, "seed": 7, "held_out": 10},
        ),
    ],
)
def test_the_split_asked_for(data: dict[str, str], wanted: dict[str, Any]) -> None:
    form = VersionForm(data)
    assert form.is_valid()
    assert form.wanted(Dataset(prepared_count=200)) == wanted


def test_the_split_begins_at_a_fifth() -> None:
    form = VersionForm()
    assert (form["share"].initial, form["at_most"].initial, form["seed"].is_hidden) == (20, 1000, True)


@pytest.mark.parametrize("choice", ["accepted", "skipped"])
def test_a_decision_is_one_of_two(choice: str) -> None:
    assert DecisionForm({"code": "separator", "choice": choice}).is_valid()
    assert not DecisionForm({"code": "separator", "choice": choice + "!"}).is_valid()


@pytest.mark.parametrize(("number", "fits"), [("0", True), ("12", True), ("-1", False), ("x", False), ("", False)])
def test_a_place_in_the_list_is_a_number(number: str, fits: bool) -> None:
    assert NumberForm({"number": number}).is_valid() is fits


def test_an_upload_needs_a_file_and_no_name() -> None:
    form = UploadForm({}, {})
    assert set(form.errors) == {"file"}
    assert not form.fields["name"].required


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("no column here", "Name at least one column, like this: {q}."),
        ("{q} and {who}", "The file has no column named “who”."),
        ("{q} {a}", "two different columns"),
    ],
)
def test_a_template_that_cannot_be_filled_is_explained(template: str, error: str) -> None:
    form = ColumnsForm(dataset(CSV), {**SENT, "template": template})
    assert not form.is_valid()
    assert error in str(form.errors)


def test_a_template_takes_the_place_of_the_prompt_s_column_with_the_line_breaks_that_are_seen() -> None:
    form = ColumnsForm(dataset(CSV), {**SENT, "prompt": "q", "template": "Q: {q}\r\nM: {m}\r\n"})
    assert form.is_valid(), form.errors
    assert form.mapping() == Mapping(format="prompt-completion", template="Q: {q}\nM: {m}\n", completion="a")


def test_what_is_proposed_at_first_is_what_the_form_shows() -> None:
    assert ColumnsForm(dataset(CSV)).proposed() == Mapping(format="prompt-completion", prompt="q", completion="a")
    chosen = Mapping(format="prompt-completion", template="{m}:", completion="a")
    assert ColumnsForm(dataset(CSV, mapping=chosen.to_json())).proposed().template == "{m}:"


def test_conversations_are_made_of_two_columns_and_a_system_message() -> None:
    sent = {**SENT, "format": "made-chat", "system": "You sort tickets."}
    form = ColumnsForm(dataset(CSV), sent)
    assert form.is_valid(), form.errors
    made = Mapping(format="chat", prompt="q", completion="a", system="You sort tickets.")
    assert form.mapping() == made
    again = ColumnsForm(dataset(CSV, mapping=made.to_json()))
    assert (again["format"].initial, again["system"].initial) == ("made-chat", "You sort tickets.")
    assert again.proposed() == made


def test_prompt_and_completion_of_a_made_conversation_differ_as_well() -> None:
    form = ColumnsForm(dataset(CSV), {**SENT, "format": "made-chat", "completion": "q"})
    assert "two different columns" in str(form.errors)


def test_any_of_the_first_rows_may_name_the_columns() -> None:
    form = ColumnsForm(dataset(BOOK))
    shown = str(form["header_row"])
    assert '<option value="1" selected>Row 1: q · a</option>' in shown
    assert '<option value="3">Row 3: Where? · Here.</option>' in shown
    assert '<option value="0">In no row: number the columns</option>' in shown


@pytest.mark.parametrize(
    ("changes", "row"), [({}, 1), ({"header_row": "3"}, 3), ({"header_row": "0"}, 0), ({"sheet": "Two"}, None)]
)
def test_the_row_that_was_pointed_at_is_read_and_that_of_another_sheet_is_looked_for(
    changes: dict[str, str], row: int | None
) -> None:
    form = ColumnsForm(dataset(BOOK), {**SENT, **changes})
    assert form.is_valid(), form.errors
    assert form.options().header_row == row


def test_a_row_that_is_not_among_the_first_is_refused() -> None:
    form = ColumnsForm(dataset(BOOK), {**SENT, "header_row": "400"})
    assert "header_row" in form.errors


@pytest.mark.parametrize(
    ("format", "mapping"),
    [
        ("prompt-completion", Mapping(format="prompt-completion", prompt="q", completion="a")),
        ("made-pairs", Mapping(format="prompt-completion", messages="m", asks="", answers="Host", keep_system=False)),
        ("chat", Mapping(format="chat", messages="m")),
        ("made-chat", Mapping(format="chat", prompt="q", completion="a", system="Be kind.")),
        ("preference", Mapping(format="preference", prompt="q", preferred="a", non_preferred="m")),
        ("made-preferred", Mapping(format="chat", prompt="q", preferred="a", non_preferred="m")),
    ],
)
def test_every_format_comes_back_as_it_was_chosen(format: str, mapping: Mapping) -> None:
    form = ColumnsForm(dataset(CSV, mapping=mapping.to_json()))
    assert form["format"].initial == format
    assert form.proposed() == mapping


def test_names_and_system_message_of_a_conversation_are_proposed_until_they_are_chosen() -> None:
    form = ColumnsForm(dataset(CSV))
    assert (form["asks"].initial, form["answers"].initial, form["keep_system"].initial) == ("Customer", "Agent", True)
