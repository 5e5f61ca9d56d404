"""What the checks of prompt-completion rows find, and what their fixes make of it."""

from __future__ import annotations

import pytest

from tests.datasets.made import Pair, findings, fixed, report

SMALL: list[Pair] = [(f"question {number} of {number * 7}", f"{number} gives {number * 3}") for number in range(20)]
LABELS: list[Pair] = [(f"text {number}", "yes" if number % 2 else "no") for number in range(40)]


def test_good_rows_leave_nothing_to_change() -> None:
    rows = [(f"text {number} ->", " yes" if number % 2 else " no") for number in range(400)]
    assert findings(rows) == {}


@pytest.mark.parametrize("empty", ["", " ", "\n\t"])
def test_empty_completions_are_removed_when_recommended(empty: str) -> None:
    rows = [*SMALL, ("asked", empty)]
    found = findings(rows)["empty-completions"]
    assert (found.count, found.fix is not None and found.fix.recommended) == (1, True)
    assert found.samples[0]["dropped"]
    assert fixed(found, rows) == SMALL


def test_some_empty_prompts_are_told_and_never_removed_unasked() -> None:
    rows = [*SMALL, ("", "answer")]
    found = findings(rows)["empty-prompts"]
    assert (found.count, found.fix is not None and found.fix.recommended) == (1, False)
    assert fixed(found, rows) == SMALL


def test_if_all_prompts_are_empty_the_task_is_open_ended_and_nothing_is_asked_of_prompts() -> None:
    found = report([("", f"{number} is a text to write like") for number in range(200)])
    assert found.facts.task == "open-ended"
    assert {finding.code for finding in found.findings} == {"leading-space"}


def test_duplicates_are_removed_and_the_first_stays() -> None:
    rows = [SMALL[0], *SMALL, SMALL[3]]
    found = findings(rows)["duplicates"]
    assert (found.count, found.fix is not None and found.fix.recommended) == (2, True)
    assert [sample["line"] for sample in found.samples] == [3, 23]
    assert fixed(found, rows) == SMALL


def test_the_same_prompt_with_another_answer_is_a_conflict_but_a_duplicate_is_none() -> None:
    rows = [*LABELS, LABELS[0], ("text 1", "no"), ("text 1", " yes ")]
    found = findings(rows)["conflicts"]
    assert (found.count, found.severity, found.fix is not None and found.fix.recommended) == (1, "wait", False)
    assert ("text 1", "no") not in fixed(found, rows)
    assert len(fixed(found, rows)) == len(rows) - 1


def test_several_answers_to_an_empty_prompt_are_no_conflict() -> None:
    assert "conflicts" not in findings([*SMALL, ("", "one"), ("", "two")])


class TestSeparator:
    @pytest.mark.parametrize(
        ("prompt", "separator"),
        [
            ("one line", " ->"),
            ("two\nlines", "\n\n###\n\n"),
            ("an -> arrow", "\n\n###\n\n"),
            ("a\n\n###\n\nb", "\n\n===\n\n"),
            ("a\n\n###\n\nb\n\n===\n\nc", "\n\n---\n\n"),
            ("-> \n\n###\n\n \n\n===\n\n \n\n---\n\n \n\n===>\n\n \n\n--->\n\n x", "\n\n### =>\n\n"),
        ],
    )
    def test_the_first_candidate_that_no_prompt_holds_is_offered(self, prompt: str, separator: str) -> None:
        rows = [*SMALL, (prompt, "x")]
        found = findings(rows)["separator"]
        assert found.fix is not None
        assert (found.fix.params, found.fix.recommended) == ({"separator": separator}, True)
        assert fixed(found, rows) == [(asked + separator, answer) for asked, answer in rows]

    @pytest.mark.parametrize("accident", ["d", " is red", "?", ".", " is it red?"])
    def test_an_accidental_shared_end_is_no_separator(self, accident: str) -> None:
        found = findings([(f"number {number}{accident}", f"answer {number}") for number in range(30)])
        assert found["separator"].count == 30

    @pytest.mark.parametrize("separator", [" ->", "\n\n###\n\n", "\nSupported:", "\n\nCategory: "])
    def test_a_separator_that_is_there_is_kept(self, separator: str) -> None:
        found = report([(prompt + separator, answer) for prompt, answer in SMALL])
        assert "separator" not in {finding.code for finding in found.findings}
        assert found.separator == separator

    def test_rows_that_lack_the_others_separator_get_that_one(self) -> None:
        rows = [(prompt + "\n\n===\n\n", answer) for prompt, answer in SMALL] + [("without", "x")]
        found = findings(rows)["separator"]
        assert found.count == 1
        assert fixed(found, rows)[-1] == ("without\n\n===\n\n", "x")
        assert fixed(found, rows)[0] == rows[0]

    def test_a_separator_of_ones_own_inside_prompts_too_is_told_and_not_touched(self) -> None:
        rows = [
            (f"{prompt} =>> more =>>" if at % 2 else f"{prompt} =>>", answer) for at, (prompt, answer) in enumerate(SMALL)
        ]
        found = findings(rows)["separator"]
        assert (found.count, found.fix, found.severity) == (10, None, "info")

    def test_identical_prompts_cannot_be_trained(self) -> None:
        found = findings([("Say something:", f"answer {number}") for number in range(30)])["separator"]
        assert (found.severity, found.fix) == ("bad", None)

    @pytest.mark.parametrize("rows", [[("a", "b")], [("a", "b"), ("a", "c")], [("a", "b"), ("x ->", "c")]])
    def test_once_added_it_is_not_offered_again(self, rows: list[Pair]) -> None:
        found = findings(rows)["separator"]
        after = findings(fixed(found, rows) if found.fix else rows).get("separator")
        assert after is None or after.fix is None


