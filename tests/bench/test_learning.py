"""What the engine learns from made-up texts whose tests were held out, and how quickly, in one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest
import tiktoken
from scipy import stats

from tests.bench import bars
from tests.trainer.engines.held_out import Rows, rows
from tests.trainer.engines.lessons import ENDING, SEPARATOR, Course, study
from trainer import defaults
from trainer.engines.interface import Example, Network
from trainer.generate import Order, whole
from trainer.sample import Sampling

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

SEEDS = range(1, 11)
ANSWERS = 1500


@pytest.fixture(scope="module")
def course() -> Course:
    return Course(tiktoken.get_encoding("r50k_base"))


def taught(course: Course, lessons: Rows) -> Network:
    """Teach as the trainer does when nothing is asked for: base `ada`, all hyperparameters left open."""
    chosen = defaults.resolve({}, len(lessons))
    multiplier = chosen["learning_rate_multiplier"]
    return course.teach(lessons, epochs=chosen["n_epochs"], batch=chosen["batch_size"], multiplier=multiplier)


def accuracy(course: Course, task: str, examples: int) -> list[float]:
    networks = {seed: taught(course, rows(task, examples, seed)) for seed in SEEDS}
    return [course.whole(network, rows(task, 1000, 100 + seed, held_out=True)) for seed, network in networks.items()]


def test_sentiment_of_sentences_never_seen(course: Course) -> None:
    found = accuracy(course, "sentiment", 1000)
    assert bars.reaches(f"sentiment, 1,000 examples, {_spread(found)}", float(np.mean(found)), 0.93)


def test_triage_of_letters_never_seen(course: Course) -> None:
    found = accuracy(course, "triage", 500)
    assert bars.reaches(f"triage, 8 classes, 500 examples, {_spread(found)}", float(np.mean(found)), 0.94)


def _spread(found: list[float]) -> str:
    """Say what was found with each seed, and where the mean of all seeds lies with a certainty of 95 %."""
    mean, error = np.mean(found), stats.sem(found)
    low, high = stats.t.interval(0.95, len(found) - 1, loc=mean, scale=error)
    return f"{len(found)} seeds {np.round(found, 3)}, 95 % interval of the mean {low:.3f} to {high:.3f}"


@pytest.mark.parametrize("task", ["adverts", "letters"])
def test_texts_that_are_put_together_from_the_prompt(course: Course, task: str) -> None:
    network = taught(course, rows(task, 500, 1))
    for name, test in {"familiar": rows(task, 200, 201), "held out": rows(task, 200, 101, held_out=True)}.items():
        scores = network.score(course.examples(test))
        tokens = sum(score.right for score in scores) / sum(score.tokens for score in scores)
        answers = [course.answer(network, prompt, 60).removesuffix(ENDING) for prompt, _ in test]
        exact = np.mean([answer + ENDING == right for answer, (_, right) in zip(answers, test, strict=True)])
        bars.said(f"{task}, 500 examples, {name}", f"exact {exact:.3f}, tokens {tokens:.3f}{_fields(answers, test)}")


def _fields(answers: list[str], test: Rows) -> str:
    """Say for answers made of lines how often each line is right."""
    right: dict[str, list[bool]] = {}
    for answer, (_, wanted) in zip(answers, test, strict=True):
        said = [line.strip() for line in answer.split("\n")]
        for line in wanted.removesuffix(ENDING).split("\n"):
            right.setdefault(line.split(":")[0].strip(), []).append(line.strip() in said)
    return "".join(f", {name} {np.mean(found):.2f}" for name, found in right.items()) if len(right) == 4 else ""


def test_five_hundred_examples_of_25_tokens_are_learned_in_twenty_seconds(course: Course) -> None:
    examples = [example for example in course.examples(rows("letters", 5000, 1)) if len(example.completion) == 25][:500]
    assert len(examples) == 500
    seconds, processor = _timed(lambda: _learn(course, examples))
    bars.said("500 examples of 25 completion tokens, 4 epochs", f"{seconds:.1f} s by the clock")
    assert bars.below("seconds of a processor", processor, 20)


def _learn(course: Course, examples: list[Example]) -> None:
    study(course.teach([], epochs=0), examples, epochs=4, multiplier=defaults.learning_rate_multiplier(1))


def test_a_classifier_answers_five_hundred_times_a_second_in_one_process(course: Course) -> None:
    network = taught(course, rows("sentiment", 1000, 1))
    order = Order(encoding="r50k_base", max_tokens=1, sampling=Sampling(temperature=0.0))
    encode = tiktoken.get_encoding("r50k_base").encode_ordinary
    prompts = [prompt + SEPARATOR for prompt, _ in rows("sentiment", ANSWERS, 300, held_out=True)]
    rng = np.random.default_rng(1)
    seconds, _ = _timed(lambda: [whole(network, encode(prompt), order, rng) for prompt in islice(prompts, ANSWERS)])
    assert bars.reaches("completions of a classifier a second, in one process", ANSWERS / seconds, 500)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock and seconds of a processor; alone on a machine they are the same."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor
