"""What the running trainer answers about trained fine-tunes is what OpenAI's published descriptions promise."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.contract.course import Trained
from tests.trainer.published import conforms, page

pytestmark = pytest.mark.live


@pytest.fixture
def get(live_trainer: Any) -> Any:
    def answer(address: str) -> Any:
        headers = {"Authorization": f"Bearer {live_trainer.owner_key}"}
        response = httpx.get(f"{live_trainer.base_url}/{address}", headers=headers, timeout=30)
        assert response.status_code == 200, response.text
        return response.json()

    return answer


def test_a_trained_fine_tune_of_the_first_generation(get: Any, legacy: Trained) -> None:
    found = conforms(get(f"fine-tunes/{legacy.fine_tune.id}"), "FineTune")
    assert found["status"] == "succeeded"
    page(get(f"fine-tunes/{legacy.fine_tune.id}/events"), "FineTuneEvent")
    page(get("fine-tunes"), "FineTune")
    conforms(get(f"models/{legacy.model}"), "Model")


def test_a_trained_job_of_the_current_generation(get: Any, chat_job: Trained) -> None:
    address = f"fine_tuning/jobs/{chat_job.fine_tune.id}"
    found = conforms(get(address), "FineTuningJob")
    assert found["status"] == "succeeded"
    conforms(get(f"files/{found['result_files'][0]}"), "File")
    page(get(f"{address}/events?limit=100"), "FineTuningEvent")
    page(get(f"{address}/checkpoints"), "FineTuningCheckpoint", first=True)
    page(get("fine_tuning/jobs"), "FineTuningJob")
    page(get("files"), "File", first=True)
    page(get("models"), "Model")
