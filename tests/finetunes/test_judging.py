"""The verdict of a fine-tune: found when it ends, shown in words, with buttons that lead to filled-in forms."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import judging, telling
from finetunes.live import frames
from finetunes.models import FineTune, Model
from finetunes.next_steps import steps
from finetunes.sentences import SENTENCES
from finetunes.statuses import Status
from finetunes.verdict.judge import ORDER, RULES, judge, to_json
from teams.looks import Look
from tests.conftest import People
from tests.finetunes import planted
from tests.finetunes.conftest import new_fine_tune, new_version
from tests.finetunes.planted import run
from tests.finetunes.provider import Provider
from tests.finetunes.stepping import step
from tests.finetunes.test_pages import change, succeeded, text

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(autouse=True)
def provider_is_there(at_work: Provider) -> Provider:
    return at_work


def csv(one: Any) -> bytes:
    """The results file of a planted run."""
    names = [name for name in one.series if name != "elapsed_examples"]
    columns = [dict(zip(one.series[name].steps.tolist(), one.series[name].values.tolist(), strict=True)) for name in names]
    last = max(max(column) for column in columns)
    rows = [",".join([str(place), *(str(column.get(place, "")) for column in columns)]) for place in range(1, last + 1)]
    return "\n".join([",".join(["step", *names]), *rows, ""]).encode()


OVER_FITTED = csv(run(3, planted.rising, planted.memorized, noise=planted.gaussian))
SHORT = b"step,training_loss\n1,0.5\n2,0.25\n"


def ended(fine_tune: FineTune, findings: list[tuple[str, dict[str, Any]]], **values: Any) -> FineTune:
    """One that succeeded, with findings that a test wants to see shown."""
    verdict = {"rules": RULES, "findings": [{"code": code, "numbers": numbers} for code, numbers in findings]}
    given = {"status": Status.SUCCEEDED, "remote_id": "ft-1", "verdict": verdict, "resolved": {"n_epochs": 4}}
    return change(fine_tune, **(given | values))


def model_of(fine_tune: FineTune, **values: Any) -> Model:
    given = {"organization": fine_tune.organization, "connection": fine_tune.connection, "name": "ada:ft-example"}
    given |= {"base_model": "ada", "fine_tune": fine_tune, "version": fine_tune.training_version, "ready_at": timezone.now()}
    return Model.objects.create(**(given | values))


def buttons(page: str) -> dict[str, str]:
    """The labels and addresses of a verdict's buttons."""
    section = page.partition('id="verdict-title"')[2].partition("</section>")[0]
    return {
        text(label).strip(): unescape(address)
        for address, label in re.findall(r'<a class="button[^>]*href="([^"]*)">([^<]*)<', section)
    }