class TestLeadingSpace:
    def test_one_is_put_where_it_is_missing_and_nowhere_else(self) -> None:
        rows = [("a", "x"), ("b", " y"), ("c", "\nz"), ("d", "")]
        found = findings(rows)["leading-space"]
        assert found.count == 2
        assert [answer for _prompt, answer in fixed(found, rows)] == [" x", " y", " \nz", ""]

    def test_the_sample_marks_the_space(self) -> None:
        text = findings([("a", "x"), ("b", "y")])["leading-space"].samples[0]["texts"][0]
        assert text["after"] == [[" ", True], ["x", False]]


class TestEnding:
    def test_generation_gets_the_first_ending_that_no_completion_holds(self) -> None:
        found = findings(SMALL)["ending"]
        assert found.fix is not None
        assert (found.fix.params, found.fix.recommended) == ({"ending": "\n"}, True)

    def test_completions_with_lines_and_sentences_end_in_a_word(self) -> None:
        rows = [(prompt, f"{answer}.\nMore") for prompt, answer in SMALL]
        found = findings(rows)["ending"]
        assert found.fix is not None
        assert found.fix.params == {"ending": " END"}
        assert fixed(found, rows)[0][1].endswith("More END")

    def test_a_classifier_needs_no_ending(self) -> None:
        assert "ending" not in findings(LABELS)

    @pytest.mark.parametrize("ending", [" END", "\n", "###", "."])
    def test_an_ending_that_is_there_and_nowhere_else_is_kept(self, ending: str) -> None:
        found = report([(prompt, answer + ending) for prompt, answer in SMALL])
        assert "ending" not in {finding.code for finding in found.findings}
        assert found.ending == ending

    def test_a_full_stop_that_also_ends_sentences_is_no_ending(self) -> None:
        found = findings([(prompt, f"First. {answer}.") for prompt, answer in SMALL])["ending"]
        assert found.fix is not None
        assert found.fix.params == {"ending": "\n"}

    def test_a_mark_that_stands_inside_completions_is_no_stop(self) -> None:
        rows = [(prompt, f"{answer} ## {answer} ##") for prompt, answer in SMALL]
        assert report(rows).ending == ""
        assert "ending" in findings(rows)

    def test_the_last_resort_is_offered_once_and_not_again(self) -> None:
        marks = "\n . END *** +++ &&& $$$ @@@ %%% [END] "
        rows = [(prompt, marks + answer) for prompt, answer in SMALL]
        found = findings(rows)["ending"]
        assert found.fix is not None
        assert found.fix.params == {"ending": " [END]"}
        assert "ending" not in findings(fixed(found, rows))


class TestTooLong:
    ROWS = [*SMALL, ("word " * 2100, "x"), ("word " * 2000, "y")]

    def test_rows_beyond_the_limit_are_told_and_stay_unless_a_person_removes_them(self) -> None:
        found = findings(self.ROWS, count_tokens=True)["too-long"]
        assert (found.count, found.fix is not None and found.fix.recommended) == (1, False)
        assert [answer for _prompt, answer in fixed(found, self.ROWS)][-1] == "y"
        assert len(fixed(found, self.ROWS)) == len(self.ROWS) - 1

    def test_after_another_row_was_removed_the_long_one_is_removed_and_not_its_neighbour(self) -> None:
        rows = [SMALL[0], *self.ROWS]
        kept = fixed(findings(rows)["duplicates"], rows)
        found = findings(kept, count_tokens=True)["too-long"]
        assert ("word " * 2100, "x") not in fixed(found, kept)
        assert set(SMALL) <= set(fixed(found, kept))

    def test_without_counting_all_tokens_the_long_ones_are_found_all_the_same(self) -> None:
        assert findings(self.ROWS)["too-long"].count == 1

    def test_letters_of_many_bytes_may_be_many_tokens(self) -> None:
        rows = [*SMALL, ("\N{GOTHIC LETTER AHSA}" * 600, "x")]
        assert findings(rows)["too-long"].count == findings(rows, count_tokens=True)["too-long"].count == 1


