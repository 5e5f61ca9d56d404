"""Base models from a dated table, where the provider does not tell."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from connections import bases
from connections.models import Connection
from teams.models import AuditEntry

pytestmark = pytest.mark.django_db


def page(connection: Connection) -> str:
    return f"/connections/{connection.pk}/bases/"


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("gpt-4.1 | sft dpo | 65536", {"name": "gpt-4.1", "methods": ["sft", "dpo"], "tokens": 65536}),
        ("gpt-4.1|SFT, dpo|65,536", {"name": "gpt-4.1", "methods": ["sft", "dpo"], "tokens": 65536}),
        ("  meta-llama/Llama-3.3-70B  ", {"name": "meta-llama/Llama-3.3-70B", "methods": ["sft"], "tokens": None}),
        ("a | | 10", {"name": "a", "methods": ["sft"], "tokens": 10}),
    ],
)
def test_a_line_is_read(line: str, row: dict[str, object]) -> None:
    assert bases.read(f"\n{line}\n\n") == [row]


@pytest.mark.parametrize(
    "line", ["| sft", "a | magic", "a | sft | many", "a | sft | 0", "a | sft | 5 | 6", "x" * 201, "a||²"]
)
def test_a_line_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(bases.BadLine):
        bases.read(line)


def test_what_came_with_tunedeck_says_when_and_where_it_was_read(connection: Connection) -> None:
    assert bases.table(connection) is None, "an unknown server's own list is all there is"
    connection.base_url = "https://api.openai.com/v1"
    known = bases.table(connection)
    assert known
    assert known.is_ours
    assert known.on > date(2026, 1, 1)
    assert "OpenAI" in known.source
    assert bases.read(bases.written(known.rows))[0]["name"] == known.rows[0].name


def test_an_owner_writes_a_table_with_its_source(owner_client: Client, connection: Connection) -> None:
    answer = owner_client.post(page(connection), {"rows": "qwen | sft | 8192", "source": "their support"})
    assert answer.status_code == 302
    connection.refresh_from_db()
    known = bases.table(connection)
    assert known
    assert (known.rows[0].name, known.rows[0].most_tokens, known.source) == ("qwen", 8192, "their support")
    assert (known.on, known.is_ours) == (timezone.localdate(), False)
    assert AuditEntry.objects.get(action="connection.bases").details["after"]["bases"] == "qwen | sft | 8192"
    assert "qwen | sft | 8192" in owner_client.get(page(connection)).content.decode()


def test_an_empty_table_gives_the_first_one_back(owner_client: Client, connection: Connection) -> None:
    Connection.objects.update(base_url="https://api.openai.com/v1")
    owner_client.post(page(connection), {"rows": "qwen", "source": ""})
    owner_client.post(page(connection), {"rows": "", "source": ""})
    connection.refresh_from_db()
    known = bases.table(connection)
    assert known
    assert known.is_ours


def test_a_wrong_line_is_shown_again_with_what_is_wrong(owner_client: Client, connection: Connection) -> None:
    answer = owner_client.post(page(connection), {"rows": "gpt | magic", "source": ""})
    assert answer.status_code == 422
    assert "This one is different: gpt | magic" in answer.content.decode()


def test_only_an_owner_of_the_organization_comes_here(
    member_client: Client, outsider_client: Client, connection: Connection
) -> None:
    assert member_client.get(page(connection)).status_code == 403
    assert outsider_client.get(page(connection)).status_code == 404
