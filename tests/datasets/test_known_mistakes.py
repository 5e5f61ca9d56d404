"""What the retired command-line tool got wrong is right here: one test for each of its known mistakes."""

from __future__ import annotations

from datasets import choose, decide
from datasets.formats import Options
from tests.conftest import People
from tests.datasets.made import (
    Pair,
    csv_of,
    findings,
    fixed,
    jsonl_of,
    lines_of,
    prepared,
    report,
    uploaded,
    version_of,
    worked,
)

GENERATED: list[Pair] = [(f"{number} wants an answer ->", f" {number * 7} is one END") for number in range(40)]


def test_removing_long_rows_after_duplicates_removes_the_long_ones_and_not_their_neighbours(people: People) -> None:
    long = ("word " * 2500, " too much")
    rows = [GENERATED[0], *GENERATED[:10], long, *GENERATED[10:], long]
    dataset = prepared(people.organization, content=csv_of(rows))
    decide.decide(dataset, "too-long", decide.ACCEPTED, by="somebody")
    made = version_of(worked(dataset), share=0.0)
    kept = [row["prompt"] for row in lines_of(made.training)]
    assert len(kept) == len(GENERATED)
    assert all(any(prompt == wanted for prompt in kept) for wanted, _answer in GENERATED)


def test_a_json_lines_file_of_one_line_is_read(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=jsonl_of([{"prompt": "a", "completion": "b"}]), name="x.jsonl"))
    assert (dataset.state, dataset.row_count) == ("ready", 1)


def test_a_json_array_becomes_json_lines(people: People) -> None:
    content = b'[\n {"prompt": "a ->", "completion": " b END"},\n {"prompt": "c ->", "completion": " d END"}\n]'
    made = version_of(worked(uploaded(people.organization, content=content, name="x.json")), share=0.0)
    with made.training.open("rb") as file:
        assert file.read() == b'{"prompt":"a ->","completion":" b END"}\n{"prompt":"c ->","completion":" d END"}\n'


def test_the_task_is_judged_after_duplicates_are_gone() -> None:
    rows = GENERATED[:4] * 30
    assert report(rows).facts.task == "generation"


def test_the_task_is_judged_again_after_each_fix(people: People) -> None:
    """Four rows that differ only by a space are two classes in eight rows before, and two rows after."""
    rows = [(f"text {number}", answer) for number in range(30) for answer in ("yes", " yes", "no")]
    dataset = worked(uploaded(people.organization, content=csv_of(rows)))
    assert dataset.numbers["classes"] == 3
    decide.decide(dataset, "leading-space", decide.ACCEPTED, by="somebody")
    assert worked(dataset).numbers["classes"] == 2


def test_a_shared_last_letter_is_no_separator() -> None:
    rows = [("a bed", "x"), ("a red", "y"), ("instead", "z")]
    assert report(rows).separator == ""
    assert findings(rows)["separator"].count == 3


def test_one_class_is_no_classifier() -> None:
    found = report([(f"text {number}", " yes") for number in range(50)])
    assert found.facts.task != "classification"
    assert found.facts.labels == {}


def test_some_empty_prompts_are_told() -> None:
    assert findings([*GENERATED, ("", " x END")])["empty-prompts"].count == 1


def test_a_shared_beginning_of_labels_is_not_cut_off_by_accepting_everything(people: People) -> None:
    rows = [(f"text {number}", "negative" if number % 2 else "negation") for number in range(60)]
    dataset = prepared(people.organization, content=csv_of(rows))
    assert set(dict(dataset.numbers["labels"])) == {" negative", " negation"}
    assert "completion-prefix" in [finding["code"] for finding in dataset.findings]


def test_a_missing_prompt_is_nothing_and_not_the_word_none(people: People) -> None:
    content = b'{"prompt": null, "completion": " x"}\n{"prompt": "a", "completion": " y"}\n'
    dataset = worked(uploaded(people.organization, content=content, name="x.jsonl"))
    assert lines_of(version_of(dataset, share=0.0).training)[0] == {"prompt": "", "completion": " x"}


def test_numbers_and_truths_keep_their_spelling(people: People) -> None:
    content = b'{"prompt": 3, "completion": true}\n{"prompt": 3.5, "completion": false}\n'
    dataset = worked(uploaded(people.organization, content=content, name="x.jsonl"))
    assert lines_of(version_of(dataset, share=0.0).training) == [
        {"prompt": "3", "completion": "true"},
        {"prompt": "3.5", "completion": "false"},
    ]


def test_the_split_puts_no_prompt_on_both_sides_and_keeps_shares(people: People) -> None:
    rows = [(f"text {number // 2}", f"{number % 2} of {number}") for number in range(200)]
    made = version_of(prepared(people.organization, content=csv_of(rows)))
    sides = [{row["prompt"] for row in lines_of(stored)} for stored in (made.training, made.validation)]
    assert not sides[0] & sides[1]
    assert made.validation_rows == 40


def test_bad_lines_are_numbered_and_never_stop_the_good_ones(people: People) -> None:
    content = jsonl_of([{"prompt": "a", "completion": "b"}]) + b"not json\n" + jsonl_of([{"prompt": "c", "completion": "d"}])
    dataset = worked(uploaded(people.organization, content=content, name="x.jsonl"))
    assert (dataset.row_count, [row["line"] for row in dataset.bad_rows]) == (2, [2])


def test_a_mark_is_put_only_where_it_is_missing() -> None:
    rows = [*GENERATED, ("without", " x END")]
    assert fixed(findings(rows)["separator"], rows)[:-1] == GENERATED


def test_choosing_another_encoding_reads_the_file_again_from_the_beginning(people: People) -> None:
    content = "prompt,completion\nЧто это?,мяч\n".encode("cp1251")
    dataset = worked(uploaded(people.organization, content=content))
    choose.columns(dataset, mapping=None, options=Options(encoding="cp1251"))
    made = version_of(worked(dataset), share=0.0)
    assert lines_of(made.training) == [{"prompt": "Что это?", "completion": "мяч"}]
