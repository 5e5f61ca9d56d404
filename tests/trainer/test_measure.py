"""The pure arithmetic of a run: means, the results file, classification metrics, defaults."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainer import classify, defaults, metrics, table
from trainer.engines.interface import Example, Score
from trainer.material import Classes
from trainer.measure import Means, Step, means
from trainer.render import Lesson

EXAMPLE = Example((1,), (2, 3))


def lesson(turns: int = 1) -> Lesson:
    return Lesson.of([EXAMPLE] * turns, tokens=3, cut=False)


class TestMeans:
    def test_the_guides_own_example(self) -> None:
        scores = [Score(0.5, 2, 1, False), Score(0.1, 2, 2, True), Score(0.1, 2, 2, True)]
        found = means([lesson(), lesson(), lesson()], scores)
        assert found.sequence_accuracy == pytest.approx(2 / 3)
        assert found.token_accuracy == pytest.approx(5 / 6)

    def test_the_loss_is_per_token(self) -> None:
        assert means([lesson(), lesson()], [Score(1.0, 1, 0, False), Score(0.0, 3, 3, True)]).loss == pytest.approx(0.25)

    def test_a_conversation_is_right_when_all_its_turns_are(self) -> None:
        right, wrong = Score(0.1, 2, 2, True), Score(0.1, 2, 1, False)
        assert means([lesson(2), lesson(2)], [wrong, right, right, right]).sequence_accuracy == 0.5


class TestTable:
    STEP = Step(number=9, total=12, elapsed_tokens=90, elapsed_examples=18, training=Means(0.1, 0.5, 0.75))
    PLAIN = "step,elapsed_tokens,elapsed_examples,training_loss,training_sequence_accuracy,training_token_accuracy"
    VALIDATION = ",validation_loss,validation_sequence_accuracy,validation_token_accuracy"

    @pytest.mark.parametrize(
        ("validation", "classification", "positive", "betas", "expected"),
        [
            (False, False, None, [], PLAIN),
            (True, False, None, [], PLAIN + VALIDATION),
            (True, True, None, [], PLAIN + VALIDATION + ",classification/accuracy,classification/weighted_f1_score"),
            (
                True,
                True,
                " yes",
                [1.0, 0.5, 2],
                PLAIN + VALIDATION + ",classification/accuracy,classification/precision,classification/recall,"
                "classification/auroc,classification/auprc,classification/f1.0,classification/f0.5,classification/f2.0",
            ),
        ],
    )
    def test_the_legacy_header_is_exactly_as_it_always_was(
        self, validation: bool, classification: bool, positive: str | None, betas: list[float], expected: str
    ) -> None:
        columns = table.legacy_columns(validation=validation, classification=classification, positive=positive, betas=betas)
        assert table.header(columns) == expected + "\n"

    def test_a_legacy_line_has_full_floats_and_empty_cells(self) -> None:
        columns = table.legacy_columns(validation=True, classification=True, positive=None, betas=[])
        assert table.line(columns, self.STEP) == "9,90,18,0.1,0.5,0.75,,,,,\n"

    def test_the_current_header_and_line(self) -> None:
        assert table.header(table.JOBS) == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"
        step = Step(number=1, total=1, elapsed_tokens=1, elapsed_examples=1, training=Means(0.00006, 1.0, 2 / 3))
        assert table.line(table.JOBS, step) == "1,6e-05,0.66667,,\n"

    def test_a_metric_that_says_nothing_is_an_empty_cell(self) -> None:
        assert table.line(["step", "elapsed_tokens", "classification/auroc"], self.STEP) == "9,90,\n"


class TestMetrics:
    def test_two_classes_by_the_chance_of_the_positive_one(self) -> None:
        found = metrics.two([True, True, False, False], np.array([0.9, 0.4, 0.6, 0.1]), [1.0, 2.0])
        assert found["classification/accuracy"] == 0.5
        assert found["classification/precision"] == 0.5
        assert found["classification/recall"] == 0.5
        assert found["classification/auroc"] == 0.75
        assert found["classification/auprc"] == pytest.approx(5 / 6)
        assert found["classification/f1.0"] == found["classification/f2.0"] == 0.5
        assert list(found) == metrics.columns(" yes", [1.0, 2.0])

    def test_areas_of_a_single_class_are_unknown(self) -> None:
        found = metrics.two([True, True], np.array([0.9, 0.4]), [1.0])
        assert found["classification/auroc"] is None
        assert found["classification/auprc"] is None

    def test_several_classes_by_the_likeliest(self) -> None:
        chances = np.array([[0.6, 0.3, 0.1], [0.1, 0.5, 0.4], [0.2, 0.5, 0.3]])
        found = metrics.several(["a", "b", "c"], chances, ["a", "b", "c"])
        assert found["classification/accuracy"] == pytest.approx(2 / 3)
        assert found["classification/weighted_f1_score"] == pytest.approx((1 + 2 / 3 + 0) / 3)
        assert list(found) == metrics.columns(None, [])


class Fixed:
    """A network that always predicts the same; only its first tokens are ever looked at."""

    def __init__(self, *chances: float) -> None:
        self.chances = np.array(chances)

    def prompt(self, tokens: object) -> Fixed:
        return self

    def logprobs(self) -> NDArray[np.float64]:
        return np.asarray(np.log(self.chances), dtype=np.float64)

    def push(self, token: int) -> None:
        self.chances = np.roll(self.chances, 1)


class TestChances:
    def test_one_look_is_enough_when_the_first_tokens_differ(self) -> None:
        found = classify.chances(Fixed(0.6, 0.2, 0.2), (1,), [(0, 9), (1, 9)])  # type: ignore[arg-type]
        assert found == pytest.approx([0.75, 0.25])

    def test_classes_that_begin_alike_are_read_to_their_end(self) -> None:
        network = Fixed(0.5, 0.3, 0.2)
        one, other = classify.chances(network, (1,), [(0, 1), (0, 2)])  # type: ignore[arg-type]
        assert one + other == pytest.approx(1)

    def test_the_columns_follow_the_positive_class(self) -> None:
        beats: list[int] = []
        classes = Classes([" no", " yes"], [(0,), (1,)], [" yes", " no"], " yes", [1.0])
        found = classify.measure(Fixed(0.3, 0.7), [(1,), (2,)], classes, lambda: beats.append(1))  # type: ignore[arg-type]
        assert (found["classification/recall"], found["classification/precision"]) == (1.0, 0.5)
        assert len(beats) == 2


class TestDefaults:
    @pytest.mark.parametrize(
        ("examples", "batch"), [(1, 1), (499, 1), (1000, 2), (1999, 2), (2000, 4), (9000, 16), (10**6, 256)]
    )
    def test_the_batch_is_a_power_of_two_near_a_fifth_of_a_percent(self, examples: int, batch: int) -> None:
        assert defaults.batch_size(examples) == batch

    def test_the_rate_grows_with_the_batch(self) -> None:
        rates = [defaults.learning_rate_multiplier(2**power) for power in range(9)]
        assert rates == sorted(rates)
        assert set(rates) == {0.05, 0.1, 0.2}

    @pytest.mark.parametrize("open_value", [None, "auto"])
    def test_what_was_left_open_becomes_a_number(self, open_value: object) -> None:
        asked = {"n_epochs": open_value, "batch_size": open_value, "learning_rate_multiplier": open_value, "other": 1}
        assert defaults.resolve(asked, 9000) == {
            "n_epochs": 4,
            "batch_size": 16,
            "learning_rate_multiplier": 0.1,
            "other": 1,
        }

    def test_what_was_asked_for_stays(self) -> None:
        asked = {"n_epochs": 2, "batch_size": 7, "learning_rate_multiplier": 0.3}
        assert defaults.resolve(asked, 9000) == asked
