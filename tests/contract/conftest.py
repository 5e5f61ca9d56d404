"""One fine-tune of each generation, trained once for all tests of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from openai_api import Client
from openai_api.types import DialectName
from tests.contract import lessons
from tests.contract.course import Trained, trained


@pytest.fixture(scope="session")
def connect(live_trainer: Any) -> Iterator[Callable[..., Client]]:
    """Make clients of the trainer: the owner's, unless another key is given."""
    opened: list[Client] = []

    def make(dialect: DialectName = "both", *, key: str = "", **options: Any) -> Client:
        opened.append(Client(live_trainer.base_url, key or live_trainer.owner_key, dialect, **options))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture(scope="session")
def client(connect: Callable[..., Client]) -> Client:
    return connect()


@pytest.fixture(scope="session")
def legacy(client: Client) -> Trained:
    options = {
        "n_epochs": 4,
        "compute_classification_metrics": True,
        "classification_positive_class": " baseball",
        "classification_betas": [1, 0.5],
    }
    return trained(client, "ada", lessons.prompts(0, 3), lessons.prompts(3, 4), options)


@pytest.fixture(scope="session")
def completion_job(client: Client) -> Trained:
    return trained(client, "babbage-002", lessons.prompts(0, 3), lessons.prompts(3, 4), {"n_epochs": 4})


@pytest.fixture(scope="session")
def chat_job(client: Client) -> Trained:
    return trained(client, "gpt-3.5-turbo-0613", lessons.chats(0, 3), lessons.chats(3, 4), {"n_epochs": 4})


@pytest.fixture(scope="session", params=["legacy", "completion_job", "chat_job"])
def lesson(request: pytest.FixtureRequest) -> Trained:
    found: Trained = request.getfixturevalue(request.param)
    return found
