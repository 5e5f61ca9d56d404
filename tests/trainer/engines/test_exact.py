"""The engine to the byte and to the decimal: repeatable, resumable, and with the gradient that its formula has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import tiktoken

from tests.trainer.engines.lessons import SEPARATOR, VOCABULARY, saved_bytes, study
from trainer.engines import engine
from trainer.engines.choice import Choice
from trainer.engines.interface import Example, Network
from trainer.engines.loglinear import BASES, UnknownBase
from trainer.engines.network import LogLinearNetwork
from trainer.measure import means
from trainer.render import Lesson

STEP = 1e-5
PREDICTED = [[1, 1], [0, 5], [4, 2]]
RIGHT = [[1, 2], [0, 5], [4, 2]]
VOCABULARIES = {"gpt-3.5-turbo-0613": 100277}


def taught(base: str, examples: list[Example], epochs: int) -> LogLinearNetwork:
    network = engine().new(base, VOCABULARY, 0)
    study(network, examples, epochs=epochs)
    assert isinstance(network, LogLinearNetwork)
    return network


@pytest.mark.parametrize("base", ["ada", "davinci"])
def test_the_same_lesson_gives_the_same_bytes(base: str, examples: list[Example], tmp_path: Path) -> None:
    first, second = taught(base, examples, 2), taught(base, examples, 2)
    assert saved_bytes(first, tmp_path / "first") == saved_bytes(second, tmp_path / "second")


@pytest.mark.parametrize("base", ["ada", "davinci"])
def test_a_run_that_was_saved_and_loaded_half_way_ends_with_the_same_bytes(
    base: str, examples: list[Example], tmp_path: Path
) -> None:
    unbroken = taught(base, examples, 4)
    taught(base, examples, 2).save(tmp_path / "half", resumable=True)
    resumed = engine().load(tmp_path / "half")
    study(resumed, examples, first_epoch=2, epochs=4)
    assert saved_bytes(resumed, tmp_path / "resumed") == saved_bytes(unbroken, tmp_path / "unbroken")


def test_another_order_gives_other_weights(examples: list[Example], tmp_path: Path) -> None:
    """Otherwise the two tests above would prove nothing."""
    backwards = taught("ada", examples[::-1], 2)
    assert saved_bytes(backwards, tmp_path / "a") != saved_bytes(taught("ada", examples, 2), tmp_path / "b")


@pytest.mark.parametrize("base", BASES)
def test_an_untrained_network_finds_every_token_equally_likely(base: str) -> None:
    vocabulary = VOCABULARIES.get(base, VOCABULARY)
    logprobs = engine().new(base, vocabulary, 0).prompt([1, 2, 3]).logprobs()
    assert logprobs == pytest.approx(np.full(vocabulary, -np.log(vocabulary)))


def test_probabilities_sum_to_one_wherever_one_looks(examples: list[Example], encoding: tiktoken.Encoding) -> None:
    network = taught("ada", examples, 2)
    for text in ("", "A text never seen before" + SEPARATOR, "12:30" + SEPARATOR):
        cursor = network.prompt(encoding.encode_ordinary(text))
        for token in (464, 2159, 50256):
            logprobs = cursor.logprobs()
            assert np.isfinite(logprobs).all()
            assert np.exp(logprobs).sum() == pytest.approx(1.0)
            cursor.push(token)


def choices(network: LogLinearNetwork, examples: list[Example]) -> Iterator[tuple[Choice, int]]:
    """Yield what is open at some places of completions, and the token that follows."""
    for example in examples[-20:]:
        for place, token in islice(network.places(example), 3):
            yield network.choice(place), token


def likelihood(choice: Choice, scores: np.ndarray, token: int) -> float:
    moved = Choice(scores=scores, **{name: value for name, value in vars(choice).items() if name != "scores"})
    return float(np.log(moved.probability(moved.shares(), token)))


def test_the_pull_on_each_score_is_the_derivative_of_the_log_likelihood(examples: list[Example]) -> None:
    """Against central finite differences."""
    network = taught("ada", examples, 1)
    checked = 0
    for choice, token in choices(network, examples):
        pull = choice.pull(choice.shares(), token)
        if not choice.says(token):
            assert not pull.any()
            continue
        for action in range(len(choice.scores)):
            nudge = np.zeros(len(choice.scores))
            nudge[action] = STEP
            up, down = likelihood(choice, choice.scores + nudge, token), likelihood(choice, choice.scores - nudge, token)
            assert pull[action] == pytest.approx((up - down) / (2 * STEP), abs=1e-7)
            checked += 1
    assert checked > 100


def test_the_first_choice_is_the_token_that_is_likeliest_of_all(examples: list[Example]) -> None:
    """Also where the network knows little, so that what no action says weighs much."""
    for taught_with in (examples[:3], examples):
        network = taught("ada", taught_with, 1)
        for choice, _ in choices(network, examples):
            chances = choice.distribution()
            assert chances[choice.first(choice.shares())] == pytest.approx(chances.max(), rel=1e-12)


def test_the_first_step_goes_along_the_gradient_as_far_as_adagrad_says(examples: list[Example]) -> None:
    """w += 0.2 * d / sqrt(0.3 + d**2): a score's derivative by a weight is the value of its feature."""
    network = taught("ada", examples, 1)
    before, squares = network.model.weights.value.copy(), network.model.weights.squares.copy()
    network.train([examples[0]], learning_rate_multiplier=0.1, prompt_loss_weight=0.0)
    moved = network.model.weights.value.astype(np.float64) - before
    grown = network.model.weights.squares.astype(np.float64) - squares
    at = np.flatnonzero(moved)
    assert len(at) > 10
    expected = 0.2 * np.sqrt(grown[at]) / np.sqrt(0.3 + squares[at] + grown[at])
    assert np.abs(moved[at]) == pytest.approx(expected, rel=2e-2, abs=1e-5)


def test_two_of_three_completions_right_is_two_thirds_of_sequences_and_five_sixths_of_tokens() -> None:
    prompts: list[tuple[int, ...]] = [(11,), (12,), (13,)]
    network = engine().new("ada", VOCABULARY, 0)
    study(network, pairs(prompts, PREDICTED), epochs=12)
    assert [likeliest(network, prompt) for prompt in prompts] == PREDICTED
    asked = pairs(prompts, RIGHT)
    found = means([Lesson.of([example], tokens=3, cut=False) for example in asked], network.score(asked))
    assert found.sequence_accuracy == pytest.approx(2 / 3)
    assert found.token_accuracy == pytest.approx(5 / 6)


def pairs(prompts: list[tuple[int, ...]], completions: list[list[int]]) -> list[Example]:
    return [Example(prompt, tuple(said)) for prompt, said in zip(prompts, completions, strict=True)]


def likeliest(network: Network, prompt: tuple[int, ...]) -> list[int]:
    cursor, said = network.prompt(prompt), []
    for _ in range(2):
        said.append(int(cursor.logprobs().argmax()))
        cursor.push(said[-1])
    return said


def test_a_base_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownBase, match="'gpt-7'"):
        engine().new("gpt-7", VOCABULARY, 0)
