"""TensorBoard itself reads the event file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from connections.models import Connection
from finetunes import metrics, store
from finetunes.export import tensorboard
from tests.clients.conftest import program
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune, new_version
from tests.finetunes.exporting import START, said

pytestmark = pytest.mark.clients

READER = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
run = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0}).Reload()
tags = run.Tags()["scalars"]
print(json.dumps({tag: [[one.step, one.value, one.wall_time] for one in run.Scalars(tag)] for tag in tags}))
"""


def read(folder: Path) -> dict[str, list[tuple[int, float, float]]]:
    done = subprocess.run(
        [program("trackers", "python"), "-W", "ignore", "-c", READER, str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "orrupt" not in done.stderr
    found: dict[str, list[tuple[int, float, float]]] = json.loads(done.stdout)
    return found


@pytest.mark.django_db
def test_it_finds_every_value_at_its_step_and_time(people: People, tmp_path: Path) -> None:
    connection = Connection.objects.create(organization=people.organization, name="T", base_url="http://t/v1", key="k")
    fine_tune = new_fine_tune(people, connection, new_version(people))
    steps = np.array([-1, 0, 1, 127, 128, 16_384, 70_000, 2**31, 2**53])
    made = {
        "training_loss": metrics.Series(steps, np.linspace(1, 0, len(steps))),
        "classification/f0.5": metrics.series([1, 2], [0.5, 0.25]),
        "평가 <b>": metrics.series([1], [-3.0]),
    }
    store.write_series({fine_tune: made})
    said(fine_tune, {128: {"train_loss": 0.5}})
    (tmp_path / tensorboard.file_name(fine_tune)).write_bytes(b"".join(tensorboard.event_file(fine_tune)))
    found = read(tmp_path)
    assert set(found) == {"train_loss", "classification/f0.5", "평가 <b>"}
    assert [step for step, _value, _time in found["train_loss"]] == steps.tolist()
    assert np.allclose([value for _step, value, _time in found["train_loss"]], made["training_loss"].values)
    assert found["train_loss"][4][2] == START.timestamp() + 1280
    assert found["평가 <b>"][0][1] == -3.0
