from __future__ import annotations

import hashlib
from typing import Any

import pytest

from datasets import decide, version
from datasets.models import Dataset, Version
from datasets.tokens import of_example
from datasets.words import Refused
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, lines_of, prepared, uploaded, version_of, worked


def test_a_version_remembers_everything_that_use_needs(people: People) -> None:
    made = version_of(prepared(people.organization), user=people.member)
    assert (str(made), made.number, made.task, made.format) == ("tickets v1", 1, "classification", "prompt-completion")
    assert (made.separator, made.ending, made.labels) == (" ->", "", [" billing", " repair"])
    assert made.label_counts == {" billing": 60, " repair": 60}
    assert (made.training_rows, made.validation_rows, made.created_by) == (96, 24, people.member)
    assert [step["code"] for step in made.recipe] == ["leading-space", "separator"]
    assert made.split == {"share": 0.2, "at_most": 1000, "seed": 42}


def test_its_files_are_what_the_hashes_and_counts_say(people: People) -> None:
    made = version_of(prepared(people.organization))
    for stored, sha256, rows in (
        (made.training, made.training_sha256, made.training_rows),
        (made.validation, made.validation_sha256, made.validation_rows),
    ):
        with stored.open("rb") as file:
            content = file.read()
        assert hashlib.sha256(content).hexdigest() == sha256
        assert content.count(b"\n") == rows
    training, validation = lines_of(made.training), lines_of(made.validation)
    for encoding, counts in made.tokens.items():
        each = [of_example(row, encoding) for row in training + validation]
        assert counts["training"] == sum(of_example(row, encoding) for row in training)
        assert counts["validation"] == sum(of_example(row, encoding) for row in validation)
        assert counts["longest"] == max(each)


def test_both_files_together_are_the_prepared_rows_and_no_prompt_is_on_both_sides(people: People) -> None:
    rows = [*TICKETS, *((prompt, "other") for prompt, _label in TICKETS[:30])]
    made = version_of(prepared(people.organization, content=csv_of(rows)))
    training, validation = lines_of(made.training), lines_of(made.validation)
    assert len(training) + len(validation) == len(rows)
    assert set(training[0]) == {"prompt", "completion"}
    assert not {row["prompt"] for row in training} & {row["prompt"] for row in validation}


def test_classes_keep_their_shares(people: People) -> None:
    rows = [(f"text {number}", "rare" if number % 10 == 0 else "often") for number in range(200)]
    validation = lines_of(version_of(prepared(people.organization, content=csv_of(rows))).validation)
    assert [row["completion"] for row in validation].count(" rare") == 4
    assert len(validation) == 40


def test_without_a_share_there_is_no_validation_file(people: People) -> None:
    made = version_of(prepared(people.organization), share=0.0)
    assert (made.validation_rows, made.validation.name, made.validation_sha256) == (0, "", "")
    assert made.training_rows == len(TICKETS)


def test_rows_held_out_for_evaluation_are_in_no_other_part_and_hashed(people: People) -> None:
    rows = [*TICKETS, *((prompt, "other") for prompt, _label in TICKETS[:30])]
    made = version_of(prepared(people.organization, content=csv_of(rows)), held_out=30)
    sides = [lines_of(getattr(made, part)) for part in ("training", "validation", "evaluation")]
    prompts = [{row["prompt"] for row in side} for side in sides]
    assert sum(map(len, prompts)) == len(set().union(*prompts))
    assert [len(side) for side in sides] == [made.training_rows, made.validation_rows, made.evaluation_rows]
    assert made.evaluation_rows == 30
    assert made.rows == len(rows)
    with made.evaluation.open("rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() == made.evaluation_sha256
    assert made.tokens["r50k_base"]["evaluation"] == sum(of_example(row, "r50k_base") for row in sides[2])


def test_the_same_request_holds_the_same_rows_out(people: People) -> None:
    dataset = prepared(people.organization)
    made = [version_of(Dataset.objects.get(pk=dataset.pk), share=share, held_out=12) for share in (0.2, 0.2, 0.1)]
    assert len({one.evaluation_sha256 for one in made}) == 1
    assert made[0].split["held_out"] == 12


def test_at_least_a_fifth_of_the_rows_trains(people: People) -> None:
    dataset = prepared(people.organization)
    with pytest.raises(Refused, match="too little to train on"):
        version.request(dataset, share=0.5, at_most=1000, seed=42, by=None, held_out=40)


def test_it_remembers_the_longest_answer(people: People) -> None:
    assert version_of(prepared(people.organization)).tokens["r50k_base"]["answer"] == 1


def test_open_ended_texts_are_not_all_one_group(people: People) -> None:
    rows = [("", f"{number} is a text to write like") for number in range(100)]
    made = version_of(prepared(people.organization, content=csv_of(rows)))
    assert (made.task, made.validation_rows) == ("open-ended", 20)


def test_chat_remembers_its_system_message_and_keeps_the_same_question_on_one_side(people: People) -> None:
    system = {"role": "system", "content": "Be kind."}
    rows = [
        {"messages": [system, {"role": "user", "content": f"q{n % 30}"}, {"role": "assistant", "content": f"a{n}"}]}
        for n in range(60)
    ]
    made = version_of(prepared(people.organization, content=jsonl_of(rows), name="x.jsonl"))
    assert (made.format, made.task, made.system_message) == ("chat", "chat", "Be kind.")
    sides = [{row["messages"][1]["content"] for row in lines_of(stored)} for stored in (made.training, made.validation)]
    assert not sides[0] & sides[1]
    assert made.validation_rows == 12


def test_the_same_rows_make_the_same_files(people: People) -> None:
    dataset = prepared(people.organization)
    first = version_of(dataset)
    second = version_of(Dataset.objects.get(pk=dataset.pk))
    assert (second.number, second.parent) == (2, first)
    assert (second.training_sha256, second.validation_sha256) == (first.training_sha256, first.validation_sha256)


def test_later_decisions_leave_a_version_as_it_is(people: People) -> None:
    dataset = prepared(people.organization)
    made = version_of(dataset)
    before = lines_of(made.training)
    decide.undo(dataset, 0)
    worked(dataset)
    assert lines_of(Version.objects.get(pk=made.pk).training) == before


def test_a_version_is_asked_for_once_at_a_time(people: People) -> None:
    dataset = prepared(people.organization)
    wanted: dict[str, Any] = {"share": 0.2, "at_most": 1000, "seed": 42, "by": None}
    version.request(dataset, **wanted)
    with pytest.raises(Refused, match="being made already"):
        version.request(Dataset.objects.get(pk=dataset.pk), **wanted)
    assert worked(dataset).versions.count() == 1


def test_nothing_is_decided_while_a_version_is_being_made(people: People) -> None:
    dataset = prepared(people.organization)
    version.request(dataset, share=0.2, at_most=1000, seed=42, by=None)
    with pytest.raises(Refused, match="version is being made"):
        decide.undo(dataset, 0)


@pytest.mark.parametrize("content", [b"question,answer\na,b\n", b"prompt,completion\n"])
def test_without_prepared_rows_there_is_nothing_to_make_a_version_of(people: People, content: bytes) -> None:
    dataset = worked(uploaded(people.organization, content=content))
    with pytest.raises(Refused, match="no rows"):
        version.request(dataset, share=0.2, at_most=1000, seed=42, by=None)


def test_versions_of_one_organization_are_not_those_of_another(people: People) -> None:
    made = version_of(prepared(people.organization))
    assert list(Version.objects.of(people.organization)) == [made]
    elsewhere = people.outsider.memberships.get().organization
    assert not Version.objects.of(elsewhere).exists()
