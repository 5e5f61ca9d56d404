"""Preference data from both spellings to the guide's, through checks, examples and split to a version."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from datasets import tokens
from datasets.checks import BY_CODE
from datasets.checks.keys import of_question
from datasets.checks.texts import rewritten, texts_of
from datasets.formats import BadRow, Row
from datasets.mapping import Mapping, detect, taker
from datasets.models import Dataset, Version
from datasets.samples import texts
from tests.conftest import People
from tests.datasets.made import findings, jsonl_of, lines_of, report, uploaded, version_of, worked
from trainer import examples

Example = dict[str, Any]
ASKED = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is it?"}]
GOOD, POOR = {"role": "assistant", "content": "On its way."}, {"role": "assistant", "content": "No idea."}
EXAMPLE: Example = {"input": {"messages": ASKED}, "preferred_output": [GOOD], "non_preferred_output": [POOR]}
OTHER_NAMES = Mapping(format="preference", prompt="prompt", preferred="chosen", non_preferred="rejected")
WITHOUT_PROMPT = Mapping(format="preference", preferred="chosen", non_preferred="rejected")


def made(row: dict[str, Any], mapping: Mapping | None = None) -> Example | BadRow:
    found = mapping or detect(list(row))
    assert found is not None
    return taker(found)(Row(1, row))


def example(number: int, **changes: Any) -> Example:
    asked = {"messages": [{"role": "user", "content": f"Where is parcel {number}?"}]}
    return {"input": asked, "preferred_output": [GOOD], "non_preferred_output": [POOR], **changes}


TOOLS = [{"type": "function", "function": {"name": "look"}}]
USER = {"role": "user", "content": "Where is it?"}
PLAIN: Example = {"input": {"messages": [USER]}, "preferred_output": [GOOD], "non_preferred_output": [POOR]}


class TestSpellings:
    @pytest.mark.parametrize(
        "row",
        [
            EXAMPLE,
            {"input": {"messages": ASKED, "tools": []}, "preferred_completion": [GOOD], "non_preferred_completion": [POOR]},
            {"prompt": ASKED, "chosen": [GOOD], "rejected": [POOR]},
            {"prompt": ASKED, "chosen": GOOD, "rejected": POOR},
            {"prompt": ASKED, "chosen": "On its way.", "rejected": "No idea."},
            {"prompt": ASKED, "chosen": [*ASKED, GOOD], "rejected": [*ASKED, POOR]},
            {"chosen": [*ASKED, GOOD], "rejected": [*ASKED, POOR]},
        ],
    )
    def test_whatever_the_spelling_the_guide_s_comes_out(self, row: dict[str, Any]) -> None:
        assert made(row) == EXAMPLE

    @pytest.mark.parametrize(
        "row",
        [
            {"prompt": "Where is it?", "chosen": "On its way.", "rejected": "No idea."},
            {"prompt": "Where is it?", "chosen": [USER, GOOD], "rejected": [USER, POOR]},
            {"chosen": [USER, GOOD], "rejected": [USER, POOR]},
        ],
    )
    def test_a_text_that_is_asked_is_the_user_s(self, row: dict[str, Any]) -> None:
        assert made(row) == PLAIN

    def test_cells_of_a_table_may_hold_messages_as_json(self) -> None:
        row = {"prompt": '[{"role": "user", "content": "Where is it?"}]', "chosen": "On its way.", "rejected": "No idea."}
        assert made(row) == PLAIN

    def test_tools_are_kept_wherever_they_stand_and_other_columns_are_left_out(self) -> None:
        inside = made({**PLAIN, "input": {"messages": [USER], "tools": TOOLS, "parallel_tool_calls": False}})
        beside = made({"prompt": "Where is it?", "chosen": "x", "rejected": "y", "tools": TOOLS, "score": 4})
        assert isinstance(inside, dict)
        assert isinstance(beside, dict)
        assert inside["input"] == {"messages": [USER], "tools": TOOLS, "parallel_tool_calls": False}
        assert beside["input"] == {"messages": [USER], "tools": TOOLS}

    @pytest.mark.parametrize("text", ['{"label": 1}', "[1, 2]", "[]", "42", "null", '{"role": 5}x', '["a"]'])
    def test_a_text_that_happens_to_be_json_stays_a_text(self, text: str) -> None:
        row = made({"prompt": text, "chosen": text, "rejected": "x"})
        assert isinstance(row, dict)
        assert row["input"]["messages"] == [{"role": "user", "content": text}]
        assert row["preferred_output"] == [{"role": "assistant", "content": text}]

    @pytest.mark.parametrize(
        ("row", "column", "reason"),
        [
            ({**EXAMPLE, "input": {}}, "input", "“messages” holds null, not a list of messages."),
            ({**EXAMPLE, "input": {"messages": []}}, "input", "The list of messages is empty."),
            ({**EXAMPLE, "input": True}, "input", "The cell holds true, neither a text nor messages."),
            ({**EXAMPLE, "preferred_output": ["x"]}, "preferred_output", "Message 1 is a text, not an object."),
            ({**EXAMPLE, "preferred_output": {"text": "x"}}, "preferred_output", "The cell holds an object, neither"),
            ({**EXAMPLE, "non_preferred_output": [{}]}, "non_preferred_output", "Message 1 has no role."),
            ({"chosen": [GOOD], "rejected": [POOR]}, "chosen", "What was asked is missing"),
            ({"chosen": "x", "rejected": "y"}, "chosen", "What was asked is missing"),
            ({"chosen": [USER, GOOD], "rejected": [{**USER, "content": "?"}, POOR]}, "chosen", "What was asked is missing"),
            ({"prompt": "a\x00", "chosen": "x", "rejected": "y"}, "", "NUL character"),
            ({"prompt": "\ud800", "chosen": "x", "rejected": "y"}, "", "no file can hold"),
        ],
    )
    def test_what_makes_no_example_is_a_bad_row_with_its_column(self, row: dict[str, Any], column: str, reason: str) -> None:
        bad = made(row)
        assert isinstance(bad, BadRow)
        assert bad.column == column
        assert reason in str(bad.reason)

    def test_a_missing_side_stays_visible_to_the_checks(self) -> None:
        row = made({"prompt": "Where is it?", "chosen": None, "rejected": []}, OTHER_NAMES)
        assert isinstance(row, dict)
        assert (row["preferred_output"], row["non_preferred_output"]) == ([], [])


def rows(*odd: Example) -> list[Example]:
    return [*(example(number) for number in range(60)), *odd]


class TestChecks:
    def test_good_examples_leave_nothing_to_say(self) -> None:
        found = report(rows(), count_tokens=True)
        assert (found.findings, found.facts.task, found.facts.encoding) == ([], "preference", "cl100k_base")

    @pytest.mark.parametrize(
        ("code", "odd"),
        [
            ("empty-answer", example(99, preferred_output=[])),
            ("empty-answer", example(99, non_preferred_output=[{"role": "assistant", "content": " "}])),
            ("same-answers", example(99, non_preferred_output=[GOOD])),
            ("several-messages", example(99, preferred_output=[GOOD, POOR])),
            ("several-messages", example(99, preferred_output=[{"role": "user", "content": "x"}])),
            ("nothing-asked", example(99, input={"messages": [USER, GOOD]})),
            ("nothing-asked", example(99, input={"messages": [ASKED[0]]})),
            ("empty-messages", example(99, input={"messages": [{"role": "user", "content": ""}]})),
            ("unknown-roles", example(99, input={"messages": [{"role": "bot", "content": "x"}, USER]})),
        ],
    )
    def test_what_is_wrong_is_found_once_and_its_removal_removes_only_that(self, code: str, odd: Example) -> None:
        found = findings(rows(odd))
        assert set(found) == {code}
        assert found[code].count == 1
        assert found[code].severity in ("bad", "wait")
        fix = found[code].fix
        assert fix is not None
        assert not fix.recommended
        change = BY_CODE[code].change({})
        assert [row for row in rows(odd) if change(row)] == rows()
        assert str(BY_CODE[code].said({})).endswith(" removed.")

    def test_a_question_that_a_tool_has_answered_is_fine(self) -> None:
        called = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
        told = {"role": "tool", "tool_call_id": "1", "content": "Lyon"}
        assert findings(rows(example(99, input={"messages": [USER, called, told]}))) == {}

    def test_findings_show_the_three_texts_by_their_names(self) -> None:
        found = findings(rows(example(99, non_preferred_output=[GOOD])))["same-answers"]
        assert [text["key"] for text in found.samples[0]["texts"]] == ["1 user", "preferred", "not preferred"]

    def test_copies_few_rows_long_rows_and_addresses_are_found_as_everywhere(self) -> None:
        long = example(1, preferred_output=[{"role": "assistant", "content": "word " * 4200}])
        mail = example(2, non_preferred_output=[{"role": "assistant", "content": "Write to ada@example.com."}])
        found = findings([example(0), example(0), long, mail], count_tokens=True)
        assert set(found) == {"duplicates", "few-examples", "too-long", "personal-data"}
        assert found["few-examples"].severity == "bad"
        assert found["personal-data"].fix is not None
        change = BY_CODE["personal-data"].change(found["personal-data"].fix.params)
        changed = change(mail)
        assert changed is not None
        assert "ada@" not in changed["non_preferred_output"][0]["content"]
        assert changed["input"] == mail["input"]

    def test_a_system_message_that_all_share_is_remembered(self) -> None:
        assert report([EXAMPLE] * 3).system_message == "Be kind."
        assert report([EXAMPLE, example(1)]).system_message == ""


class TestTexts:
    def test_every_text_is_looked_through_and_written_anew(self) -> None:
        assert list(texts_of(EXAMPLE)) == ["Be kind.", "Where is it?", "On its way.", "No idea."]
        loud = rewritten(EXAMPLE, str.upper)
        assert list(texts_of(loud)) == ["BE KIND.", "WHERE IS IT?", "ON ITS WAY.", "NO IDEA."]
        assert EXAMPLE["input"]["messages"] == ASKED
        assert rewritten(EXAMPLE, str) is EXAMPLE

    def test_texts_have_names_that_tell_the_sides(self) -> None:
        several = {**EXAMPLE, "preferred_output": [GOOD, GOOD]}
        assert list(texts(several)) == ["1 system", "2 user", "preferred", "preferred 2", "not preferred"]

    def test_tokens_of_all_messages_count(self) -> None:
        chat = {"messages": [*ASKED, GOOD, POOR]}
        assert tokens.of_example(EXAMPLE, "cl100k_base") == tokens.of_example(chat, "cl100k_base")

    def test_the_same_question_is_one_group_whatever_is_answered(self) -> None:
        assert of_question(EXAMPLE) == of_question({**EXAMPLE, "preferred_output": [POOR]})
        assert of_question(EXAMPLE) != of_question(example(1))


class TestMadeChats:
    MADE = Mapping(format="chat", prompt="input", preferred="preferred_output", non_preferred="non_preferred_output")

    def test_a_chat_with_the_preferred_answer_is_made_for_models_that_learn_by_example(self) -> None:
        asked = {"messages": ASKED, "tools": TOOLS}
        assert made({**EXAMPLE, "input": asked}, self.MADE) == {"messages": [*ASKED, GOOD], "tools": TOOLS}

    def test_what_makes_no_preference_makes_no_chat(self) -> None:
        assert isinstance(made({**EXAMPLE, "input": 5}, self.MADE), dict)
        assert isinstance(made({**EXAMPLE, "input": []}, self.MADE), BadRow)

    def test_conversations_part_where_the_answers_do(self) -> None:
        row = {"chosen": [USER, GOOD, USER, GOOD], "rejected": [USER, POOR, USER, GOOD]}
        example = made(row)
        assert isinstance(example, dict)
        assert example["input"]["messages"] == [USER]
        assert len(example["preferred_output"]) == 3


class TestFromUploadToVersion:
    @pytest.fixture
    def dataset(self, people: People) -> Dataset:
        spelled = [
            {"prompt": f"Where is parcel {number // 2}?", "chosen": f"Way {number}.", "rejected": "No idea."}
            for number in range(100)
        ]
        return worked(uploaded(people.organization, people.member, jsonl_of(spelled), "pairs.jsonl"))

    def test_it_is_recognised_read_and_checked(self, dataset: Dataset) -> None:
        assert (dataset.state, dataset.format, dataset.task) == ("ready", "preference", "preference")
        assert (dataset.row_count, dataset.bad_count, dataset.open_count) == (100, 0, 0)

    def test_a_version_holds_the_guide_s_spelling_and_no_question_on_both_sides(self, dataset: Dataset) -> None:
        version: Version = version_of(dataset)
        training, validation = lines_of(version.training), lines_of(version.validation)
        assert (version.format, len(training), len(validation)) == ("preference", 80, 20)
        assert set(training[0]) == {"input", "preferred_output", "non_preferred_output"}
        asked = [{row["input"]["messages"][0]["content"] for row in side} for side in (training, validation)]
        assert not asked[0] & asked[1]
        assert version.tokens["cl100k_base"]["training"] > 80 * 10

    def test_the_trainer_reads_it_as_preferences(self, dataset: Dataset) -> None:
        with version_of(dataset).training.open("rb") as lines:
            assert {type(row) for row in examples.read(lines)} == {examples.Preference}

    def test_the_same_file_becomes_chats_without_a_new_upload(self, dataset: Dataset, member_client: Client) -> None:
        chosen = {"format": "made-preferred", "prompt": "prompt", "preferred": "chosen", "non_preferred": "rejected"}
        member_client.post(f"/datasets/{dataset.pk}/columns/", chosen)
        dataset = worked(dataset)
        assert (dataset.format, dataset.row_count, dataset.bad_count) == ("chat", 100, 0)

    def test_the_pages_say_what_it_is(self, dataset: Dataset, member_client: Client) -> None:
        version = version_of(dataset)
        checks = member_client.get(f"/datasets/{dataset.pk}/").content.decode()
        assert "pairs of answers, one of them preferred" in checks
        assert "Because each row holds two answers, one of them preferred." in checks
        shown = member_client.get(f"/datasets/{dataset.pk}/examples/").content.decode()
        assert "<dt>Preferred</dt>" in shown
        assert "<dt>Not preferred</dt>" in shown
        page = member_client.get(version.get_absolute_url()).content.decode()
        assert "Preference" in page
        assert "Separator" not in page

    def test_the_examples_are_searched_on_every_side(self, dataset: Dataset, member_client: Client) -> None:
        for words, count in (("Way 17", 1), ("parcel 17?", 2), ("No idea", 100)):
            shown = member_client.get(f"/datasets/{dataset.pk}/examples/", {"q": words}).content.decode()
            assert f"{count} example" in shown

    def test_columns_with_other_names_are_pointed_at(self, people: People, member_client: Client) -> None:
        content = b"question,better,worse\n" + b"".join(b"Where %d?,Here.,What?\n" % number for number in range(20))
        dataset = worked(uploaded(people.organization, content=content))
        assert dataset.state == "mapping"
        chosen = {"format": "preference", "prompt": "question", "preferred": "better", "non_preferred": "worse"}
        address = f"/datasets/{dataset.pk}/columns/"
        seen = member_client.post(address, chosen, headers={"HX-Request": "true", "HX-Target": "seen"}).content.decode()
        assert "Where 0?" in seen
        assert '<div class="new"><b class="faint small">Preferred</b> Here.</div>' in seen
        assert '<div class="old"><b class="faint small">Not preferred</b> What?</div>' in seen
        member_client.post(address, chosen)
        assert worked(dataset).format == "preference"
