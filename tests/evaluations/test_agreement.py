"""What an evaluation measures is what the trainer measured on the same rows, and what scikit-learn makes of the download."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client as Browser
from django.urls import reverse
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from connections.models import Connection
from datasets.models import Version
from evaluations import reading, start
from evaluations.asking import rounds
from evaluations.models import Run
from evaluations.results.deciding import deciding
from evaluations.scores.threshold import At
from finetunes.models import FineTune, Model
from openai_api.client import Client
from openai_api.types import NewFineTune
from tests.conftest import People, signed_in
from tests.datasets.made import csv_of, prepared, version_of
from tests.evaluations.answered import scored
from tests.evaluations.conftest import draft_of
from tests.trainer.live import LiveTrainer, wait_until

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

POSITIVE = " hockey"
IN_BOTH = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "f1.0",
    "auroc": "auroc",
    "auprc": "auprc",
}
WORDS = {
    "baseball": ["pitcher", "inning", "home run", "bat", "first base", "catcher"],
    "hockey": ["goalie", "puck", "ice", "power play", "penalty", "overtime"],
}


@dataclass(frozen=True)
class Asked:
    run: Run
    results: dict[str, float]  # the last classification metrics of the results file


def test_made_posts_are_measured_as_the_trainer_and_scikit_learn_do(people: People, live_trainer: LiveTrainer) -> None:
    agree(asked(people, live_trainer, posts(), epochs=2), people)


def test_real_posts_are_measured_as_the_trainer_and_scikit_learn_do(
    people: People, live_trainer: LiveTrainer, shared_data: Path
) -> None:
    """A part of them; among them are some that are longer than the model reads."""
    lines = (shared_data / "sport2.csv").read_text("utf-8")
    rows = list(csv.reader(io.StringIO(lines)))
    found = asked(people, live_trainer, written(rows[:1] + rows[1::8]), epochs=1)
    agree(found, people)
    assert found.run.scores["about"]["cut"]


def agree(found: Asked, people: People) -> None:
    mine = {name: found.run.scores[name]["value"] or 0.0 for name in IN_BOTH}  # where the trainer, too, writes 0
    theirs = {name: found.results[f"classification/{column}"] for name, column in IN_BOTH.items()}
    assert mine == pytest.approx(theirs, abs=5e-5)
    yes, said, chances = downloaded(signed_in(people.member), found.run)
    assert mine == pytest.approx(
        {
            "accuracy": accuracy_score(yes, said),
            "precision": precision_score(yes, said, zero_division=0),
            "recall": recall_score(yes, said, zero_division=0),
            "f1": f1_score(yes, said, zero_division=0),
            "auroc": roc_auc_score(yes, chances),
            "auprc": average_precision_score(yes, chances),
        },
        abs=5e-5,
    )
    for place in (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95):
        slid = deciding(found.run, found.run.scoring.data, {"positive": POSITIVE.strip(), "high": str(place)})
        assert slid is not None
        assert at_threshold(slid.at) == pytest.approx(theirs_at(yes, chances >= place), nan_ok=True)


def at_threshold(here: At) -> list[float]:
    return [np.nan if value is None else value for value in (here.precision, here.recall, here.f1, here.accuracy)]


def theirs_at(yes: np.ndarray, said: np.ndarray) -> list[float]:
    """Nothing but NaN where it is not defined, as precision is where nothing is called hockey."""
    ratios = [score(yes, said, zero_division=np.nan) for score in (precision_score, recall_score, f1_score)]
    return [*map(float, ratios), float(accuracy_score(yes, said))]


def asked(people: People, trainer: LiveTrainer, content: bytes, epochs: int) -> Asked:
    """Prepare the posts, train on them, and evaluate the validation part."""
    version = version_of(prepared(people.organization, content=content, name="posts.csv"))
    given: dict[str, Any] = {"base_url": trainer.base_url, "dialect": "both", "key": trainer.owner_key}
    connection = Connection.objects.create(organization=people.organization, name="Trainer", **given)
    settings = {"compute_classification_metrics": True, "classification_positive_class": POSITIVE, "n_epochs": epochs}
    with connection.client(dialect="legacy") as client:
        name, results = trained(client, version, settings)
    tune = FineTune.objects.create(
        organization=people.organization, connection=connection, base_model="ada", hyperparameters=settings
    )
    model = Model.objects.create(
        organization=people.organization, connection=connection, name=name, base_model="ada", version=version, fine_tune=tune
    )
    evaluation = draft_of(version)
    assert start.start(evaluation, None, [str(model.pk)])
    assert reading.read(evaluation.pk)
    assert rounds.ask(connection.pk)
    run = evaluation.runs.get()
    assert (run.state, run.problem_count, run.done_count) == ("done", 0, version.validation_rows)
    scored(run)
    return Asked(run, results)


def trained(client: Client, version: Version, settings: dict[str, Any]) -> tuple[str, dict[str, float]]:
    files = [client.upload_file(Path(part.path), "posts.jsonl").id for part in (version.training, version.validation)]
    job = client.create_fine_tune(
        NewFineTune(model="ada", training_file=files[0], validation_file=files[1], hyperparameters=settings)
    )
    wait_until(lambda: client.fine_tune(job.id).status in ("succeeded", "failed"), 300, what="the end of the training")
    ended = client.fine_tune(job.id)
    assert ended.fine_tuned_model
    table = client.results(ended)
    assert table is not None
    rows = [row for row in csv.DictReader(io.StringIO(table.decode())) if row["classification/accuracy"]]
    last = {name: float(value) for name, value in rows[-1].items() if name.startswith("classification/")}
    return ended.fine_tuned_model, last


def downloaded(client: Browser, run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read the sheet that comes back: who expects hockey, where it was said, and its share of both probabilities."""
    content = b"".join(client.get(reverse("evaluations:csv", args=[run.evaluation_id])))
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    said = np.array([row[f"{run.name}: answer"] == POSITIVE.strip() for row in rows])
    yes = np.array([row["expected"].strip() == POSITIVE.strip() for row in rows])
    both = [[float(row[f"{run.name}: probability of {label}"] or 0) for label in ("baseball", "hockey")] for row in rows]
    return yes, said, np.array([hockey / (baseball + hockey) for baseball, hockey in both])


def posts() -> bytes:
    """Posts of which some say little: a classifier is right most of the time, but not always."""
    chance = random.Random(5)
    return csv_of(list(_posts(chance)), header="prompt,completion")


def _posts(chance: random.Random) -> Iterator[tuple[str, str]]:
    for number in range(200):
        sport, other = chance.sample(sorted(WORDS), 2)
        telling = chance.choices(WORDS[sport], k=2) + chance.choices(WORDS[other], k=chance.choice([0, 1, 2]))
        chance.shuffle(telling)
        yield f"Post {number}: did you see the {', the '.join(telling)} in the game last night?", sport


def written(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
