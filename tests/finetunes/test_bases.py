"""What a connection offers to start from, and what it learns."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from connections.models import Connection
from finetunes.bases import Base, offered
from tests.finetunes.provider import Provider


@pytest.fixture(autouse=True)
def no_memory() -> None:
    cache.clear()


def offer(provider: Provider, connection: Connection, *names: str, **more: Any) -> list[Base]:
    for name in names:
        provider.models[name] = {"id": name, "object": "model", "created": 1, "owned_by": "someone", **more}
    return list(offered(connection, client=provider.client("both")).bases)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("ada", "prompt-completion"),
        ("davinci", "prompt-completion"),
        ("davinci-002", "prompt-completion"),
        ("ada:ft-acme-2023-01-29-13-51-40", "prompt-completion"),
        ("ft:babbage-002:acme::9x9umpsR", "prompt-completion"),
        ("gpt-3.5-turbo-0613", "chat"),
        ("ft:gpt-4o-mini-2024-07-18:acme:tone:9x9umpsR", "chat"),
        ("gpt-4.1-mini-2025-04-14", "chat"),
        ("o4-mini", "chat"),
        ("gpt-3.5-turbo-instruct", None),
        ("Qwen/Qwen3-8B", None),
        ("adalbert", None),
    ],
)
def test_its_name_tells_what_it_learns_or_nothing_does(name: str, format: str | None) -> None:
    assert Base(name).format == format


def test_a_fine_tuned_one_learns_what_its_base_learns() -> None:
    assert Base("my-model", tuned_from="gpt-4o").format == "chat"


def test_own_bases_come_before_fine_tuned_ones(provider: Provider, connection: Connection) -> None:
    names = [base.name for base in offer(provider, connection, "ada:ft-acme-2023-01-29-13-51-40", "gpt-4o", "curie", "ada")]
    assert names == ["ada", "curie", "gpt-4o", "ada:ft-acme-2023-01-29-13-51-40"]


def test_what_answers_to_no_fine_tune_is_left_out(provider: Provider, connection: Connection) -> None:
    found = offer(provider, connection, "whisper-1", "tts-1-hd", "dall-e-3", "text-embedding-3-small", "ada")
    assert [base.name for base in found] == ["ada"]


def test_the_provider_s_words_stand_beside_the_choice(provider: Provider, connection: Connection) -> None:
    (base,) = offer(provider, connection, "ada", description="Knows nothing yet.", shutdown_date="2027-01-14")
    assert base.note == "Knows nothing yet. Owned by someone. Shut down on 2027-01-14."


@pytest.mark.parametrize("description", [None, 7, ["x"], "", "   "])
def test_a_description_that_is_none_is_left_out(provider: Provider, connection: Connection, description: object) -> None:
    (base,) = offer(provider, connection, "ada", description=description)
    assert base.note == "Owned by someone."


def test_unknown_names_fit_any_format(provider: Provider, connection: Connection) -> None:
    offer(provider, connection, "Qwen/Qwen3-8B", "ada", "gpt-4o")
    found = offered(connection, client=provider.client("both"))
    assert {base.name for base in found.fitting("chat")} == {"Qwen/Qwen3-8B", "gpt-4o"}
    assert {base.name for base in found.fitting("prompt-completion")} == {"Qwen/Qwen3-8B", "ada"}


@pytest.mark.parametrize(
    ("name", "learns"),
    [
        ("gpt-4o-2024-08-06", True),
        ("ft:gpt-4.1-mini-2025-04-14:acme::9x", True),
        ("Qwen/Qwen3-8B", True),
        ("gpt-4-0613", False),
        ("gpt-3.5-turbo-0613", False),
        ("o4-mini", False),
        ("babbage-002", False),
        ("ada", False),
    ],
)
def test_preferences_are_learned_by_few_and_by_what_nobody_knows(name: str, learns: bool) -> None:
    assert Base(name).learns("preference") is learns
    assert not Base(name, dialect="legacy").learns("preference")


def test_another_address_is_another_memory(provider: Provider, connection: Connection) -> None:
    assert offer(provider, connection, "ada")
    connection.base_url = "http://elsewhere.test/v1"
    empty = Provider()
    assert offered(connection, client=empty.client("both")).bases == ()


class TestATable:
    """api.openai.com tells nothing, so a dated table says what can be trained there."""

    @pytest.fixture
    def openai(self, connection: Connection) -> Connection:
        connection.base_url, connection.dialect = "https://api.openai.com/v1", Connection.Dialect.JOBS
        return connection

    def test_it_says_what_can_be_trained_and_how(self, provider: Provider, openai: Connection) -> None:
        found = {
            base.name: base for base in offer(provider, openai, "gpt-4o-mini-2024-07-18", "gpt-5", "gpt-4.1-2025-04-14")
        }
        assert "gpt-5" not in found
        assert found["gpt-4.1-2025-04-14"].learns("preference")
        assert not found["gpt-4o-mini-2024-07-18"].learns("preference")

    def test_what_the_provider_does_not_list_itself_comes_with_date_and_source(
        self, provider: Provider, openai: Connection
    ) -> None:
        (found,) = (base for base in offer(provider, openai) if base.name == "gpt-4o-2024-08-06")
        assert found.note.startswith("From a table of 20 November 2026 (OpenAI's deprecations page")

    def test_fine_tuned_models_can_always_learn_on(self, provider: Provider, openai: Connection) -> None:
        assert "ft:gpt-4.1:acme::9x9" in [base.name for base in offer(provider, openai, "ft:gpt-4.1:acme::9x9")]

    def test_asking_is_for_all_models(self, provider: Provider, openai: Connection) -> None:
        provider.models["gpt-5"] = {"id": "gpt-5", "object": "model", "created": 1, "owned_by": "someone"}
        found = offered(openai, client=provider.client("jobs"), to_train=False)
        assert [base.name for base in found.bases] == ["gpt-5"]

    def test_an_owners_table_counts_more(self, provider: Provider, openai: Connection) -> None:
        openai.known_bases = {
            "rows": [{"name": "gpt-6", "methods": ["sft"], "tokens": None}],
            "source": "",
            "on": "2026-11-21",
        }
        (found,) = offer(provider, openai)
        assert (found.name, found.note[:32]) == ("gpt-6", "From a table of 21 November 2026")
