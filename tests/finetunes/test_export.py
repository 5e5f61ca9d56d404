"""Everything of a fine-tune as files: who may take them, and that they say what is stored."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from connections.models import Connection
from datasets.models import Version
from finetunes import metrics, spans, store
from finetunes.export import sheets, tables
from finetunes.export.columns import columns
from finetunes.export.files import EXPORTS
from finetunes.models import FineTune
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.exporting import HOSTILE, RESULTS, START, address, opened, said, succeed, taken, write


@pytest.fixture
def done(fine_tune: FineTune) -> FineTune:
    return succeed(fine_tune)


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


class TestWhoMay:
    def test_a_viewer_takes_every_file(self, viewer_client: Client, done: FineTune) -> None:
        html = viewer_client.get(address(done)).content.decode()
        for name in EXPORTS:
            assert address(done, name) in html
            assert taken(viewer_client, done, name)

    @pytest.mark.parametrize("name", ["", *EXPORTS])
    def test_strangers_take_nothing(self, outsider_client: Client, client: Client, done: FineTune, name: str) -> None:
        assert outsider_client.get(address(done, name)).status_code == 404
        assert client.get(address(done, name)).status_code == 302

    def test_an_unknown_file_is_not_found(self, viewer_client: Client, done: FineTune) -> None:
        assert viewer_client.get(address(done, "secrets.txt")).status_code == 404

    def test_the_page_of_a_fine_tune_leads_there(self, viewer_client: Client, done: FineTune) -> None:
        assert f'href="{address(done)}"' in viewer_client.get(done.get_absolute_url()).content.decode()

    def test_one_that_runs_says_that_more_will_come(self, viewer_client: Client, fine_tune: FineTune) -> None:
        assert "It has not ended" in viewer_client.get(address(fine_tune)).content.decode()

    def test_files_are_saved_under_names_of_their_own(self, viewer_client: Client, done: FineTune) -> None:
        done.remote_id = "../../etc/passwd\n"
        done.save()
        answer = viewer_client.get(address(done, "series.csv"))
        assert answer["Content-Disposition"] == 'attachment; filename="etc_passwd-series.csv"'


class TestSeries:
    def test_each_step_is_a_row_under_the_provider_s_names(self, viewer_client: Client, done: FineTune) -> None:
        assert rows(taken(viewer_client, done, "series.csv")) == [
            ["step", "elapsed_tokens", "train_loss", "valid_loss"],
            ["1", "100.0", "0.9", "0.95"],
            ["2", "200.0", "0.5", ""],
            ["3", "300.0", "0.25", "0.4"],
        ]

    def test_parquet_has_the_same(self, viewer_client: Client, done: FineTune) -> None:
        frame = pl.read_parquet(taken(viewer_client, done, "series.parquet"))
        assert frame["step"].to_list() == [1, 2, 3]
        assert frame["valid_loss"].to_list() == [0.95, None, 0.4]
        assert frame.schema["train_loss"] == pl.Float64

    def test_one_without_numbers_gives_a_heading(self, viewer_client: Client, fine_tune: FineTune) -> None:
        assert taken(viewer_client, fine_tune, "series.csv") == b"step\r\n"
        assert pl.read_parquet(taken(viewer_client, fine_tune, "series.parquet")).shape == (0, 1)

    def test_steps_in_several_spans_stay_in_order(self, fine_tune: FineTune) -> None:
        sparse = metrics.series([-5, 3, 70_000, 9_000_000], [1.0, 2.0, 3.0, 4.0])
        store.write_series({fine_tune: {"a": sparse, "b": metrics.series([3, 70_001], [5.0, 6.0])}})
        frame = pl.concat(list(tables.series(fine_tune).batches))
        assert frame["step"].to_list() == [-5, 3, 70_000, 70_001, 9_000_000]
        assert frame["a"].to_list() == [1.0, 2.0, 3.0, None, 4.0]
        assert frame["b"].to_list() == [None, 5.0, None, 6.0, None]

    def test_headings_that_a_spreadsheet_would_run_are_text(self, viewer_client: Client, fine_tune: FineTune) -> None:
        named = succeed(fine_tune, b'step,"=HYPERLINK(""http://x"")","a\n,""b"\n1,2,-3\n')
        head, first = rows(taken(viewer_client, named, "series.csv"))[:2]
        assert all(not cell.startswith(("=", "@", "+")) for cell in head)
        assert "-3.0" in first or "" in first  # a number below zero stays a number

    def test_numbers_below_zero_stay_numbers(self, viewer_client: Client, fine_tune: FineTune) -> None:
        succeed(fine_tune, b"step,train_mean_reward\n1,-0.5\n")
        assert rows(taken(viewer_client, fine_tune, "series.csv"))[1][1] == "-0.5"

    def test_a_million_steps_of_nine_columns_take_the_memory_of_one_span(self, fine_tune: FineTune) -> None:
        made = write(fine_tune, steps=4 * spans.WIDTH, columns=9)  # a fifth of a million says the same, and is quicker
        whole = sum(one.values.nbytes + one.steps.nbytes for one in made.values())
        tracemalloc.start()
        size = sum(len(piece) for piece in sheets.csv(tables.series(fine_tune)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert size > whole
        assert peak < 1.6 * whole

    def test_pieces_on_disk_are_gone_afterwards(self, fine_tune: FineTune) -> None:
        write(fine_tune, steps=3 * spans.WIDTH, columns=2)
        frame = pl.read_parquet(b"".join(sheets.parquet(tables.series(fine_tune))))
        assert frame.height == 3 * spans.WIDTH
        assert frame["step"].is_sorted()
        assert not list(settings.DATA.glob("export-*"))


class TestHeadings:
    def test_a_file_in_base64_names_its_columns_too(self, fine_tune: FineTune) -> None:
        succeed(fine_tune, base64.encodebytes(RESULTS))
        assert columns(fine_tune, ["training_loss"]) == {"training_loss": "train_loss"}

    def test_without_a_file_events_name_them(self, fine_tune: FineTune) -> None:
        said(fine_tune, {1: {"train_loss": 1.0, "own measure": 2.0}})
        assert columns(fine_tune, ["own measure", "training_loss"]) == {
            "own measure": "own measure",
            "training_loss": "train_loss",
        }

    def test_a_file_that_is_lost_leaves_the_known_names(self, done: FineTune) -> None:
        done.events.all().delete()
        for file in done.files.all():
            file.content.delete(save=False)
        assert columns(done, ["training_loss"]) == {"training_loss": "training_loss"}

    @pytest.mark.parametrize("name", ["step", "STEP", "Step"])
    def test_no_heading_is_taken_twice(self, fine_tune: FineTune, name: str) -> None:
        assert columns(fine_tune, [name, "x", "X"]) == {name: f"{name} (2)", "x": "x", "X": "X (2)"}


class TestAnyColumns(TestCase):
    """Names and numbers of any kind come back from both kinds of file."""

    people: People

    @pytest.fixture(autouse=True)
    def _made(self, people: People, connection: Connection, version: Version) -> None:
        self.make: Callable[[], FineTune] = lambda: new_fine_tune(people, connection, version)

    @given(
        values=st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30),
            st.floats(allow_nan=False, allow_infinity=False),
            min_size=1,
            max_size=6,
        )
    )
    def test_they_come_back(self, values: dict[str, float]) -> None:
        fine_tune = self.make()
        store.write_series({fine_tune: {name: metrics.series([7], [one]) for name, one in values.items()}})
        names = columns(fine_tune, values)
        frame = pl.read_parquet(b"".join(sheets.parquet(tables.series(fine_tune))))
        read = rows(b"".join(sheets.csv(tables.series(fine_tune))))
        assert {name: frame[names[name]].item() for name in values} == values
        assert len(read) == 2
        assert sorted(float(cell) for cell in read[1]) == sorted([7.0, *values.values()])


class TestEventsAndSettings:
    def test_events_are_lines_and_rows(self, viewer_client: Client, done: FineTune) -> None:
        lines = [json.loads(line) for line in taken(viewer_client, done, "events.jsonl").splitlines()]
        table = rows(taken(viewer_client, done, "events.csv"))
        frame = pl.read_parquet(taken(viewer_client, done, "events.parquet"))
        assert [line["message"] for line in lines] == [row[4] for row in table[1:]] == frame["message"].to_list()
        assert table[1][1] == "2026-03-01T12:00:10+00:00"
        assert json.loads(frame["metrics"][0]) == {"step": 1, "train_loss": 0.9}
        assert frame["created_at"][0].timestamp() == START.timestamp() + 10

    def test_what_an_event_says_is_not_run_by_a_spreadsheet(self, viewer_client: Client, done: FineTune) -> None:
        said(done, {9: {}}, message='=cmd|"/c calc"!A{step}\n"x')
        last = rows(taken(viewer_client, done, "events.csv"))[-1]
        assert last[4] == '\'=cmd|"/c calc"!A9\n"x'

    def test_settings_say_what_was_sent_and_what_became_of_it(self, viewer_client: Client, done: FineTune) -> None:
        table = {row[0]: row[1:] for row in rows(taken(viewer_client, done, "settings.csv"))}
        assert table["n_epochs"] == ["auto", "4"]
        assert table["batch_size"] == ["", "1"]
        assert table["model"] == ["ada", ""]
        whole = json.loads(taken(viewer_client, done, "settings.json"))
        assert whole["sent"]["n_epochs"] == "auto"
        assert whole["resolved"] == {"n_epochs": 4, "batch_size": 1}
        assert pl.read_parquet(taken(viewer_client, done, "settings.parquet"))["setting"].to_list() == list(table)[1:]

    def test_settings_of_any_type_are_text(self, fine_tune: FineTune) -> None:
        fine_tune.hyperparameters = {"betas": [0.5, 1], "flag": True, "huge": 2**70, "words": "=1+1"}
        read = rows(b"".join(sheets.csv(tables.settings(fine_tune))))
        found = {name: sent for name, sent, _resolved in read}
        assert found["betas"] == "[0.5, 1]"
        assert found["flag"] == "true"
        assert found["huge"] == str(2**70)
        assert found["words"] == "'=1+1"


class TestWhole:
    def test_the_list_in_it_has_each_file_s_hash(self, viewer_client: Client, done: FineTune) -> None:
        whole = opened(viewer_client, done)
        listed = {one["path"]: one for one in json.loads(whole.read("manifest.json"))["files"]}
        assert set(listed) == set(whole.namelist()) - {"manifest.json"}
        for path, one in listed.items():
            assert one["sha256"] == hashlib.sha256(whole.read(path)).hexdigest()
            assert one["bytes"] == len(whole.read(path))
            assert "problem" not in one

    def test_it_holds_results_as_they_came_and_the_data_s_hashes(self, viewer_client: Client, done: FineTune) -> None:
        whole = opened(viewer_client, done)
        assert whole.read("results-file-results.csv") == RESULTS
        data = json.loads(whole.read("data.json"))
        assert data["sha256"] == {"training.jsonl": "1" * 64, "validation.jsonl": "2" * 64}
        assert data["uploaded_as"] == "t.csv"
        assert data["rows"] == {"training": 400, "validation": 100}
        assert not [name for name in whole.namelist() if name.endswith("training.jsonl")]

    def test_charts_are_pictures(self, viewer_client: Client, done: FineTune) -> None:
        picture = opened(viewer_client, done).read("charts/loss.png")
        assert picture.startswith(b"\x89PNG\r\n")
        assert len(picture) > 5_000

    def test_an_imported_one_without_data_or_results_has_one_too(self, viewer_client: Client, fine_tune: FineTune) -> None:
        FineTune.objects.filter(pk=fine_tune.pk).update(training_version=None, imported_at=START)
        whole = opened(viewer_client, fine_tune)
        assert json.loads(whole.read("data.json"))["version"] is None
        assert whole.read("series.csv") == b"step\r\n"
        assert "reported no numbers" in whole.read("page.html").decode()

    def test_a_results_file_that_is_lost_is_named_and_costs_nothing_else(
        self, viewer_client: Client, done: FineTune
    ) -> None:
        for file in done.files.all():
            file.content.delete(save=False)
        whole = opened(viewer_client, done)
        listed = {one["path"]: one for one in json.loads(whole.read("manifest.json"))["files"]}
        assert listed["results-file-results.csv"]["problem"] == "The stored file could not be read."
        assert whole.read("charts/loss.png")

    def test_it_speaks_the_language_of_whoever_asks(self, viewer_client: Client, done: FineTune) -> None:
        assert '<html lang="en">' in opened(viewer_client, done).read("page.html").decode()


class TestPage:
    def test_it_needs_nothing_from_elsewhere(self, viewer_client: Client, done: FineTune) -> None:
        html = taken(viewer_client, done, "page.html").decode()
        assert "src=" not in html.split("<script>")[0]
        assert "<link" not in html
        assert "0.25" in html
        assert "1" * 64 in html

    def test_the_verdict_is_on_it(self, done: FineTune) -> None:
        from finetunes.export.page import context

        verdict = context(done)["verdict"]
        assert verdict.shown
        html = b"".join(EXPORTS["page.html"].make(done)).decode()
        assert escape(verdict.shown[0].title) in html

    def test_text_from_files_and_providers_is_text(self, viewer_client: Client, fine_tune: FineTune) -> None:
        succeed(fine_tune, f"step,train_loss,{HOSTILE}\n1,2,3\n2,1,2\n".encode(), name=HOSTILE, error=HOSTILE)
        said(fine_tune, {5: {}}, message=HOSTILE)
        fine_tune.events.update(type="message", level=HOSTILE[:20])
        html = taken(viewer_client, fine_tune, "page.html").decode()
        assert "alert(1)" in html
        assert HOSTILE not in html
        assert html.count("</script>") == html.count("<script")

    def test_a_file_of_a_thousand_columns_gives_a_page_that_opens(self, fine_tune: FineTune) -> None:
        from finetunes.export.page import context

        store.write_series({fine_tune: {f"c{place}": metrics.series([1, 2], [1.0, 2.0]) for place in range(1000)}})
        assert len(context(fine_tune)["charts"]) == 40
        assert len(tables.series(fine_tune).schema) == 1001


class TestPictures:
    def test_any_name_can_be_drawn(self) -> None:
        from finetunes.export.pictures import draw

        one = metrics.series([1, 2, 3], [1.0, 5.0, 2.0])
        for name in ("$\\frac{1}{0}$", "<b>x</b>", "평가 손실", "_hidden", "%s %(x)s", "a" * 5000, ""):
            assert draw(name, [(name, one)]).startswith(b"\x89PNG")

    @pytest.mark.parametrize("values", [[], [1.0], [1e308, -1e308], [5.0] * 100])
    def test_any_numbers_can_be_drawn(self, values: list[float]) -> None:
        from finetunes.export.pictures import draw

        one = metrics.series(range(len(values)), values)
        assert draw("loss", [("training", one)], is_share=True).startswith(b"\x89PNG")

    def test_a_spike_of_one_step_is_in_the_picture(self) -> None:
        from finetunes.export.pictures import draw

        steps = np.arange(1, 200_001)
        values = np.zeros(len(steps))
        values[123_456] = 1.0
        flat = draw("x", [("x", metrics.Series(steps, np.zeros(len(steps))))])
        assert draw("x", [("x", metrics.Series(steps, values))]) != flat


def test_no_export_holds_a_key(viewer_client: Client, done: FineTune) -> None:
    whole: Any = opened(viewer_client, done)
    assert not [name for name in whole.namelist() if b"sk-test" in whole.read(name)]
