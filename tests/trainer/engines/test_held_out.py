"""Learning from pieces and being tested on others; `make bench` measures all of it, with more seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer.engines.held_out import TASKS, Rows, pieces, rows
from tests.trainer.engines.lessons import Course, study
from trainer import defaults
from trainer.engines import engine

FIRST, LAST = {" 1", " 2", " 3", " 4"}, {" 5", " 6", " 7", " 8"}


def learned(course: Course, task: str, examples: int) -> float:
    chosen = defaults.resolve({}, examples)
    rate, batch = chosen["learning_rate_multiplier"], chosen["batch_size"]
    network = course.teach(rows(task, examples, 1), multiplier=rate, batch=batch)
    return course.whole(network, rows(task, 300, 101, held_out=True))


def test_a_thousand_reviews_teach_the_sentiment_of_sentences_never_seen(course: Course) -> None:
    assert learned(course, "sentiment", 1000) >= 0.93


def test_five_hundred_letters_teach_eight_queues(course: Course) -> None:
    assert learned(course, "triage", 500) >= 0.94


class TestTheTextsThemselves:
    @pytest.mark.parametrize("task", TASKS)
    def test_no_piece_is_both_learned_and_held_out(self, task: str) -> None:
        for name, held_out in pieces(task).items():
            if name.endswith(" held out"):
                plain = {line.split(": ")[-1] for line in held_out}
                learned_from = {line for other, lines in pieces(task).items() if not other.endswith("out") for line in lines}
                assert not plain & learned_from

    @pytest.mark.parametrize("task", TASKS)
    def test_no_prompt_of_a_test_is_one_of_training(self, task: str) -> None:
        taught = {prompt for prompt, _ in rows(task, 1000, 1)}
        assert not taught & {prompt for prompt, _ in rows(task, 1000, 101, held_out=True)}

    @pytest.mark.parametrize("task", TASKS)
    def test_the_same_seed_draws_the_same_and_another_one_others(self, task: str) -> None:
        assert rows(task, 20, 1) == rows(task, 20, 1) != rows(task, 20, 2)

    @pytest.mark.parametrize("task", TASKS)
    def test_the_texts_hardly_repeat(self, task: str) -> None:
        assert len({prompt for prompt, _ in rows(task, 1000, 1)}) > 950

    def test_they_are_made_of_several_hundred_pieces(self) -> None:
        assert sum(len(lines) for task in TASKS for lines in pieces(task).values()) > 600

    @pytest.mark.parametrize(("task", "answers"), [("sentiment", 2), ("triage", 8)])
    def test_each_class_is_about_as_frequent(self, task: str, answers: int) -> None:
        drawn = [answer for _, answer in rows(task, 1000, 1)]
        assert len(set(drawn)) == answers
        assert min(drawn.count(answer) for answer in set(drawn)) > 0.8 * 1000 / answers


def test_classes_that_a_continued_run_leaves_out_are_forgotten_and_those_that_it_mixes_in_are_not(
    course: Course, tmp_path: Path
) -> None:
    """What the dashboard warns of before such a run starts."""
    old, new = (_queues(500, 1, kept) for kept in (FIRST, LAST))
    course.teach(old).save(tmp_path, resumable=False)
    forgetful, mindful = engine().load(tmp_path), engine().load(tmp_path)
    study(forgetful, course.examples(new))
    study(mindful, course.examples(new + old), epochs=2)
    tests = [_queues(300, 101, kept, held_out=True) for kept in (FIRST, LAST)]
    assert course.whole(forgetful, tests[0]) < 0.2
    assert course.whole(forgetful, tests[1]) > 0.9
    assert min(course.whole(mindful, test) for test in tests) > 0.85


def _queues(count: int, seed: int, kept: set[str], *, held_out: bool = False) -> Rows:
    return [row for row in rows("triage", count, seed, held_out=held_out) if row[1] in kept]
