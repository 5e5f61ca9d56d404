"""An estimate says what it rests on, and unknown where nobody can know."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from connections import prices
from connections.models import Connection
from datasets.models import Version
from finetunes.estimate import Run, estimate, legacy_batch_size, tokens_per_second
from finetunes.forecast import forecast
from finetunes.models import FineTune
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune


def made(**changes: Any) -> Any:
    return estimate(**({"rows": 100, "tokens": 5000, "epochs": 4, "batch_size": 8} | changes))


class TestEstimate:
    @pytest.mark.parametrize(
        ("rows", "batch", "epochs", "steps"), [(100, 8, 4, 52), (96, 8, 4, 48), (1, 256, 1, 1), (9000, 16, 4, 2252)]
    )
    def test_steps_are_whole_batches_in_each_epoch(self, rows: int, batch: int, epochs: int, steps: int) -> None:
        assert made(rows=rows, batch_size=batch, epochs=epochs).steps == steps

    def test_tokens_are_those_of_all_epochs(self) -> None:
        assert made().trained_tokens == 20_000

    @pytest.mark.parametrize("unknown", ["epochs", "batch_size"])
    def test_what_the_provider_chooses_leaves_the_steps_open(self, unknown: str) -> None:
        assert made(**{unknown: None}).steps is None

    def test_what_is_charged_beside_the_training_part_is_counted_in_every_epoch(self) -> None:
        assert made(validation=100, price=Decimal(10)).charged_tokens == 20_400
        assert made(validation=100, price=Decimal(1_000_000)).cost == 20_400
        assert made(validation=None, price=Decimal(10)).cost is None, "a charge that was not counted is no charge of 0"

    def test_without_former_runs_the_time_is_unknown(self) -> None:
        assert made().seconds is None
        assert made().runs == 0

    def test_the_time_follows_from_measured_speed(self) -> None:
        found = made(former=[Run(10_000, 10), Run(30_000, 10)])
        assert found.seconds == pytest.approx(10)
        assert found.runs == 2

    def test_runs_without_time_or_tokens_measure_nothing(self) -> None:
        assert tokens_per_second([Run(0, 5), Run(0, 0)]) is None
        assert tokens_per_second([]) is None

    @pytest.mark.parametrize(("rows", "batch"), [(1, 1), (360, 1), (999, 1), (1000, 2), (9000, 16), (10**7, 256)])
    def test_the_legacy_batch_is_a_power_of_two(self, rows: int, batch: int) -> None:
        assert legacy_batch_size(rows) == batch


class TestForecast:
    def finished(self, people: People, connection: Connection, version: Version, seconds: float, **changes: Any) -> FineTune:
        row = new_fine_tune(people, connection, version, **changes)
        end = timezone.now()
        FineTune.objects.filter(pk=row.pk).update(
            status=Status.SUCCEEDED,
            started_at=end - timedelta(seconds=seconds),
            finished_at=end,
            resolved={"n_epochs": 4},
        )
        return row

    def test_the_legacy_defaults_are_known(self, connection: Connection, version: Version) -> None:
        found = forecast(version, connection, "ada", {}).estimate
        assert (found.epochs, found.batch_size, found.steps) == (4, 1, 1600)
        assert found.trained_tokens == 48_000

    def test_auto_is_the_provider_s_choice(self, connection: Connection, version: Version) -> None:
        found = forecast(version, connection, "babbage-002", {"n_epochs": "auto"}).estimate
        assert found.epochs is None
        assert found.tokens == 11_000
        assert found.steps is None

    def test_it_rests_on_finished_fine_tunes_of_this_base(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        self.finished(people, connection, version, 48)
        found = forecast(version, connection, "ada", {"n_epochs": "8"})
        assert found.estimate.seconds == pytest.approx(96)
        assert found.rests_on_base == "ada"
        assert found.estimate.runs == 1

    def test_else_on_those_of_other_bases_and_says_so(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        self.finished(people, connection, version, 48, base_model="curie")
        found = forecast(version, connection, "ada", {})
        assert found.estimate.seconds == pytest.approx(48)
        assert found.rests_on_base == ""

    def test_other_connections_and_unfinished_ones_do_not_count(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        other = Connection.objects.create(
            organization=people.organization, name="Other", base_url="http://other.test/v1", dialect="both", key="k"
        )
        self.finished(people, other, version, 48)
        new_fine_tune(people, connection, version)
        assert forecast(version, connection, "ada", {}).estimate.seconds is None

    def test_the_provider_s_own_count_of_tokens_is_preferred(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        row = self.finished(people, connection, version, 48)
        FineTune.objects.filter(pk=row.pk).update(trained_tokens=96_000)
        assert forecast(version, connection, "ada", {}).estimate.seconds == pytest.approx(24)

    def test_the_validation_part_is_charged_only_where_it_is_used_and_paid_for(
        self, connection: Connection, version: Version
    ) -> None:
        prices.write(connection, {"ada": "1"}, currency="USD", on=date(2026, 11, 1))
        assert forecast(version, connection, "ada", {}, validates=True).estimate.charged_tokens == 48_000
        connection.bills_validation = True
        assert forecast(version, connection, "ada", {}, validates=True).estimate.charged_tokens == 60_000
        assert forecast(version, connection, "ada", {}).estimate.charged_tokens == 48_000

    def test_it_is_written_down_with_what_it_rests_on(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        self.finished(people, connection, version, 48)
        prices.write(connection, {"ada": "0.4"}, currency="EUR", on=date(2026, 11, 1))
        written = forecast(version, connection, "ada", {}).written()
        assert written["seconds"] == pytest.approx(48)
        assert {name: value for name, value in written.items() if name != "seconds"} == {
            "tokens": 12_000,
            "epochs": 4,
            "trained_tokens": 48_000,
            "charged_tokens": 48_000,
            "steps": 1600,
            "runs": 1,
            "runs_of": "ada",
            "price": "0.4",
            "currency": "EUR",
            "priced_on": "2026-11-01",
            "cost": "0.0192",
        }

    def test_a_base_whose_encoding_was_not_counted_has_no_tokens(self, connection: Connection, version: Version) -> None:
        found = forecast(version, connection, "gpt-4o-mini", {"n_epochs": "3"}).estimate
        assert found.tokens is None
        assert found.trained_tokens is None
        assert found.seconds is None
