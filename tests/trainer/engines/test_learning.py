from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import tiktoken

from tests.trainer.engines import lessons
from tests.trainer.engines.lessons import Course
from trainer.engines import engine
from trainer.engines.interface import Example
from trainer.engines.loglinear import BASES
from trainer.engines.model import Model
from trainer.engines.network import LogLinearNetwork
from trainer.engines.storage import FILE


def test_two_labels_are_told_apart_in_sentences_never_seen(course: Course) -> None:
    network = course.teach(lessons.sentiment(300, 1))
    assert course.whole(network, lessons.sentiment(200, 2, lessons.UNFAMILIAR)) >= 0.95


@pytest.mark.parametrize("batch", [1, 16])
def test_eight_labels_are_told_apart_whatever_the_batch_size(course: Course, batch: int) -> None:
    network = course.teach(lessons.topics(400, 1), batch=batch)
    assert course.whole(network, lessons.topics(200, 2)) >= 0.9


@pytest.mark.parametrize("multiplier", [0.02, 2.0])
def test_the_usual_range_of_learning_rates_learns(course: Course, multiplier: float) -> None:
    network = course.teach(lessons.sentiment(200, 1), multiplier=multiplier)
    assert course.whole(network, lessons.sentiment(100, 2)) >= 0.9


@pytest.mark.parametrize("base", ["babbage", "curie", "davinci", "gpt-3.5-turbo-0613"])
def test_every_base_learns(course: Course, base: str) -> None:
    network = course.teach(lessons.sentiment(200, 1), base)
    assert course.whole(network, lessons.sentiment(100, 2)) >= 0.9


TALES = {
    " garden": ("we planted roses", "the gardener waters", "pruning hedges", "two weedy beds"),
    " kitchen": ("she is cooking soup", "we baked bread", "the roasting pan", "salted butter"),
    " music": ("he was singing loudly", "the violinist bowed", "drumming all night", "tuned pianos"),
}
OTHER_FORMS = {
    " garden": ("planting a rose", "his garden is watered", "she pruned one hedge", "weeds"),
    " kitchen": ("he cooked", "a baker", "to roast it", "salty"),
    " music": ("the singer", "violins", "a drummer", "tuning her piano"),
}


def test_other_forms_of_words_that_were_learned_are_known(course: Course) -> None:
    network = course.teach(_told(TALES) * 3)
    assert course.whole(network, _told(OTHER_FORMS)) >= 0.9


def _told(tales: Mapping[str, tuple[str, ...]]) -> lessons.Rows:
    return [(text, label) for label, texts in tales.items() for text in texts]


def test_the_counts_of_words_tell_something_before_any_weight_has_moved(course: Course) -> None:
    network = course.teach(lessons.topics(200, 1), multiplier=0, epochs=1)
    assert course.whole(network, lessons.topics(200, 2)) >= 0.9


def test_a_model_of_before_is_read_as_it_was_learned(course: Course, tmp_path: Path) -> None:
    """Its file says nothing of stems and belief."""
    before = BASES["ada"]._replace(stems=False, belief=0.0)
    network = LogLinearNetwork(Model("ada", before, lessons.VOCABULARY, 0))
    tests = course.examples(lessons.sentiment(20, 2))
    lessons.study(network, course.examples(lessons.sentiment(60, 1)))
    network.save(tmp_path, resumable=False)
    _forget(tmp_path / FILE, "stems", "belief")
    assert engine().load(tmp_path).score(tests) == network.score(tests)


def _forget(file: Path, *names: str) -> None:
    arrays = dict(np.load(file))
    about = json.loads(arrays["about"].tobytes())
    about["capacity"] = {name: value for name, value in about["capacity"].items() if name not in names}
    np.savez(file, **{**arrays, "about": np.frombuffer(json.dumps(about).encode(), np.uint8)})


def test_names_and_numbers_never_seen_are_copied_from_the_prompt(course: Course) -> None:
    network = course.teach(lessons.letters(250, 1))
    assert course.right_answers(network, lessons.letters(40, 2, lessons.OTHER_NAMES)) >= 0.85


def test_a_name_at_the_very_start_is_copied_with_the_space_that_it_lacks(course: Course) -> None:
    network = course.teach(lessons.letters(250, 1))
    answer = course.answer(network, "Viktor here, writing about 51234, shipped on Monday.")
    assert answer == " Order: 51234\nName: Viktor END"


def test_a_sentence_is_built_around_the_properties_of_the_prompt(course: Course) -> None:
    network = course.teach(lessons.goods(150, 1))
    assert course.right_answers(network, lessons.goods(40, 2)) >= 0.9


def test_questions_in_other_words_get_the_learned_answer(course: Course) -> None:
    network = course.teach(lessons.questions(100, 1))
    assert course.right_answers(network, lessons.questions(30, 2)) >= 0.95


