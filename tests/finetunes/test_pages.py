"""The pages of fine-tunes: what they show, to whom, and with how many questions to the database."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import metrics, store
from finetunes.display import sparkline
from finetunes.models import Event, FineTune, Model
from finetunes.statuses import Status, tone
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune, new_version
from tests.finetunes.provider import Provider
from tests.finetunes.stepping import step

HOSTILE = '<script>alert("x")</script>'


def change(fine_tune: FineTune, **values: Any) -> FineTune:
    FineTune.objects.filter(pk=fine_tune.pk).update(**values)
    fine_tune.refresh_from_db()
    return fine_tune


def event(fine_tune: FineTune, message: str, **values: Any) -> Event:
    ordinal = fine_tune.events.count() + 1
    FineTune.objects.filter(pk=fine_tune.pk).update(last_event=ordinal)
    values = {"level": "info", "type": "message", "created_at": timezone.now()} | values
    return Event.objects.create(fine_tune=fine_tune, ordinal=ordinal, key=str(ordinal), message=message, **values)


def succeeded(fine_tune: FineTune, provider: Provider, csv: bytes | None = None) -> FineTune:
    row = step(fine_tune, provider.client())
    provider.start(row.remote_id)
    row = step(row, provider.client())
    header = b"step,elapsed_tokens,training_loss,training_token_accuracy,validation_loss,classification/accuracy\n"
    provider.succeed(row.remote_id, csv or header + b"1,9,1.5,0.25,1.25,\n2,18,0.5,0.75,,0.9\n")
    return step(row, provider.client())


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


class TestDetail:
    def test_it_shows_where_a_running_one_is(self, viewer_client: Client, fine_tune: FineTune) -> None:
        change(
            fine_tune,
            status=Status.RUNNING,
            epoch=2,
            epochs=4,
            provider_status="running",
            started_at=timezone.now() - timedelta(seconds=30),
        )
        page = viewer_client.get(fine_tune.get_absolute_url()).content.decode()
        assert "Epoch 3 of 4" in page
        assert re.search(r'running for <time datetime="PT3\dS" data-elapsed="3\d">0:3\d</time>', page)
        assert 'value="50"' in page
        assert "The provider says “running”." in page
        assert 'class="badge busy"' in page

    def test_it_shows_what_came_of_one_that_succeeded(
        self, member_client: Client, fine_tune: FineTune, provider: Provider
    ) -> None:
        row = succeeded(fine_tune, provider)
        page = member_client.get(row.get_absolute_url()).content.decode()
        words = text(page)
        assert "The model is ready." in words
        assert f"{reverse('playground:home')}?model={Model.objects.get().pk}" in page
        assert "Training loss 0.5 from 1.5" in words
        assert "Classification accuracy 90.0 %" in words
        keys = re.findall(r"/charts/([a-z0-9-]+)/\" data-name", page)
        assert keys == ["loss", "token-accuracy", "classification"]
        assert "results.csv" in page
        assert "Fine-tune succeeded" in words

    def test_a_failure_is_in_the_provider_s_words_with_details_in_a_fold(
        self, member_client: Client, fine_tune: FineTune
    ) -> None:
        change(
            fine_tune,
            status=Status.FAILED,
            error=f"Line 3 is bad {HOSTILE}",
            error_raw={"status": 400, "request_id": "req-7"},
            settled_at=timezone.now(),
        )
        page = member_client.get(fine_tune.get_absolute_url()).content.decode()
        assert "Line 3 is bad &lt;script&gt;" in page
        assert "req-7" in page
        assert HOSTILE not in page
        assert "data-stream" not in page

    def test_one_in_doubt_says_that_the_provider_is_asked(self, viewer_client: Client, fine_tune: FineTune) -> None:
        change(fine_tune, sent_at=timezone.now(), doubt_until=timezone.now())
        page = viewer_client.get(fine_tune.get_absolute_url()).content.decode()
        assert "asked whether it arrived before anything is sent again" in page

    def test_a_provider_that_does_not_answer_is_said(self, viewer_client: Client, fine_tune: FineTune) -> None:
        change(fine_tune, status=Status.LOST_CONTACT, trouble="The server did not answer in time.")
        words = text(viewer_client.get(fine_tune.get_absolute_url()).content.decode())
        assert "Lost contact" in words
        assert "The server did not answer in time." in words

    def test_a_place_in_the_queue_is_told_in_words(self, viewer_client: Client, fine_tune: FineTune) -> None:
        change(fine_tune, status=Status.QUEUED)
        event(fine_tune, "Fine-tune enqueued. Queue number: 18")
        assert "Number 18 in the provider" in viewer_client.get(fine_tune.get_absolute_url()).content.decode()

    def test_hostile_events_names_and_columns_stay_text(
        self, viewer_client: Client, fine_tune: FineTune, provider: Provider
    ) -> None:
        row = succeeded(fine_tune, provider, csv=b"step,<img src=x onerror=alert(1)>\n1,2\n")
        change(row, name=HOSTILE)
        event(row, HOSTILE, level=HOSTILE[:20])
        page = viewer_client.get(row.get_absolute_url()).content.decode()
        assert HOSTILE not in page
        assert "<img" not in page

    def test_measurements_are_not_in_the_list_but_move_the_cursor(self, viewer_client: Client, fine_tune: FineTune) -> None:
        event(fine_tune, "Fine-tuning job started")
        event(fine_tune, "Step 1/9: training loss=1", type="metrics")
        page = viewer_client.get(fine_tune.get_absolute_url()).content.decode()
        assert "Fine-tuning job started" in page
        assert "Step 1/9" not in page
        assert f'data-after="2-{fine_tune.revision}"' in page

    def test_the_place_in_the_queue_stays_when_something_else_is_said(
        self, viewer_client: Client, fine_tune: FineTune
    ) -> None:
        change(fine_tune, status=Status.QUEUED)
        event(fine_tune, "Fine-tune is in the queue. Queue number: 4")
        event(fine_tune, "Fine-tune costs $0.01")
        assert "Number 4 in the provider&#x27;s queue" in viewer_client.get(fine_tune.get_absolute_url()).content.decode()

    def test_only_what_should_speak_is_a_live_region(self, viewer_client: Client, fine_tune: FineTune) -> None:
        event(fine_tune, "Fine-tuning job started")
        page = viewer_client.get(fine_tune.get_absolute_url()).content.decode()
        speaking = re.findall(r'<(\w+)[^>]*(?:role="(?:status|alert|log)"|aria-live)[^>]*>', page)
        named = re.findall(r'<[^>]*(?:role="(?:status|alert|log)"|aria-live)[^>]*id="([\w-]+)"', page)
        named += re.findall(r'<[^>]*id="([\w-]+)"[^>]*(?:role="(?:status|alert|log)"|aria-live)', page)
        assert {"part-status", "connection"} <= set(named)
        assert not {"events", "part-strip", "part-tiles", "part-charts", "live"} & set(named)
        assert len(speaking) <= 4

    def test_all_events_are_a_click_away(self, viewer_client: Client, fine_tune: FineTune) -> None:
        event(fine_tune, "Step 1/9: training loss=1", type="metrics")
        assert "Step 1/9" in viewer_client.get(reverse("finetunes:events", args=[fine_tune.pk])).content.decode()

    def test_a_viewer_gets_no_button_that_changes_anything(self, viewer_client: Client, fine_tune: FineTune) -> None:
        page = viewer_client.get(fine_tune.get_absolute_url()).content.decode()
        assert reverse("finetunes:cancel", args=[fine_tune.pk]) not in page

    def test_the_raw_object_is_a_click_away(self, viewer_client: Client, fine_tune: FineTune) -> None:
        change(fine_tune, raw={"id": "ft-1", "odd": HOSTILE})
        answer = viewer_client.get(reverse("finetunes:raw", args=[fine_tune.pk]))
        assert answer["Content-Type"] == "application/json"
        assert orjson.loads(answer.content)["odd"] == HOSTILE

    def test_the_settings_are_those_the_provider_resolved(
        self, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        row = new_fine_tune(
            people,
            connection,
            version,
            base_model="babbage-002",
            hyperparameters={"n_epochs": "auto", "classification_positive_class": " refund"},
        )
        change(row, resolved={"n_epochs": 3, "batch_size": None, "learning_rate_multiplier": 0.1})
        words = text(viewer_client.get(row.get_absolute_url()).content.decode())
        assert "Epochs 3" in words
        assert "Learning rate multiplier 0.1" in words
        assert "Positive class “ refund”" in words


class TestCharts:
    def url(self, fine_tune: FineTune, name: str = "chart", key: str = "loss") -> str:
        return reverse(f"finetunes:{name}", args=[fine_tune.pk, key])

    def test_a_chart_has_training_and_validation(
        self, viewer_client: Client, fine_tune: FineTune, provider: Provider
    ) -> None:
        row = succeeded(fine_tune, provider)
        found = viewer_client.get(self.url(row)).json()
        assert [trace["name"] for trace in found["figure"]["data"]] == ["training", "validation"]
        assert (found["steps"], found["drawn"]) == (2, 2)

    def test_a_long_one_says_how_many_steps_are_drawn(self, viewer_client: Client, fine_tune: FineTune) -> None:
        values = [1.0 / number for number in range(1, 5001)]
        store.write_series({fine_tune: {"training_loss": metrics.series(range(1, 5001), values)}})
        found = viewer_client.get(self.url(fine_tune)).json()
        assert found["steps"] == 5000
        assert 1000 < found["drawn"] <= 2000

    def test_the_table_has_the_same_numbers(self, viewer_client: Client, fine_tune: FineTune, provider: Provider) -> None:
        row = succeeded(fine_tune, provider)
        words = text(viewer_client.get(self.url(row, "table")).content.decode())
        assert "Step training validation 1 1.5 1.25 2 0.5" in words

    def test_the_table_comes_alone(self, viewer_client: Client, fine_tune: FineTune, provider: Provider) -> None:
        row = succeeded(fine_tune, provider)
        headers = {"HX-Request": "true", "HX-Target": "table-loss"}
        assert "<html" not in viewer_client.get(self.url(row, "table"), headers=headers).content.decode()

    def test_a_reduced_table_says_so_and_keeps_the_extremes(self, viewer_client: Client, fine_tune: FineTune) -> None:
        values = [0.5] * 5000
        values[2500] = 77.0
        store.write_series({fine_tune: {"training_loss": metrics.series(range(1, 5001), values)}})
        words = text(viewer_client.get(self.url(fine_tune, "table")).content.decode())
        assert "5,000 steps" in words
        assert " 77 " in words

    def test_what_is_not_there_is_not_found(self, viewer_client: Client, fine_tune: FineTune) -> None:
        assert viewer_client.get(self.url(fine_tune)).status_code == 404
        assert viewer_client.get(self.url(fine_tune, "table", "grad-norm")).status_code == 404

    def test_the_original_file_is_handed_out(self, viewer_client: Client, fine_tune: FineTune, provider: Provider) -> None:
        import base64

        packed = base64.b64encode(b"step,train_loss\n1,0.5\n")
        row = succeeded(fine_tune, provider, csv=packed)
        url = reverse("finetunes:results", args=[row.pk, row.files.get().pk])
        answer = viewer_client.get(url)
        assert answer.content.strip() == b"step,train_loss\n1,0.5"
        assert "attachment" in answer["Content-Disposition"]
        assert viewer_client.get(url, {"original": ""}).content == packed


class TestList:
    URL = "/finetunes/"

    def test_it_shows_each_with_its_words(self, viewer_client: Client, fine_tune: FineTune, provider: Provider) -> None:
        succeeded(fine_tune, provider)
        words = text(viewer_client.get(self.URL).content.decode())
        assert "ticket-triage" in words
        assert "Succeeded" in words
        assert "Tickets 2026 v1" in words
        assert "90.0 % accuracy" in words

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, {"first", "second", "third"}),
            ({"status": "moving"}, {"first"}),
            ({"status": "failed"}, {"second"}),
            ({"status": "no such"}, {"first", "second", "third"}),
            ({"q": "THIR"}, {"third"}),
            ({"q": "babbage"}, {"third"}),
            ({"q": "Ads"}, {"third"}),
            ({"q": "%"}, set()),
            ({"dataset": "x"}, {"first", "second", "third"}),
        ],
    )
    def test_filters_and_search(
        self,
        viewer_client: Client,
        people: People,
        connection: Connection,
        version: Version,
        query: dict[str, str],
        found: set[str],
    ) -> None:
        new_fine_tune(people, connection, version, suffix="first")
        change(new_fine_tune(people, connection, version, suffix="second"), status=Status.FAILED)
        other = new_version(people, "Ads 2026")
        change(new_fine_tune(people, connection, other, suffix="third", base_model="babbage-002"), status=Status.SUCCEEDED)
        page = viewer_client.get(self.URL, query).content.decode()
        assert {name for name in ("first", "second", "third") if f"<b>{name}</b>" in page} == found

    def test_by_dataset(self, viewer_client: Client, people: People, connection: Connection, version: Version) -> None:
        new_fine_tune(people, connection, version, suffix="first")
        other = new_version(people, "Ads 2026")
        new_fine_tune(people, connection, other, suffix="second")
        page = viewer_client.get(self.URL, {"dataset": other.dataset_id}).content.decode()
        assert "<b>second</b>" in page
        assert "<b>first</b>" not in page

    def test_a_filter_gets_the_rows_alone(self, viewer_client: Client, fine_tune: FineTune) -> None:
        answer = viewer_client.get(self.URL, headers={"HX-Request": "true", "HX-Target": "rows"})
        assert "<html" not in answer.content.decode()
        assert "HX-Request" in answer["Vary"]

    def test_pages_of_twenty_five(
        self, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        for number in range(27):
            new_fine_tune(people, connection, version, suffix=f"run-{number}")
        page = viewer_client.get(self.URL, {"q": "run"}).content.decode()
        assert page.count("row-link") == 25
        assert "q=run&amp;page=2" in page
        assert viewer_client.get(self.URL, {"page": 2}).content.decode().count("row-link") == 2

    def test_an_empty_list_leads_to_the_first_one(self, member_client: Client) -> None:
        page = member_client.get(self.URL).content.decode()
        assert "Nothing has been fine-tuned yet." in page
        assert reverse("finetunes:new") in page

    @pytest.mark.parametrize("url", ["/finetunes/", "/", "/models/"])
    def test_more_rows_take_no_more_questions(
        self, url: str, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        counts = []
        for first in (0, 6):
            for number in range(first, first + 6):
                row = new_fine_tune(people, connection, version, suffix=f"run-{number}")
                status = [Status.RUNNING, Status.SUCCEEDED, Status.FAILED][number % 3]
                change(row, status=status, spark=[2.0, 1.0], summary={"validation_loss": {"last": 1.0}})
                Model.objects.create(
                    organization=people.organization,
                    connection=connection,
                    name=f"m-{number}",
                    base_model="ada",
                    fine_tune=row,
                    version=version,
                )
            with CaptureQueriesContext(
                database,
            ) as queries:
                assert viewer_client.get(url).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_a_sparkline_is_drawn_in_its_frame(self) -> None:
        points = [tuple(map(float, pair.split(","))) for pair in sparkline([3.0, 1.0, 2.0]).split()]
        assert points[0] == (0.0, 2.0)
        assert points[1][1] == 18.0
        assert points[-1][0] == 80.0
        assert sparkline([1.0]) == ""


class TestHome:
    def test_running_ones_have_a_bar(self, viewer_client: Client, fine_tune: FineTune) -> None:
        change(fine_tune, status=Status.RUNNING, step=30, total_steps=120)
        page = viewer_client.get("/").content.decode()
        assert "1 fine-tune is under way." in page
        assert 'value="25"' in page

    def test_a_quiet_home_asks_for_nothing(self, viewer_client: Client, fine_tune: FineTune) -> None:
        change(fine_tune, status=Status.SUCCEEDED)
        page = viewer_client.get("/").content.decode()
        assert "every 3s" not in page
        assert "Recent results" in page

    def test_failures_lost_contact_and_shutdowns_need_attention(
        self, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        change(new_fine_tune(people, connection, version, suffix="broken"), status=Status.FAILED, error="Line 3 is bad")
        change(new_fine_tune(people, connection, version, suffix="gone"), status=Status.LOST_CONTACT, trouble="No answer")
        day = timezone.localdate() + timedelta(days=27)
        Model.objects.create(
            organization=people.organization, connection=connection, name="old-model", base_model="ada", shutdown_date=day
        )
        words = text(viewer_client.get("/").content.decode())
        assert "Needs attention" in words
        assert "Line 3 is bad" in words
        assert "No answer" in words
        assert f"1 model on {connection} stops on {day}, in 27 days." in words

    @pytest.mark.parametrize(("has_data", "address"), [(False, "datasets:upload"), (True, "finetunes:new")])
    def test_an_empty_one_leads_to_the_next_step(
        self, member_client: Client, people: People, connection: Connection, has_data: bool, address: str
    ) -> None:
        if has_data:
            new_version(people)
        page = member_client.get("/").content.decode()
        assert f'class="button primary" href="{reverse(address)}"' in page

    def test_without_a_connection_that_comes_first(self, owner_client: Client, member_client: Client) -> None:
        assert reverse("connections:list") in owner_client.get("/").content.decode()
        page = member_client.get("/").content.decode()
        assert "An owner can add one." in page
        assert reverse("connections:list") not in page


class TestCancel:
    def test_a_member_cancels(self, member_client: Client, fine_tune: FineTune) -> None:
        answer = member_client.post(reverse("finetunes:cancel", args=[fine_tune.pk]))
        assert answer["Location"] == fine_tune.get_absolute_url()
        fine_tune.refresh_from_db()
        assert fine_tune.cancel_requested_at
        assert AuditEntry.objects.get(action="fine-tune.cancelled").target_id == str(fine_tune.pk)

    def test_too_late_is_said_and_not_written_down(self, member_client: Client, fine_tune: FineTune) -> None:
        change(fine_tune, status=Status.SUCCEEDED)
        answer = member_client.post(reverse("finetunes:cancel", args=[fine_tune.pk]), follow=True)
        assert "It has ended already" in answer.content.decode()
        assert not AuditEntry.objects.filter(action="fine-tune.cancelled").exists()

    def test_a_viewer_may_not(self, viewer_client: Client, fine_tune: FineTune) -> None:
        assert viewer_client.post(reverse("finetunes:cancel", args=[fine_tune.pk])).status_code == 403

    def test_looking_does_not_cancel(self, member_client: Client, fine_tune: FineTune) -> None:
        assert member_client.get(reverse("finetunes:cancel", args=[fine_tune.pk])).status_code == 405


ADDRESSES = ["detail", "events", "raw", "stream", "chart", "table", "results", "cancel", "decide"]


def address(name: str, pk: int) -> str:
    keys: dict[str, list[str | int]] = {"chart": ["loss"], "table": ["loss"], "results": [1]}
    return reverse(f"finetunes:{name}", args=[pk, *keys.get(name, [])])


class TestAccess:
    @pytest.mark.parametrize("name", ADDRESSES)
    def test_another_organization_s_is_not_found(
        self, name: str, outsider_client: Client, fine_tune: FineTune, provider: Provider
    ) -> None:
        row = succeeded(fine_tune, provider)
        method = outsider_client.post if name == "cancel" else outsider_client.get
        assert method(address(name, row.pk)).status_code == 404

    @pytest.mark.parametrize("name", ADDRESSES)
    def test_strangers_are_asked_to_sign_in(self, name: str, client: Client, fine_tune: FineTune) -> None:
        method = client.post if name == "cancel" else client.get
        answer = method(address(name, fine_tune.pk))
        assert answer.status_code == 302
        assert "/accounts/login/" in answer["Location"]

    @pytest.mark.parametrize("name", [name for name in ADDRESSES if name not in ("cancel", "decide")])
    def test_pages_cannot_be_posted_to(self, name: str, member_client: Client, fine_tune: FineTune) -> None:
        assert member_client.post(address(name, fine_tune.pk)).status_code == 405


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_badge_and_a_page(status: Status, viewer_client: Client, fine_tune: FineTune) -> None:
    change(fine_tune, status=status, provider_status="their word")
    page = viewer_client.get(fine_tune.get_absolute_url()).content.decode()
    assert f'<span class="badge {tone(status)}"' in page
    assert f">{status.label}</span>" in page
    assert "their word" in page
