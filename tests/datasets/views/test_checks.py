from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from datasets import advance, choose
from datasets.formats import Options
from datasets.models import Dataset
from teams.models import AuditEntry
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, prepared, uploaded, worked
from tests.datasets.workbooks import workbook

MESSY = [*TICKETS, TICKETS[0], ("no answer", "")]
HTMX = {"HX-Request": "true", "HX-Target": "main"}


@pytest.fixture
def dataset(people: People) -> Dataset:
    return worked(uploaded(people.organization, people.member, csv_of(MESSY)))


def page(client: Client, dataset: Dataset, tail: str = "") -> str:
    return client.get(f"/datasets/{dataset.pk}/{tail}").content.decode()


def post(client: Client, dataset: Dataset, tail: str, data: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(f"/datasets/{dataset.pk}/{tail}", data or {}, headers=headers)


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


class TestDetail:
    def test_findings_come_with_samples_and_buttons(self, member_client: Client, dataset: Dataset) -> None:
        shown = page(member_client, dataset)
        assert "1 row is an exact duplicate" in shown
        assert "<mark> -&gt;</mark>" in shown
        assert "Accept all recommended" in shown
        assert "4 things to decide" in shown

    def test_numbers_and_meter_stand_beside(self, member_client: Client, dataset: Dataset) -> None:
        shown = re.sub(r"\s+", " ", page(member_client, dataset))
        assert "0 of 2 classes have 100 examples or more" in shown
        assert f'<dt>Examples</dt><dd class="num">{len(MESSY)}</dd>' in shown

    def test_a_viewer_sees_findings_without_buttons(self, viewer_client: Client, dataset: Dataset) -> None:
        shown = page(viewer_client, dataset)
        assert "1 row is an exact duplicate" in shown
        assert 'name="choice"' not in shown
        assert "Accept all recommended" not in shown

    def test_examples_are_text_and_never_markup(self, people: People, member_client: Client) -> None:
        rows = [(f"<script>alert({number})</script>", "<img src=x onerror=alert(1)>") for number in range(9)]
        shown = page(member_client, worked(uploaded(people.organization, content=csv_of(rows))))
        assert "<script>alert(" not in shown
        assert "<img src=x" not in shown

    def test_bad_rows_are_listed(self, people: People, member_client: Client) -> None:
        content = csv_of(MESSY) + b"<b>only</b>\n"
        shown = page(member_client, worked(uploaded(people.organization, content=content)))
        assert "1 row could not be used" in shown
        assert "The line has 1 cell, the header names 2." in shown
        assert "&lt;b&gt;only" in shown

    def test_a_failed_file_says_why(self, people: People, member_client: Client) -> None:
        shown = page(member_client, worked(uploaded(people.organization, content=b"words", name="x.rtf")))
        assert "Files that end in .rtf are not read." in shown
        assert "Upload another file" in shown

    def test_a_dataset_that_waits_for_columns_leads_there(self, people: People, member_client: Client) -> None:
        dataset = worked(uploaded(people.organization, content=csv_of([("a", "b")], "x,y")))
        response = member_client.get(f"/datasets/{dataset.pk}/")
        assert response["Location"] == f"/datasets/{dataset.pk}/columns/"


class TestProgress:
    def test_while_it_works_the_fragment_asks_again(self, people: People, viewer_client: Client) -> None:
        dataset = uploaded(people.organization)
        Dataset.objects.update(state="reading", progress=0.42)
        response = viewer_client.get(f"/datasets/{dataset.pk}/progress/", headers={"HX-Request": "true"})
        said = response.content.decode()
        assert response.status_code == 200
        assert 'hx-trigger="every 1s"' in said
        assert "42 %" in said
        assert "<html" not in said

    def test_when_it_is_done_asking_stops_and_the_page_is_taken_anew(self, viewer_client: Client, dataset: Dataset) -> None:
        here = f"/datasets/{dataset.pk}/versions/"
        headers = {"HX-Request": "true", "HX-Target": "progress", "HX-Current-URL": f"http://testserver{here}"}
        response = viewer_client.get(f"/datasets/{dataset.pk}/progress/", headers=headers)
        assert response.status_code == 286
        assert f'hx-get="{here}"' in response.content.decode()
        assert "every 1s" not in response.content.decode()

    def test_it_leaves_alone_what_a_person_is_choosing_on_the_columns_page(
        self, viewer_client: Client, dataset: Dataset
    ) -> None:
        here = f"http://testserver/datasets/{dataset.pk}/columns/"
        headers = {"HX-Request": "true", "HX-Target": "progress", "HX-Current-URL": here}
        said = viewer_client.get(f"/datasets/{dataset.pk}/progress/", headers=headers).content.decode()
        assert "The rows are checked." in said
        assert "hx-get" not in said

    @pytest.mark.parametrize("elsewhere", ["http://evil.example/x", "http://testserver/accounts/logout/", "nonsense"])
    def test_it_never_leads_anywhere_else(self, viewer_client: Client, dataset: Dataset, elsewhere: str) -> None:
        headers = {"HX-Request": "true", "HX-Target": "progress", "HX-Current-URL": elsewhere}
        said = viewer_client.get(f"/datasets/{dataset.pk}/progress/", headers=headers).content.decode()
        assert f'hx-get="/datasets/{dataset.pk}/"' in said

    def test_a_page_that_is_not_working_does_not_ask(self, viewer_client: Client, dataset: Dataset) -> None:
        assert "every 1s" not in page(viewer_client, dataset)


class TestDecision:
    def test_apply_changes_the_rows_and_leads_back(self, member_client: Client, dataset: Dataset) -> None:
        response = post(member_client, dataset, "decision/", {"code": "duplicates", "choice": "accepted"})
        assert response["Location"] == f"/datasets/{dataset.pk}/"
        dataset.refresh_from_db()
        assert dataset.prepared_count == len(MESSY) - 1
        assert actions() == ["dataset.finding_accepted"]

    def test_htmx_gets_the_new_page_at_once(self, member_client: Client, dataset: Dataset) -> None:
        said = post(member_client, dataset, "decision/", {"code": "duplicates", "choice": "accepted"}, **HTMX)
        assert "3 things to decide" in said.content.decode()
        assert "Exact duplicates were removed" in said.content.decode()

    def test_a_large_dataset_is_left_to_a_worker(self, member_client: Client, dataset: Dataset, monkeypatch: Any) -> None:
        monkeypatch.setattr(advance, "SMALL_ROWS", 10)
        said = post(member_client, dataset, "decision/", {"code": "duplicates", "choice": "accepted"}, **HTMX)
        assert "Checking the rows" in said.content.decode()
        assert Dataset.objects.due().count() == 1

    def test_skip_takes_the_finding_away(self, member_client: Client, dataset: Dataset) -> None:
        post(member_client, dataset, "decision/", {"code": "separator", "choice": "skipped"})
        shown = page(member_client, dataset)
        assert "Skipped: No separator between prompt and completion" in shown
        assert 'id="finding-separator"' not in shown

    @pytest.mark.parametrize("data", [{}, {"code": "separator"}, {"code": "separator", "choice": "maybe"}])
    def test_nonsense_is_refused(self, member_client: Client, dataset: Dataset, data: dict[str, str]) -> None:
        assert post(member_client, dataset, "decision/", data).status_code == 400

    def test_a_finding_that_is_gone_is_told_and_changes_nothing(self, member_client: Client, dataset: Dataset) -> None:
        data = {"code": "ending", "choice": "accepted"}
        said = member_client.post(f"/datasets/{dataset.pk}/decision/", data, follow=True)
        assert "The checks have changed meanwhile." in said.content.decode()
        assert actions() == []


class TestUndoAndAccept:
    def test_undo_takes_a_decision_back(self, people: People, member_client: Client) -> None:
        dataset = prepared(people.organization, content=csv_of(MESSY))
        post(member_client, dataset, "undo/", {"number": 0})
        dataset.refresh_from_db()
        assert "empty-completions" in [finding["code"] for finding in dataset.findings]
        assert actions() == ["dataset.decision_undone"]

    @pytest.mark.parametrize("number", ["", "x", "-1"])
    def test_nonsense_is_refused(self, member_client: Client, dataset: Dataset, number: str) -> None:
        assert post(member_client, dataset, "undo/", {"number": number}).status_code == 400

    def test_undoing_what_is_not_there_is_told(self, member_client: Client, dataset: Dataset) -> None:
        said = member_client.post(f"/datasets/{dataset.pk}/undo/", {"number": 9}, follow=True)
        assert "taken back already" in said.content.decode()

    def test_one_click_accepts_all_that_is_recommended(self, member_client: Client, dataset: Dataset) -> None:
        post(member_client, dataset, "accept/")
        dataset.refresh_from_db()
        assert [made["code"] for made in dataset.decisions] == [
            "empty-completions",
            "leading-space",
            "duplicates",
            "separator",
        ]
        assert {made["by"] for made in dataset.decisions} == {"Member"}
        shown = page(member_client, dataset)
        assert "Nothing left to decide" not in shown or dataset.open_count == 0
        assert "Accept all recommended" not in shown


class TestColumns:
    @pytest.fixture
    def unnamed(self, people: People) -> Dataset:
        rows = [(f"q{number}", "yes" if number % 2 else "no") for number in range(40)]
        return worked(uploaded(people.organization, content=csv_of(rows, "question,answer")))

    def chosen(self, **changes: str) -> dict[str, str]:
        chosen = {"format": "prompt-completion", "prompt": "question", "completion": "answer", "header_row": "1"}
        return {**chosen, **changes}

    def test_the_page_shows_the_first_rows_and_every_column(self, member_client: Client, unnamed: Dataset) -> None:
        shown = page(member_client, unnamed, "columns/")
        assert 'data-column="question"' in shown
        assert [f">q{number}<" in shown for number in range(4)] == [True, True, True, False]

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_file_that_nobody_has_looked_at_yet_leads_back_to_its_progress(
        self, people: People, member_client: Client, method: str
    ) -> None:
        unread = uploaded(people.organization, content=csv_of([("q", "yes")], "question,answer"))
        response = getattr(member_client, method)(f"/datasets/{unread.pk}/columns/", follow=True)
        assert response.redirect_chain[-1][0] == f"/datasets/{unread.pk}/"
        assert "The file is still being read" in response.content.decode()

    def test_the_columns_pointed_at_are_read(self, member_client: Client, unnamed: Dataset) -> None:
        response = post(member_client, unnamed, "columns/", self.chosen())
        assert response["Location"] == f"/datasets/{unnamed.pk}/"
        dataset = worked(unnamed)
        assert (dataset.state, dataset.row_count, dataset.task) == ("ready", 40, "classification")
        assert actions() == ["dataset.columns_chosen"]

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"completion": "question"}, "two different columns"),
            ({"completion": "other"}, "Select a valid choice"),
            ({"completion": ""}, "This field is required"),
            ({"format": "chat"}, "This field is required"),
            ({"format": "poem"}, "Select a valid choice"),
        ],
    )
    def test_what_does_not_fit_is_said_beside_the_field(
        self, member_client: Client, unnamed: Dataset, changes: dict[str, str], sentence: str
    ) -> None:
        assert sentence in post(member_client, unnamed, "columns/", self.chosen(**changes)).content.decode()
        assert not Dataset.objects.due().exists()

    def test_a_prompt_may_be_left_out(self, member_client: Client, unnamed: Dataset) -> None:
        post(member_client, unnamed, "columns/", self.chosen(prompt=""))
        assert worked(unnamed).task == "open-ended"

    def test_another_sheet_is_looked_at_first(self, people: People, member_client: Client) -> None:
        content = workbook([["a", "b"], ["1", "2"]], Other=[["prompt", "completion"], ["p", "c"]])
        dataset = worked(uploaded(people.organization, content=content, name="x.xlsx"))
        shown = page(member_client, dataset, "columns/")
        assert '<option value="Other">' in shown
        assert "Encoding" not in shown
        post(member_client, dataset, "columns/", {**self.chosen(prompt="a", completion="b"), "sheet": "Other"})
        dataset = worked(dataset)
        assert (dataset.state, dataset.layout["options"]["sheet"], dataset.row_count) == ("ready", "Other", 1)

    def test_a_file_without_a_header_is_numbered(self, member_client: Client, unnamed: Dataset) -> None:
        post(member_client, unnamed, "columns/", self.chosen(header_row="0"))
        dataset = worked(unnamed)
        assert (dataset.state, dataset.layout["columns"]) == ("mapping", ["Column 1", "Column 2"])

    def test_a_header_below_a_title_is_told_and_can_be_corrected(self, people: People, member_client: Client) -> None:
        content = workbook([["Tickets"], ["prompt", "completion"], ["p", "c"], ["q", "d"], ["r", "e"]])
        dataset = worked(uploaded(people.organization, content=content, name="x.xlsx"))
        shown = page(member_client, dataset)
        assert "found in row 2; what stands above it is left out." in shown
        assert f'href="/datasets/{dataset.pk}/columns/">Change</a>' in shown
        assert '<option value="2" selected>Row 2: prompt · completion</option>' in page(member_client, dataset, "columns/")
        post(member_client, dataset, "columns/", self.chosen(prompt="prompt", completion="completion", header_row="3"))
        dataset = worked(dataset)
        assert (dataset.state, dataset.layout["columns"]) == ("mapping", ["p", "c"])

    def test_another_encoding_is_read(self, people: People, member_client: Client) -> None:
        content = "prompt,completion\nПривет,да\n".encode("cp1251")
        dataset = worked(uploaded(people.organization, content=content))
        data = {**self.chosen(prompt="prompt", completion="completion"), "encoding": "cp1251"}
        post(member_client, dataset, "columns/", data)
        assert "Привет" in page(member_client, worked(dataset), "examples/")


