"""A person may tell a fix another separator, ending or limit than the one that is proposed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from datasets.adjust import adjusted, fitting
from datasets.checks import BY_CODE, CHECKS
from datasets.models import Dataset
from datasets.words import Refused
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, uploaded, worked


@pytest.mark.parametrize(
    ("typed", "mark"),
    [
        (r"\n\nAnswer:", "\n\nAnswer:"),
        (" =>", " =>"),
        (" SEP", " SEP"),
        (r"\t##", "\t##"),
        (r" \\n>", r" \n>"),
    ],
)
def test_a_mark_is_typed_as_people_write_line_breaks(typed: str, mark: str) -> None:
    assert adjusted("separator", {"separator": " ->"}, typed) == {"separator": mark}


@pytest.mark.parametrize("typed", ["", " ", "a", "the end", "Q:", "x" * 300, " and so on."])
def test_what_could_be_mistaken_for_text_is_no_mark(typed: str) -> None:
    with pytest.raises(Refused):
        adjusted("separator", {"separator": " ->"}, typed)


def test_what_the_check_itself_would_propose_may_always_be_chosen() -> None:
    assert adjusted("ending", {"ending": " END"}, ".") == {"ending": "."}
    assert adjusted("ending", {"ending": " END"}, r"\n") == {"ending": "\n"}


@pytest.mark.parametrize("typed", ["many", "0", "-3", "1.5", "99999999"])
def test_a_limit_is_a_whole_number_within_reason(typed: str) -> None:
    with pytest.raises(Refused):
        adjusted("too-long", {"limit": 2048, "encoding": "r50k_base"}, typed)
    assert adjusted("too-long", {"limit": 2048, "encoding": "r50k_base"}, " 500 ")["limit"] == 500


def test_a_fix_without_a_choice_cannot_be_adjusted() -> None:
    with pytest.raises(Refused, match="nothing to adjust"):
        adjusted("duplicates", {}, "1")


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("separator", {}),
        ("separator", {"separator": 3}),
        ("separator", {"separator": " ->", "more": 1}),
        ("duplicates", {"separator": " ->"}),
        ("too-long", {"limit": True, "encoding": "r50k_base"}),
        ("too-long", {"limit": 5, "encoding": "../../etc/passwd"}),
        ("too-long", {"limit": "5", "encoding": "r50k_base"}),
    ],
)
def test_only_what_a_fix_has_to_be_told_is_taken(code: str, params: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        fitting(code, params)


@pytest.mark.parametrize("check", [check for check in CHECKS if check.adjustable], ids=lambda check: check.code)
def test_what_can_be_adjusted_is_one_of_the_parameters(check: Any) -> None:
    assert check.adjustable in check.params


class TestOnThePage:
    @pytest.fixture
    def dataset(self, people: People) -> Dataset:
        return worked(uploaded(people.organization, people.member, csv_of(TICKETS)))

    def decide(self, client: Client, dataset: Dataset, **data: str) -> str:
        return client.post(f"/datasets/{dataset.pk}/decision/", data, follow=True).content.decode()

    def test_an_own_separator_is_used_and_then_known(self, member_client: Client, dataset: Dataset) -> None:
        assert 'name="value"' in member_client.get(f"/datasets/{dataset.pk}/").content.decode()
        self.decide(member_client, dataset, code="separator", choice="accepted", value=r"\n\nAnswer:")
        dataset = worked(dataset)
        assert dataset.decisions[0]["params"] == {"separator": "\n\nAnswer:"}
        assert dataset.numbers["separator"] == "\n\nAnswer:"
        assert "separator" not in {finding["code"] for finding in dataset.findings}

    def test_an_own_limit_removes_longer_rows(self, people: People, member_client: Client) -> None:
        long = [*TICKETS, ("word " * 3000, "billing"), ("word " * 60, "repair")]
        dataset = worked(uploaded(people.organization, people.member, csv_of(long)))
        self.decide(member_client, dataset, code="too-long", choice="accepted", value="50")
        assert worked(dataset).prepared_count == len(TICKETS)

    def test_a_useless_mark_is_refused_with_its_reason_and_nothing_changes(
        self, member_client: Client, dataset: Dataset
    ) -> None:
        said = self.decide(member_client, dataset, code="separator", choice="accepted", value="the end")
        assert "could be mistaken for text" in said
        assert worked(dataset).decisions == []

    def test_skipping_needs_no_value(self, member_client: Client, dataset: Dataset) -> None:
        self.decide(member_client, dataset, code="separator", choice="skipped", value="the end")
        assert worked(dataset).decisions[0]["choice"] == "skipped"

    def test_every_adjustable_finding_tells_what_is_proposed(self, member_client: Client, dataset: Dataset) -> None:
        page = member_client.get(f"/datasets/{dataset.pk}/").content.decode()
        assert BY_CODE["separator"].adjustable == "separator"
        assert 'value=" -&gt;"' in page