class TestClasses:
    def test_one_class_is_no_classifier_and_cannot_be_trained(self) -> None:
        found = report([(f"text {number}", " yes") for number in range(30)])
        assert found.facts.task == "generation"
        assert next(f for f in found.findings if f.code == "one-class").severity == "bad"

    def test_small_classes_are_named_with_their_counts(self) -> None:
        rows = [(f"text {number}", "often" if number else "rare") for number in range(150)]
        found = findings(rows)["small-classes"]
        assert found.count == 1
        assert "“rare” 1" in str(found.why)

    def test_labels_are_counted_most_frequent_first(self) -> None:
        rows = [(f"text {number}", " b" if number % 4 else " a") for number in range(100)]
        assert list(report(rows).facts.labels.items()) == [(" b", 75), (" a", 25)]

    def test_the_task_is_judged_without_duplicates(self) -> None:
        rows = SMALL + SMALL[:1] * 60
        assert report(rows).facts.task == "generation"


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("prompt-case", [("HELLO THERE", "fine"), ("Good day", "fine thanks")]),
        ("completion-case", [("hello", "YES PLEASE"), ("bye", "no")]),
        ("prompt-case", [("ПРИВЕТ ВСЕМ", "да"), ("пока", "нет")]),
    ],
)
def test_shouting_is_told_and_never_changed_unasked(code: str, rows: list[Pair]) -> None:
    found = findings(rows)[code]
    assert found.fix is not None
    assert not found.fix.recommended
    column = 0 if code == "prompt-case" else 1
    assert all(row[column] == row[column].lower() for row in fixed(found, rows))


def test_a_third_of_capitals_is_no_shouting() -> None:
    assert not {"prompt-case", "completion-case"} & set(findings([("Hello There", "Yes"), ("日本語", "1 2 3")]))


def test_a_long_shared_beginning_of_prompts_is_told_and_never_removed_unasked() -> None:
    rows = [(f"Please tell me whether this is spam: {prompt}", answer) for prompt, answer in SMALL]
    found = findings(rows)["prompt-prefix"]
    assert found.fix is not None
    assert not found.fix.recommended
    assert fixed(found, rows)[0][0] == "0 of 0"


def test_a_shared_beginning_of_completions_keeps_its_space() -> None:
    rows = [(prompt, f" Category: {answer}") for prompt, answer in LABELS]
    found = findings(rows)["completion-prefix"]
    assert found.fix is not None
    assert not found.fix.recommended
    assert {answer for _prompt, answer in fixed(found, rows)} == {" yes", " no"}


def test_identical_texts_have_no_beginning_to_remove() -> None:
    found = findings([("the very same prompt", "the very same answer")] * 10)
    assert not {"prompt-prefix", "completion-prefix"} & set(found)


def test_columns_that_are_not_used_are_named() -> None:
    found = findings(SMALL, columns=["prompt", "completion", "date"], used_columns=["prompt", "completion"])
    assert str(found["other-columns"].title) == "1 column is not used"
    assert "“date”" in str(found["other-columns"].why)


def test_a_missing_prompt_column_is_told() -> None:
    rows = [("", f"text {number} of many") for number in range(200)]
    assert findings(rows, columns=["completion"], used_columns=["completion"])["missing-columns"].severity == "info"


@pytest.mark.parametrize(("rows", "told"), [(1, True), (99, True), (100, False)])
def test_fewer_than_a_hundred_examples_are_told(rows: int, told: bool) -> None:
    pairs = [(f"question {number}", f"answer {number}") for number in range(rows)]
    assert ("few-examples" in findings(pairs)) is told


def test_a_finding_can_be_stored() -> None:
    import json

    for finding in report([*SMALL, ("", ""), SMALL[0]], count_tokens=True).findings:
        stored = json.loads(json.dumps(finding.to_json()))
        assert stored["code"] == finding.code
        assert stored["title"]["one"]


def test_samples_of_a_missing_mark_are_rows_that_lack_it() -> None:
    rows = [*((f"{number} ->", f"{number} x") for number in range(20)), ("none", "1 y"), ("neither", "2 y")]
    found = findings(rows)["separator"]
    assert found.count == 2
    assert [shown["line"] for shown in found.samples] == [22, 23]