class TestTheLivePreview:
    @pytest.fixture
    def unmapped(self, people: People) -> Dataset:
        return worked(uploaded(people.organization, people.member, csv_of(TICKETS, "question,answer")))

    def seen(self, client: Client, dataset: Dataset, **data: str) -> str:
        sent = {"format": "prompt-completion", "prompt": "question", "completion": "answer", **data}
        headers = {"HX-Request": "true", "HX-Target": "seen"}
        response = client.post(f"/datasets/{dataset.pk}/columns/", sent, headers=headers)
        assert response.status_code == 200
        return str(response.content.decode())

    def test_it_shows_three_rows_as_the_model_will_see_them(self, member_client: Client, unmapped: Dataset) -> None:
        seen = self.seen(member_client, unmapped, template="Ticket <b>: {question}\n->")
        assert seen.count("Ticket &lt;b&gt;: 0: a message about a bill\\n-&gt;") == 1
        assert seen.count("Ticket") == 3
        assert "<html" not in seen

    def test_nothing_is_chosen_by_looking(self, member_client: Client, unmapped: Dataset) -> None:
        self.seen(member_client, unmapped, template="{question}!")
        assert worked(unmapped).state == "mapping"

    def test_a_mistake_is_told_while_it_is_typed(self, member_client: Client, unmapped: Dataset) -> None:
        assert "no column named “who”" in self.seen(member_client, unmapped, template="{who}")

    def test_the_page_begins_with_what_is_proposed(self, member_client: Client, unmapped: Dataset) -> None:
        assert "What the model will see" in page(member_client, unmapped, "columns/")


class TestRetry:
    def test_what_failed_is_tried_again(self, people: People, member_client: Client) -> None:
        dataset = worked(uploaded(people.organization, content=csv_of(TICKETS)))
        Dataset.objects.update(state="failed", error={"one": "It was interrupted."})
        assert f'action="/datasets/{dataset.pk}/retry/"' in page(member_client, dataset)
        post(member_client, dataset, "retry/")
        dataset = worked(dataset)
        assert (dataset.state, dataset.error) == ("ready", None)

    def test_what_has_been_read_is_not_read_again(self, member_client: Client, dataset: Dataset) -> None:
        said = member_client.post(f"/datasets/{dataset.pk}/retry/", follow=True)
        assert "There is nothing to try again" in said.content.decode()


def test_changing_columns_keeps_what_was_decided(people: People) -> None:
    dataset = prepared(people.organization)
    choose.columns(dataset, mapping=None, options=Options())
    assert [made["code"] for made in worked(dataset).decisions] == ["leading-space", "separator"]
