"""The vendors' own packages take the fakes for the real ones. What the dialects are tested against rests on this."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import SECONDS, program
from tests.fakes.serving import KEY, serving
from tests.fakes.vendors import VENDORS

pytestmark = pytest.mark.clients

STEPS = Path(__file__).parent / "steps"


def course(vendor: str, environment: str, script: str) -> Any:
    """Go through a vendor's package from the upload to the deletion, and return what it saw."""
    with serving(VENDORS[vendor].fake()) as fake:
        command = [program(environment, "python"), str(STEPS / script), vendor, fake.url, KEY, fake.bases[0]]
        names = ("OPENAI_", "TOGETHER_", "AZURE_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        done = subprocess.run(
            command,
            env=inherited | {"NO_PROXY": "*"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def test_the_current_package_goes_the_whole_way_with_openai() -> None:
    seen = course("openai", "openai-current", "current.py")

    assert seen["statuses"] == ["queued", "running", "succeeded"]
    assert seen["ended"]["fine_tuned_model"].startswith("ft:gpt-4.1-mini-2025-04-14:acme:tickets:")
    assert [event["type"] for event in seen["events"]].count("metrics") == 12
    assert [checkpoint["step_number"] for checkpoint in seen["checkpoints"]] == [12, 8, 4]
    assert seen["results"][0].startswith("c3RlcCx0cmFpbl9sb3Nz")  # base64 of the header
    assert seen["ended"]["fine_tuned_model"] in seen["models"]
    assert (seen["chat"], seen["streamed"], seen["completion"]) == ("billing", "billing", " billing")
    assert (seen["cancelled"], seen["deleted"]) == ("cancelled", [True, True])


def test_the_current_package_goes_the_whole_way_with_azure() -> None:
    seen = course("azure", "openai-current", "current.py")

    assert seen["statuses"][-1] == "succeeded"
    assert ".ft-" in seen["ended"]["fine_tuned_model"]
    assert seen["results"][0].splitlines()[1].endswith("-1,-1,-1,-1")
    assert (seen["chat"], seen["completion"], seen["deleted"]) == ("billing", " billing", [True, True])


def test_the_current_package_goes_the_whole_way_with_nebius() -> None:
    seen = course("nebius", "openai-current", "current.py")

    assert seen["statuses"][0] == "running"
    assert seen["ended"]["result_files"] == []
    assert len(seen["checkpoints"]) == 2  # one for each epoch
    assert (seen["chat"], seen["cancelled"], seen["deleted"]) == ("billing", "cancelled", [True, True])


def test_the_old_package_goes_the_whole_way_with_the_first_generation() -> None:
    seen = course("openai legacy", "openai-legacy", "legacy.py")

    assert seen["statuses"] == ["running", "succeeded"]
    assert seen["ended"]["fine_tuned_model"].startswith("ada:ft-acme:tickets-")
    assert seen["followed"] == seen["events"]
    assert seen["results"].startswith("step,elapsed_tokens,")
    assert (seen["completion"], seen["cancelled"], seen["deleted"]) == (" billing", "cancelled", [True, True])


def test_togethers_package_goes_the_whole_way() -> None:
    seen = course("together", "together", "together_sdk.py")

    assert seen["statuses"][-1] == "completed"
    assert "tickets" in seen["output"]
    assert seen["created at"].startswith("2025-10-09T")
    assert seen["price"] == 4_000_000_000
    assert (seen["limits"], seen["estimate"], seen["checkpoints"]) == (32, 4.0, [10])
    assert {"train/global_step": 10, "train/loss": 0.2, "train/learning_rate": 1e-5, "train/epoch": 1} in seen["metrics"]
    assert seen["content"]
    assert (seen["chat"], seen["cancelled"]) == ("billing", "cancel_requested")
    assert seen["deleted"] == ["Fine-tune job deleted", True]
