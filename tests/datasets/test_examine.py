from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from datasets import examine as module
from datasets.counts import MAX_LABEL
from datasets.examine import Examination, Report, examine, looked_through
from datasets.infer import MAX_CLASSES
from tests.datasets.made import pairs, report


def test_numbers_are_those_of_the_rows() -> None:
    rows = [(f"text {number} ->", " yes" if number % 2 else " no") for number in range(10)]
    numbers = report([*rows, rows[0]], count_tokens=True).numbers()
    assert {key: numbers[key] for key in ("rows", "unique", "task", "classes", "separator", "ending", "fewest")} == {
        "rows": 11,
        "unique": 10,
        "task": "classification",
        "classes": 2,
        "separator": " ->",
        "ending": "",
        "fewest": 5,
    }
    assert numbers["tokens"] == 11 * numbers["longest"]


def test_rows_go_by_once_unless_a_mark_became_shorter_on_the_way() -> None:
    passes: list[int] = []

    def rows(texts: list[str]) -> Any:
        def fresh() -> Iterator[tuple[int, dict[str, str]]]:
            passes.append(1)
            return iter(list(enumerate(pairs((text, f"about {text.split()[0]}***") for text in texts))))

        return fresh

    examine(rows([f"{number} ->" for number in range(3000)]), format="prompt-completion", count_tokens=False)
    assert len(passes) == 1
    texts = [f"{number} same ->" for number in range(1500)] + [f"{number} ->" for number in range(3000)]
    found = examine(rows(texts), format="prompt-completion", count_tokens=False)
    assert len(passes) == 3
    assert found.separator == " ->"


def test_batches_do_not_change_what_is_found(monkeypatch: Any) -> None:
    rows = [(f"q {number % 50}", f"a {number % 7}") for number in range(300)]
    whole = [finding.to_json() for finding in report(rows).findings]
    monkeypatch.setattr(module, "BATCH", 7)
    assert [finding.to_json() for finding in report(rows).findings] == whole


def test_thousands_of_answers_are_no_labels_and_are_not_held_in_memory() -> None:
    rows = [(f"q {number}", f"a {number % (MAX_CLASSES + 1)}") for number in range(MAX_CLASSES * 4)]
    assert report(rows).facts.task == "generation"
    assert report(rows).facts.labels == {}


def test_a_long_completion_is_no_label() -> None:
    rows = [(f"q {number}", ("x" if number % 2 else "y") * (MAX_LABEL + 1)) for number in range(30)]
    assert report(rows).facts.task == "generation"


def test_no_rows_at_all_is_no_crash() -> None:
    assert examine(lambda: iter(()), format="prompt-completion").facts.rows == 0


PROMPTS = ["one ->", "two ->", "ONE", "", " ", "a\n\n###\n\n", "call +49 170 1234567", "a\u200bb", "same"]
COMPLETIONS = [" yes", "no", "", " END", "YES", "x" * 201, " Ã©", "no."]
ROWS = st.lists(st.tuples(st.sampled_from(PROMPTS), st.sampled_from(COMPLETIONS)), min_size=1, max_size=40)


def said(found: Report) -> Any:
    return [finding.to_json() for finding in found.findings], found.numbers(), {k: v.tolist() for k, v in found.hits.items()}


@given(ROWS, st.integers(0, 40))
def test_two_parts_joined_say_what_one_run_says(rows: list[tuple[str, str]], cut: int) -> None:
    numbered = list(enumerate(pairs(rows)))
    whole = looked_through(numbered, Examination("prompt-completion", near=True))
    one, other = (
        looked_through(part, Examination("prompt-completion", near=True)) for part in (numbered[:cut], numbered[cut:])
    )
    one.join(other)
    assert said(one.report(lambda: numbered)) == said(whole.report(lambda: numbered))


@given(ROWS, st.integers(0, 40))
def test_looking_away_from_copies_says_what_is_true_without_them(rows: list[tuple[str, str]], cut: int) -> None:
    numbered = list(enumerate(pairs(rows)))
    fresh = [row for number, row in enumerate(numbered) if row[1] not in [one for _line, one in numbered[:number]]]
    seen = looked_through(numbered[:cut], Examination("prompt-completion", near=True))
    seen.join(looked_through(numbered[cut:], Examination("prompt-completion", near=True)))
    assert seen.without_copies() == len(numbered) - len(fresh)
    assert safe(seen.report(lambda: fresh)) == safe(examine(lambda: fresh, format="prompt-completion"))


def safe(found: Report) -> Any:
    """What decides on fixes that are accepted unasked, and the numbers."""
    asked = [finding.to_json() for finding in found.findings if finding.fix and finding.fix.recommended]
    return asked, found.numbers()


@given(ROWS)
def test_fixes_that_go_ahead_are_seen_by_all_other_checks(rows: list[tuple[str, str]]) -> None:
    ahead = ("empty-completions", "leading-space")
    seen = looked_through(list(enumerate(pairs(rows))), Examination("prompt-completion", ahead=ahead, near=True))
    after = [(p, c if c.startswith(" ") else " " + c) for p, c in rows if c.strip()]
    numbered = list(enumerate(pairs(after)))
    expected = examine(lambda: numbered, format="prompt-completion")
    assert [finding.count for finding in seen.report(lambda: numbered).findings] == [f.count for f in expected.findings]
    assert [check.count for check in seen.ahead] == [
        sum(not c.strip() for _p, c in rows),
        sum(bool(c.strip()) and not c.startswith(" ") for _p, c in rows),
    ]


def test_the_rows_of_a_finding_are_known_by_their_numbers() -> None:
    hits = report([("a", "x"), ("b", ""), ("a", "x"), ("c", "")]).hits
    assert hits["empty-completions"].tolist() == [1, 3]
    assert hits["duplicates"].tolist() == [2]


def test_tokens_are_known_row_by_row() -> None:
    found = report([("one two three ->", " yes"), ("one ->", " no")], count_tokens=True)
    assert found.token_counts.tolist() == [5, 3]
    assert (found.tokens, found.longest) == (8, 5)


def test_rows_that_go_by_a_second_time_keep_their_numbers(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    rows = [("LOUD", "QUITE"), ("LOUD", "QUITE SO"), ("1", "2"), ("VERY", "MUCH"), ("AND", "more")]
    assert report(rows).hits["prompt-case"].tolist() == [0, 1, 3, 4]


def test_a_report_may_be_asked_for_twice() -> None:
    rows = [("LOUD ->", " YES"), ("LOUD ->", " YES"), ("LOUD ->", " NO"), ("MORE ->", " NO")]
    numbered = list(enumerate(pairs(rows)))
    seen = looked_through(numbered, Examination("prompt-completion"))
    first, second = (seen.report(lambda: numbered) for _turn in range(2))
    assert [finding.to_json() for finding in second.findings] == [finding.to_json() for finding in first.findings]


def test_fixes_that_go_ahead_tell_which_rows_they_have_left() -> None:
    rows = [("a", ""), ("b", " x"), ("c", " "), ("d", "y")]
    seen = looked_through(list(enumerate(pairs(rows))), Examination("prompt-completion", ahead=("empty-completions",)))
    assert [mask.tolist() for mask in seen.left] == [[False, True, False, True]]
