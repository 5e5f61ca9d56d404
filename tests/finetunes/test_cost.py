"""Tokens and cost of a dataset or a version on a connection: by the base's encoding, at the owner's prices."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connections import prices
from connections.models import Connection
from datasets.models import Version
from finetunes.estimate import estimate
from finetunes.words import money
from tests.conftest import People, signed_in
from tests.datasets.made import prepared, version_of
from tests.finetunes.conftest import new_version
from tests.finetunes.provider import Provider

URL = "/finetunes/cost/"


@pytest.fixture(autouse=True)
def provider_is_there(at_work: Provider) -> Provider:
    return at_work


@pytest.fixture
def priced(connection: Connection) -> Connection:
    prices.write(connection, {"ada": "0.4", "babbage-002": "1000"}, currency="USD", on=timezone.localdate())
    connection.save()
    return connection


def shown(client: Client, **query: Any) -> str:
    answer = client.get(URL, query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestVersion:
    def test_the_cost_is_the_price_of_the_tokens_of_all_epochs(
        self, viewer_client: Client, version: Version, priced: Connection
    ) -> None:
        page = shown(viewer_client, version=version.pk)
        assert "12,000 × 4 = 48,000" in page
        assert "80 of 2,048" in page
        assert "Estimated cost 0.02 USD" in page
        assert "An estimate at 0.40 USD for a million tokens, as written down on" in page

    def test_another_base_is_counted_by_its_own_encoding_and_limit(
        self, viewer_client: Client, version: Version, priced: Connection
    ) -> None:
        page = shown(viewer_client, version=version.pk, base_model="babbage-002")
        assert "11,000 × 4 = 44,000" in page
        assert "75 of 16,385" in page
        assert "Estimated cost 44.00 USD" in page

    def test_the_validation_part_costs_where_the_provider_charges_it(
        self, viewer_client: Client, version: Version, priced: Connection
    ) -> None:
        Connection.objects.update(bills_validation=True, prices={"ada": "1000"})
        page = shown(viewer_client, version=version.pk)
        assert "Estimated cost 60.00 USD" in page
        assert "3,000 tokens of the validation part are charged in each epoch" in page

    def test_without_a_price_the_cost_is_unknown_and_the_owner_is_sent_to_write_it_down(
        self, viewer_client: Client, owner_client: Client, version: Version, connection: Connection
    ) -> None:
        page = shown(viewer_client, version=version.pk)
        assert "Estimated cost unknown" in page
        assert "No price of ada is written down for Trainer. An owner can write one down." in page
        owner = owner_client.get(URL, {"version": version.pk}).content.decode()
        assert f'href="/connections/{connection.pk}/prices/"' in owner

    def test_tokens_that_were_counted_by_other_encodings_are_unknown(
        self, viewer_client: Client, people: People, priced: Connection
    ) -> None:
        made = new_version(people, tokens={"cl100k_base": {"training": 5, "longest": 5}})
        page = shown(viewer_client, version=made.pk)
        assert "unknown: not counted with r50k_base" in page
        assert "Estimated cost unknown" in page

    def test_where_the_provider_chooses_the_epochs_the_tokens_of_one_are_told(
        self, viewer_client: Client, people: People, priced: Connection
    ) -> None:
        made = new_version(people, "Chats", format="chat", task="chat", labels=[])
        page = shown(viewer_client, version=made.pk)
        assert "11,000 in each epoch" in page

    def test_an_example_above_the_limit_is_marked(self, viewer_client: Client, people: People, priced: Connection) -> None:
        made = new_version(people, tokens={"r50k_base": {"training": 9_000, "longest": 2_049}})
        assert "2,049 of 2,048 too long" in shown(viewer_client, version=made.pk)

    def test_the_card_alone_is_what_a_page_asks_for(self, viewer_client: Client, version: Version) -> None:
        headers = {"HX-Request": "true", "HX-Target": "cost"}
        page = viewer_client.get(URL, {"version": version.pk}, headers=headers).content.decode()
        assert "<html" not in page
        assert 'id="cost"' in page

    def test_a_provider_that_does_not_answer_is_told_of(
        self, viewer_client: Client, version: Version, connection: Connection
    ) -> None:
        Connection.objects.update(base_url="http://127.0.0.1:1/v1")
        page = shown(viewer_client, version=version.pk)
        assert "Tokens and cost" in page
        assert "Estimated cost" not in page


class TestDataset:
    def test_all_rows_of_a_dataset_are_counted_as_training_rows(
        self, viewer_client: Client, people: People, priced: Connection
    ) -> None:
        dataset = prepared(people.organization)
        total = dataset.numbers["tokens"]
        page = shown(viewer_client, dataset=dataset.pk)
        assert f"{total:,} × 4 = {total * 4:,}" in page
        assert "All rows are counted as training rows" in page

    def test_it_says_what_cannot_be_known_before_there_is_a_version(
        self, viewer_client: Client, people: People, priced: Connection
    ) -> None:
        page = shown(viewer_client, dataset=prepared(people.organization).pk, base_model="babbage-002")
        assert "not counted with cl100k_base" in page

    def test_its_page_and_that_of_a_version_ask_for_the_card(self, viewer_client: Client, people: People) -> None:
        version = version_of(dataset := prepared(people.organization))
        assert f'hx-get="{URL}?dataset={dataset.pk}"' in viewer_client.get(dataset.get_absolute_url()).content.decode()
        assert f'hx-get="{URL}?version={version.pk}"' in viewer_client.get(version.get_absolute_url()).content.decode()


class TestAccess:
    @pytest.mark.parametrize("query", [{}, {"version": "0"}, {"version": "x"}, {"dataset": "9" * 30}])
    def test_what_is_not_there_is_a_404(self, viewer_client: Client, connection: Connection, query: dict[str, str]) -> None:
        assert viewer_client.get(URL, query).status_code == 404

    def test_nobody_sees_another_organization_s(self, people: People, version: Version) -> None:
        client = signed_in(people.outsider)
        assert client.get(URL, {"version": version.pk}).status_code == 404
        assert client.get(URL, {"dataset": version.dataset_id}).status_code == 404

    def test_another_organization_s_connection_is_not_asked(
        self, people: People, version: Version, connection: Connection
    ) -> None:
        foreign = Connection.objects.create(
            organization=people.outsider.memberships.get().organization, name="X", base_url="http://x.test/v1", key="k"
        )
        page = shown(signed_in(people.viewer), version=version.pk, connection=foreign.pk)
        assert "No price of ada is written down for Trainer" in page

    def test_without_a_connection_the_card_says_where_to_add_one(self, people: People, viewer_client: Client) -> None:
        Connection.objects.all().delete()
        assert "There is no connection to train on yet." in shown(viewer_client, version=new_version(people).pk)

    def test_it_is_only_read(self, owner_client: Client) -> None:
        assert owner_client.post(URL).status_code == 405


def test_the_new_fine_tune_form_shows_the_cost_too(member_client: Client, version: Version, priced: Connection) -> None:
    page = re.sub(r"<[^>]+>|\s+", " ", member_client.get("/finetunes/new/").content.decode())
    assert re.search(r"Estimated cost\s+0.02 USD", page)


def test_a_cost_needs_price_tokens_and_epochs() -> None:
    def cost(**changes: Any) -> Decimal | None:
        known: dict[str, Any] = {"rows": 1, "tokens": 1_000_000, "epochs": 2, "batch_size": 1, "price": Decimal("0.4")}
        return estimate(**(known | changes)).cost

    assert cost() == Decimal("0.8")
    assert [cost(**{name: None}) for name in ("tokens", "epochs", "price")] == [None, None, None]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "0.00 USD"),
        ("0.0001", "less than 0.01 USD"),
        ("0.014", "0.01 USD"),
        ("0.0192", "0.02 USD"),
        ("1234.5", "1,234.50 USD"),
    ],
)
def test_money_is_never_called_nothing_when_it_is_little(amount: str, said: str) -> None:
    assert money(Decimal(amount), "USD") == said