STORY = "Once upon a time a small fox lived near the river. Every morning it watched the boats." + lessons.ENDING


def test_open_ended_text_is_continued_from_nothing_and_from_its_middle(course: Course, encoding: tiktoken.Encoding) -> None:
    network = engine().new("ada", lessons.VOCABULARY, 0)
    lessons.study(network, [Example((), tuple(encoding.encode(STORY)))], epochs=6)
    assert course.go_on(network.prompt([])) == STORY
    assert course.go_on(network.prompt(encoding.encode("Once upon a time a small"))) == STORY[24:]


def test_the_loss_starts_at_the_logarithm_of_the_vocabulary_and_falls(course: Course) -> None:
    network = engine().new("ada", lessons.VOCABULARY, 0)
    examples = course.examples(lessons.topics(100, 1))
    first = network.train(examples[:1], learning_rate_multiplier=0.1, prompt_loss_weight=0.01)[0]
    assert first.loss == pytest.approx(math.log(lessons.VOCABULARY))
    means = lessons.study(network, examples)
    assert means[0] > means[1] > means[2] > means[3]
    assert means[3] < 0.5


def test_a_step_reports_what_was_known_before_it(course: Course) -> None:
    network = engine().new("ada", lessons.VOCABULARY, 0)
    examples = course.examples(lessons.topics(60, 1))
    lessons.study(network, examples, epochs=1)
    before = network.score(examples[:4])
    assert network.train(examples[:4], learning_rate_multiplier=0.1, prompt_loss_weight=0.01) == before
    after = network.score(examples[:4])
    assert np.mean([score.loss for score in after]) < np.mean([score.loss for score in before])


def test_scoring_changes_nothing(course: Course, examples: list[Example]) -> None:
    network = engine().new("ada", lessons.VOCABULARY, 0)
    lessons.study(network, examples, epochs=1)
    assert network.score(examples) == network.score(examples)


@pytest.mark.parametrize("work", ["train", "score"])
def test_it_beats_at_each_token_and_can_be_given_up_at_any(course: Course, work: str) -> None:
    class Enough(Exception):
        pass

    def beat() -> None:
        beats.append(1)
        if len(beats) == most:
            raise Enough

    network = engine().new("ada", lessons.VOCABULARY, 0)
    examples = course.examples(lessons.topics(4, 1))
    more = {"learning_rate_multiplier": 0.1, "prompt_loss_weight": 0.01} if work == "train" else {}
    beats: list[int] = []
    most = 0
    getattr(network, work)(examples, **more, beat=beat)
    assert len(beats) >= sum(len(example.completion) for example in examples)
    beats, most = [], 3
    with pytest.raises(Enough):
        getattr(network, work)(examples, **more, beat=beat)


def test_a_larger_multiplier_learns_faster(course: Course, examples: list[Example]) -> None:
    slow, fast = (engine().new("ada", lessons.VOCABULARY, 0) for _ in range(2))
    assert lessons.study(fast, examples, multiplier=0.4)[-1] < lessons.study(slow, examples, multiplier=0.02)[-1]


def test_a_multiplier_of_zero_leaves_the_weights_alone(examples: list[Example]) -> None:
    network = engine().new("ada", lessons.VOCABULARY, 0)
    lessons.study(network, examples, epochs=1, multiplier=0)
    assert not network.model.weights.value.any()  # type: ignore[attr-defined]


def test_an_absurd_multiplier_keeps_the_loss_finite(examples: list[Example]) -> None:
    network = engine().new("ada", lessons.VOCABULARY, 0)
    assert np.isfinite(lessons.study(network, examples, multiplier=1e9, batch=16)).all()


def test_prompt_tokens_become_likelier_with_a_prompt_loss_weight(course: Course, examples: list[Example]) -> None:
    def surprise(weight: float) -> float:
        network = engine().new("ada", lessons.VOCABULARY, 0)
        lessons.study(network, examples, epochs=1, prompt_loss_weight=weight)
        cursor, total = network.prompt([]), 0.0
        for token in examples[0].prompt:
            total -= float(cursor.logprobs()[token])
            cursor.push(token)
        return total / len(examples[0].prompt)

    assert surprise(1.0) < surprise(0.01) < surprise(0.0)


def test_a_system_message_that_never_changes_costs_no_accuracy(course: Course) -> None:
    def told(rows: lessons.Rows) -> lessons.Rows:
        system = "You are a critic of few words who is terrible at jokes and great at verdicts. Text: "
        return [(system + prompt, answer) for prompt, answer in rows]

    network = course.teach(told(lessons.sentiment(200, 1)))
    assert course.whole(network, told(lessons.sentiment(100, 2, lessons.UNFAMILIAR))) >= 0.9