def field(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found, name
    value = re.search(r'value="([^"]*)"', found[0])
    return unescape(value[1]) if value else ""


class TestFinding:
    def test_it_is_there_as_soon_as_the_results_are(self, fine_tune: FineTune, provider: Provider) -> None:
        row = succeeded(fine_tune, provider, OVER_FITTED)
        assert row.verdict["rules"] == RULES
        assert row.verdict["findings"][0]["code"] == "over-fitting"

    def test_one_that_runs_has_none(self, fine_tune: FineTune, provider: Provider) -> None:
        row = step(fine_tune, provider.client())
        provider.start(row.remote_id)
        row = step(row, provider.client())
        assert (row.status, row.verdict, judging.kept(row)) == (Status.RUNNING, {}, {})

    def test_results_that_come_late_are_judged_when_they_come(self, fine_tune: FineTune, provider: Provider) -> None:
        row = step(fine_tune, provider.client())
        provider.start(row.remote_id)
        provider.succeed(row.remote_id, None)
        row = step(row, provider.client())
        assert row.verdict["findings"] == []
        assert telling.tell(row.verdict) is None
        before = row.revision
        provider.publish_results(row.remote_id, OVER_FITTED)
        row = step(row, provider.client())
        assert row.verdict["findings"][0]["code"] == "over-fitting"
        assert row.revision > before, "open pages follow"

    def test_asking_again_for_nothing_new_changes_nothing(self, fine_tune: FineTune, provider: Provider) -> None:
        row = succeeded(fine_tune, provider, OVER_FITTED)
        again = step(row, provider.client())
        assert (again.revision, again.verdict) == (row.revision, row.verdict)

    def test_one_that_was_cancelled_says_how_far_it_came(self, fine_tune: FineTune, provider: Provider) -> None:
        row = step(fine_tune, provider.client())
        provider.start(row.remote_id)
        provider.jobs[row.remote_id]["status"] = "cancelled"
        provider.publish_results(row.remote_id, OVER_FITTED)
        row = step(row, provider.client())
        assert [one["code"] for one in row.verdict["findings"]][:2] == ["ended-early", "over-fitting"]

    def test_the_numbers_of_events_are_judged_where_there_is_no_file(
        self, people: People, connection: Connection, version: Version, provider: Provider
    ) -> None:
        Connection.objects.filter(pk=connection.pk).update(dialect="jobs")
        connection.refresh_from_db()
        row = new_fine_tune(people, connection, version, base_model="babbage-002")
        row = step(row, provider.client("jobs"))
        provider.start(row.remote_id)
        for place in range(1, 61):
            data = {"step": place, "train_loss": 2.0 * 0.9**place, "total_steps": 60}
            provider.log(row.remote_id, f"Step {place}/60: training loss", data=data)
        provider.succeed(row.remote_id, None)
        row = step(row, provider.client("jobs"))
        assert row.verdict["findings"][0]["code"] in ("improving", "learned")

    def test_what_older_rules_said_is_found_anew_and_kept(self, fine_tune: FineTune, provider: Provider) -> None:
        row = succeeded(fine_tune, provider, OVER_FITTED)
        row = change(row, verdict={"rules": RULES - 1, "findings": [{"code": "learned", "numbers": {}}]})
        assert judging.kept(row)["findings"][0]["code"] == "over-fitting"
        row.refresh_from_db()
        assert row.verdict["rules"] == RULES
        with CaptureQueriesContext(database) as queries:
            judging.kept(row)
        assert not queries, "what is kept is not asked for"

    def test_one_that_never_reached_its_provider_has_none(self, fine_tune: FineTune) -> None:
        row = change(fine_tune, status=Status.CANCELLED, remote_id="")
        assert judging.kept(row) == {}

    def test_the_live_page_gets_it_with_the_end(self, fine_tune: FineTune, provider: Provider) -> None:
        row = succeeded(fine_tune, provider, OVER_FITTED)
        assert "learned by heart" in frames.frame(row.pk, 0, Look()).parts["verdict"]

    def test_checkpoints_are_kept_with_it(
        self, people: People, connection: Connection, version: Version, provider: Provider
    ) -> None:
        Connection.objects.filter(pk=connection.pk).update(dialect="jobs")
        connection.refresh_from_db()
        row = step(new_fine_tune(people, connection, version, base_model="babbage-002"), provider.client("jobs"))
        provider.start(row.remote_id)
        name = provider.succeed(row.remote_id, OVER_FITTED)
        provider.checkpoints[row.remote_id] = [
            {"id": f"ckpt-{place}", "step_number": place, "fine_tuned_model_checkpoint": f"{name}:ckpt-step-{place}"}
            for place in (1600, 1200, 800)
        ]
        row = step(row, provider.client("jobs"))
        assert [one["step"] for one in row.checkpoints] == [800, 1200, 1600]


class TestWords:
    def test_each_finding_has_its_words_and_a_label(self) -> None:
        assert set(SENTENCES) == set(ORDER)
        assert all(telling.label(code) for code in ORDER)

    def test_the_figures_that_it_rests_on_are_said(
        self, viewer_client: Client, fine_tune: FineTune, provider: Provider
    ) -> None:
        row = succeeded(fine_tune, provider, OVER_FITTED)
        page = text(viewer_client.get(row.get_absolute_url()).content.decode())
        numbers = row.verdict["findings"][0]["numbers"]
        assert f"Validation loss fell from {numbers['start']:.3g} to {numbers['best']:.3g} around step" in page
        assert f"then rose to {numbers['end']:.3g} by the end" in page
        assert "(epoch 2 of 4)" in page
        assert "the middle one of the first 10 values" in page

    def test_three_are_shown_and_the_others_folded(self, viewer_client: Client, fine_tune: FineTune) -> None:
        few = {"examples": 12, "least": 50}
        spikes = {"count": 1, "step": 7, "value": 90.0, "usual": 0.5}
        learned: dict[str, Any] = {"name": "training_loss", "start": 2.0, "end": 1.0}
        findings = [("learned", learned), ("few-examples", few), ("no-validation", {"given": 0}), ("spikes", spikes)]
        row = ended(fine_tune, findings)
        page = viewer_client.get(row.get_absolute_url()).content.decode()
        shown, folded = page.partition('id="verdict-title"')[2].partition("</section>")[0].split("<details")
        assert shown.count("<b>") == 3
        assert "There was a leap." in folded

    def test_every_planted_and_cut_short_run_can_be_said(self) -> None:
        shapes = (planted.good, planted.rising, planted.falling, planted.flat, planted.exploding)
        for seed, shape in enumerate(shapes):
            for known in ({}, {"status": "cancelled", "total_steps": 9000}, {"epochs": None}, {"whole": True}):
                said = telling.tell(to_json(judge(run(seed, shape, **known))))
                assert said
                assert all("%(" not in one.text and "None" not in one.text for one in [*said.shown, *said.folded])

    def test_labels_are_text_whatever_they_hold(self, viewer_client: Client, fine_tune: FineTune) -> None:
        rare = {"rare": [[f" {HOSTILE}", 3]], "more": 0, "middle": 50, "most": 100}
        row = ended(fine_tune, [("few-in-class", rare)])
        page = viewer_client.get(row.get_absolute_url()).content.decode()
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page

    @pytest.mark.parametrize(("code", "word"), [("nothing-learned", "learned nothing"), ("learned", "")])
    def test_the_list_warns_of_one_that_is_not_as_it_should_be(
        self, viewer_client: Client, fine_tune: FineTune, code: str, word: str
    ) -> None:
        ended(fine_tune, [(code, {"name": "training_loss", "start": 2.0, "end": 2.0})])
        row = viewer_client.get(reverse("finetunes:list")).content.decode().partition("<tbody>")[2]
        assert ('<span class="muted small">' + word in row) is bool(word)

    def test_a_finding_that_nobody_knows_any_more_is_left_out(self, viewer_client: Client, fine_tune: FineTune) -> None:
        row = ended(fine_tune, [("of-old", {})])
        assert 'id="verdict-title"' not in viewer_client.get(row.get_absolute_url()).content.decode()


class TestButtons:
    OVER: dict[str, Any] = {
        "name": "validation_loss",
        "start": 2.0,
        "best": 0.5,
        "best_step": 500,
        "best_epoch": 1.25,
        "best_epochs": 1,
        "good_until": 900,
        "end": 1.0,
        "epochs": 4,
        "whole": False,
        "start_of": 10,
        "best_of": 30,
        "end_of": 30,
    }

    def test_fewer_epochs_lead_to_the_form_filled_in(self, member_client: Client, fine_tune: FineTune) -> None:
        row = ended(fine_tune, [("over-fitting", self.OVER)])
        address = buttons(member_client.get(row.get_absolute_url()).content.decode())["Train again with 1 epoch"]
        form = member_client.get(address).content.decode()
        assert field(form, "n_epochs") == "1"
        assert field(form, "suffix") == row.suffix
        assert f'<option value="{row.training_version_id}" selected>' in form

    def test_one_that_had_one_epoch_is_not_offered_fewer(self, fine_tune: FineTune) -> None:
        row = ended(fine_tune, [("over-fitting", self.OVER | {"epochs": 1})])
        assert not any("epoch" in one.label for one in steps(row, None))

    def test_one_that_improves_is_continued_from_its_model_or_trained_for_longer(
        self, member_client: Client, fine_tune: FineTune, provider: Provider
    ) -> None:
        provider.models["ada:ft-example"] = {"id": "ada:ft-example", "object": "model", "created": 1, "owned_by": "example"}
        row = ended(fine_tune, [("improving", self.OVER | {"before": 1.5, "last": 1.0})])
        model_of(row)
        found = buttons(member_client.get(row.get_absolute_url()).content.decode())
        further = member_client.get(found["Continue for 2 epochs"]).content.decode()
        assert field(further, "n_epochs") == "2"
        assert re.search(r'<option value="ada:ft-example" selected', further)
        assert field(member_client.get(found["Train again with 8 epochs"]).content.decode(), "n_epochs") == "8"

    @pytest.mark.parametrize(("code", "rate"), [("diverged", "0.05"), ("nothing-learned", "0.4")])
    def test_another_learning_rate_is_filled_in(
        self, member_client: Client, fine_tune: FineTune, code: str, rate: str
    ) -> None:
        row = ended(fine_tune, [(code, self.OVER)], resolved={"n_epochs": 4, "learning_rate_multiplier": 0.2})
        found = buttons(member_client.get(row.get_absolute_url()).content.decode())
        form = member_client.get(found[f"Train again with learning rate multiplier {rate}"]).content.decode()
        assert field(form, "learning_rate_multiplier") == rate
        assert field(form, "n_epochs") == ""

    def test_a_rate_that_nobody_knows_is_not_changed(self, fine_tune: FineTune) -> None:
        row = ended(fine_tune, [("diverged", self.OVER)], resolved={"learning_rate_multiplier": "auto"})
        assert steps(row, None) == []

    def test_the_checkpoint_before_the_rise_opens_in_the_playground(
        self, viewer_client: Client, fine_tune: FineTune
    ) -> None:
        kept = [{"step": place, "model": f"ada:ft-example:ckpt-step-{place}"} for place in (800, 1200, 1600)]
        row = ended(fine_tune, [("over-fitting", self.OVER)], checkpoints=kept)
        model_of(row)
        address = buttons(viewer_client.get(row.get_absolute_url()).content.decode())["Try the checkpoint of step 800"]
        page = viewer_client.get(address)
        assert page.status_code == 200
        key = f"c{row.connection_id}:ada:ft-example:ckpt-step-800"
        group = page.content.decode().partition('label="Fine-tuned models"')[2].partition("</optgroup>")[0]
        assert f'<option value="{key}" selected>ada:ft-example:ckpt-step-800</option>' in group, "and it stays chosen"
        assert "###" in page.content.decode(), "it is asked as it was trained, with the separator"

    def test_checkpoints_from_after_the_rise_are_not_offered(self, fine_tune: FineTune) -> None:
        kept = [{"step": place, "model": f"m:ckpt-step-{place}"} for place in (1200, 1600)]
        row = ended(fine_tune, [("over-fitting", self.OVER)], checkpoints=kept)
        assert not any("checkpoint" in one.label for one in steps(row, None))

    def test_the_examples_of_a_rare_class_are_one_click_away(self, member_client: Client, fine_tune: FineTune) -> None:
        row = ended(fine_tune, [("few-in-class", {"rare": [[" refund", 12]], "more": 0, "middle": 300, "most": 300})])
        address = buttons(member_client.get(row.get_absolute_url()).content.decode())["See the examples of “refund”"]
        dataset = row.version.dataset_id
        assert address == f"{reverse('datasets:examples', args=[dataset])}?label=+refund"
        assert member_client.get(address).status_code == 200

    def test_a_version_without_validation_leads_to_where_one_is_made(
        self, member_client: Client, people: People, connection: Connection
    ) -> None:
        bare = new_version(people, "Bare", validation_rows=0, validation_sha256="")
        row = ended(new_fine_tune(people, connection, bare), [("no-validation", {"given": 0})])
        address = buttons(member_client.get(row.get_absolute_url()).content.decode())["Make a version with a held-out part"]
        assert member_client.get(address).status_code == 200

    def test_a_validation_part_that_was_left_out_is_taken_along(self, member_client: Client, fine_tune: FineTune) -> None:
        row = ended(fine_tune, [("no-validation", {"given": 0})], use_validation=False)
        address = buttons(member_client.get(row.get_absolute_url()).content.decode())["Train again with the validation part"]
        form = member_client.get(address).content.decode()
        assert re.search(r'<input[^>]*name="use_validation"[^>]*checked', form)

    def test_one_from_elsewhere_gets_words_and_no_form_without_its_data(
        self, member_client: Client, fine_tune: FineTune
    ) -> None:
        row = ended(fine_tune, [("over-fitting", self.OVER)], training_version=None, imported_at=timezone.now())
        page = member_client.get(row.get_absolute_url()).content.decode()
        assert "It learned, and then learned by heart." in page
        assert buttons(page) == {}

    def test_viewers_read_and_are_shown_no_button_that_starts_anything(
        self, viewer_client: Client, fine_tune: FineTune
    ) -> None:
        row = ended(fine_tune, [("over-fitting", self.OVER)])
        page = viewer_client.get(row.get_absolute_url()).content.decode()
        assert 'data-role="viewer"' in page
        starting = re.findall(r'<a class="([^"]*)" href="/finetunes/new/\?from=[^"]*n_epochs', page)
        assert starting
        assert all("for-members" in classes for classes in starting)

    def test_another_organization_does_not_see_it(self, outsider_client: Client, fine_tune: FineTune) -> None:
        row = ended(fine_tune, [("over-fitting", self.OVER)])
        assert outsider_client.get(row.get_absolute_url()).status_code == 404


class TestCost:
    def test_a_page_asks_for_no_numbers_of_one_that_has_been_judged(
        self, viewer_client: Client, fine_tune: FineTune, provider: Provider
    ) -> None:
        row = succeeded(fine_tune, provider, OVER_FITTED)
        with CaptureQueriesContext(database) as queries:
            viewer_client.get(row.get_absolute_url())
        assert not [one for one in queries if '"finetunes_span"."values"' in one["sql"]]
