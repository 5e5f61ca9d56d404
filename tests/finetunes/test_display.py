"""What pages say: in words, from what the provider told, and nothing made up in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from finetunes import display, words
from finetunes.charts.plots import Plot, arrange
from finetunes.models import Event, FineTune
from finetunes.statuses import ENDED, Status, of_remote, tone
from finetunes.templatetags.finetunes import ago, since


def seen(**values: Any) -> FineTune:
    fine_tune = FineTune(status=Status.RUNNING)
    for name, value in values.items():
        setattr(fine_tune, name, value)
    return fine_tune


class TestStrip:
    def test_epochs_that_are_told(self) -> None:
        found = display.strip(seen(epoch=1, epochs=4), None)
        assert (found.title, found.percent) == ("Epoch 2 of 4", 25)

    def test_epochs_that_follow_from_steps(self) -> None:
        found = display.strip(seen(step=90, total_steps=360, resolved={"n_epochs": 4}), None)
        assert (found.title, found.percent) == ("Epoch 2 of 4", 25)

    def test_steps_alone(self) -> None:
        assert display.strip(seen(step=1500, total_steps=6000), None).title == "Step 1,500 of 6,000"

    def test_all_epochs_done_is_no_further_epoch(self) -> None:
        assert display.strip(seen(epoch=4, epochs=4), None).title == "All 4 epochs done"

    def test_nothing_told_is_no_number(self) -> None:
        found = display.strip(seen(), None)
        assert (found.title, found.percent, found.is_open) == ("Running", None, True)

    def test_the_provider_s_own_forecast_is_called_its_own(self) -> None:
        found = display.strip(seen(estimated_finish=timezone.now() + timedelta(minutes=3, seconds=5)), None)
        assert "the provider expects 3 minutes more" in found.text

    def test_what_follows_from_the_pace_is_called_an_estimate_and_says_on_what_it_rests(self) -> None:
        found = display.strip(seen(step=25, total_steps=100, started_at=timezone.now() - timedelta(minutes=1)), None)
        assert found.text == "about 3 minutes left, estimated from its steps so far"
        assert found.elapsed == 60

    def test_the_provider_s_forecast_goes_before_the_estimate(self) -> None:
        now = timezone.now()
        found = display.strip(
            seen(step=25, total_steps=100, started_at=now - timedelta(minutes=1), estimated_finish=now + timedelta(hours=2)),
            None,
        )
        assert found.text == "the provider expects 2 hours more"

    @pytest.mark.parametrize(
        ("step", "total", "seconds"),
        [(None, 100, 60), (25, None, 60), (4, 100, 60), (25, 100, 3), (100, 100, 60), (0, 100, 60)],
    )
    def test_without_a_pace_nothing_is_estimated(self, step: int | None, total: int | None, seconds: int) -> None:
        begun = timezone.now() - timedelta(seconds=seconds)
        assert display.strip(seen(step=step, total_steps=total, started_at=begun), None).text == ""

    def test_time_in_a_queue_is_no_pace(self) -> None:
        found = display.strip(seen(step=25, total_steps=100, remote_created_at=timezone.now() - timedelta(hours=1)), None)
        assert found.text == ""

    @pytest.mark.parametrize(
        ("number", "words"), [(0, "Next in the provider's queue"), (31, "Number 31 in the provider's queue")]
    )
    def test_the_place_in_the_queue_is_told_in_words(self, number: int, words: str) -> None:
        event = Event(message=f"Fine-tune is in the queue. Queue number: {number}")
        assert display.strip(seen(status=Status.QUEUED), event).text == words

    @pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (65, "1:05"), (3599, "59:59"), (36_061, "10:01:01")])
    def test_the_clock_shows_hours_only_when_there_are_any(self, seconds: int, shown: str) -> None:
        assert words.clock(seconds) == shown

    def test_a_forecast_that_has_passed_is_not_repeated(self) -> None:
        assert "expects" not in display.strip(seen(estimated_finish=timezone.now() - timedelta(minutes=3)), None).text

    def test_how_long_it_took(self) -> None:
        end = timezone.now()
        found = display.strip(seen(status=Status.SUCCEEDED, started_at=end - timedelta(seconds=52), finished_at=end), None)
        assert (found.title, found.text, found.percent) == ("Succeeded", "trained for 52 seconds", 100)

    def test_a_cancelled_one_stays_where_it_was(self) -> None:
        assert display.strip(seen(status=Status.CANCELLED, step=1, total_steps=4), None).percent == 25

    @pytest.mark.parametrize("status", [status for status in Status if status not in ENDED])
    def test_every_waiting_state_has_words(self, status: Status) -> None:
        assert display.strip(seen(status=status), Event(message="x")).title


class TestTiles:
    def test_they_show_what_there_is_in_a_fixed_order(self) -> None:
        one = {"first": 2.0, "last": 0.5, "best": 0.4, "last_step": 9, "best_step": 8}
        summary = dict.fromkeys(("classification/accuracy", "training_loss", "validation_loss"), one)
        found = display.tiles(seen(summary=summary))
        assert [tile.label for tile in found] == ["Training loss", "Validation loss", "Classification accuracy"]
        assert [tile.value for tile in found] == ["0.5", "0.5", "50.0 %"]
        assert found[0].note == "from 2"

    def test_the_whole_validation_set_is_preferred_to_its_last_batch(self) -> None:
        batch = {"first": 2.0, "last": 0.5}
        summary = {"validation_loss": batch, "full_validation_loss": {"first": 2.0, "last": 0.7}}
        assert [tile.value for tile in display.tiles(seen(summary=summary))] == ["0.7"]

    def test_a_batch_says_that_it_is_one(self) -> None:
        (tile,) = display.tiles(seen(summary={"validation_token_accuracy": {"first": 0.0, "last": 1.0}}))
        assert tile.note == "last batch"

    def test_without_numbers_there_are_none(self) -> None:
        assert display.tiles(seen()) == []
        assert display.score(seen()) is None


class TestState:
    @pytest.mark.parametrize(
        ("values", "state"),
        [
            ({}, "active"),
            ({"cancel_requested_at": timezone.now()}, "cancelling"),
            ({"status": Status.SUCCEEDED}, "succeeded"),
            ({"status": Status.FAILED}, "ended"),
            ({"status": Status.CANCELLED}, "ended"),
        ],
    )
    def test_what_can_be_done(self, values: dict[str, Any], state: str) -> None:
        assert display.state(seen(**values)) == state


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "long", "short"),
        [
            (0.2, "1 second", "0 s"),
            (1, "1 second", "1 s"),
            (59, "59 seconds", "59 s"),
            (89, "89 seconds", "1 min"),
            (90, "2 minutes", "1 min"),
            (3599, "60 minutes", "59 min"),
            (7200, "2 hours", "2 h"),
            (200_000, "2 days", "2 d"),
        ],
    )
    def test_lengths_of_time(self, seconds: float, long: str, short: str) -> None:
        assert words.duration(seconds) == long
        assert words.short(seconds) == short

    def test_moments(self) -> None:
        assert ago(timezone.now()) == "just now"
        assert ago(timezone.now() - timedelta(minutes=5)) == "5 minutes ago"
        assert since(timezone.now() - timedelta(hours=5)) == "5 h"
        assert (ago(None), since(None)) == ("", "")

    @pytest.mark.parametrize(
        ("raw", "shown"),
        [
            (True, "yes"),
            (False, "no"),
            (0.1, "0.1"),
            (4, "4"),
            ([0.5, 2.0], "0.5, 2"),
            (" refund", "“ refund”"),
            ("auto", "auto"),
        ],
    )
    def test_settings(self, raw: object, shown: str) -> None:
        assert words.value(raw) == shown

    @pytest.mark.parametrize(("raw", "shown"), [(1.5695, "1.57"), (0.0000123, "1.23e-05"), (12345.6, "12,346")])
    def test_losses(self, raw: float, shown: str) -> None:
        assert words.number(raw) == shown

    def test_every_familiar_chart_says_how_to_read_it(self) -> None:
        for plot in arrange(
            ["training_loss", "training_token_accuracy", "training_sequence_accuracy", "classification/f1.0"]
        ):
            assert words.measure(plot) != plot.measure
            assert "Tunedeck shows it as it is" not in words.meaning(plot)

    def test_an_unknown_one_is_called_what_it_is_called(self) -> None:
        plot = Plot("moon-phase", "moon_phase", ())
        assert words.measure(plot) == "moon_phase"
        assert words.line("f0.5") == "F0.5"
        assert words.line("moon_phase") == "moon_phase"


class TestStatuses:
    def test_the_wire_s_words_are_ours(self) -> None:
        for word in ("queued", "running", "paused", "cancelling", "succeeded", "failed", "cancelled", "unknown"):
            assert of_remote(word) == word

    def test_a_word_that_nobody_knows_is_unknown(self) -> None:
        assert of_remote("defragmenting") == Status.UNKNOWN

    def test_each_has_a_tone(self) -> None:
        assert {tone(status) for status in Status} == {"", "wait", "busy", "good", "bad"}
