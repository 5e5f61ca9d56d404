"""The running product, watched from outside: one id through all processes, metrics, signs of life."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.product import EMAIL, PASSWORD, ROOT, Product, owned_product, wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("watched")]
GIVEN = "seen-from-outside-0001"
TOKEN = "a-token-for-prometheus"
PARTS = {"web", "trainer", "worker", "training", "beat"}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with owned_product(
        tmp_path_factory.mktemp("watched"),
        TUNEDECK_LOG_FORMAT="json",
        TUNEDECK_LOG_LEVEL="debug",
        TUNEDECK_METRICS_TOKEN=TOKEN,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def owner(product: Product) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=product.address, follow_redirects=True, timeout=60) as client:
        client.get("/accounts/login/")
        sent = {"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/accounts/login/", data=sent).status_code == 200
        yield client


def lines(product: Product, part: str) -> list[dict[str, Any]]:
    text = (product.data / "logs" / f"{part}.log").read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def found(product: Product, part: str, **wanted: Any) -> list[dict[str, Any]]:
    return [line for line in lines(product, part) if wanted.items() <= line.items()]


def metrics(address: str) -> dict[str, list[Any]]:
    answer = httpx.get(f"{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
    assert answer.status_code == 200, answer.text
    samples: dict[str, list[Any]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append(sample)
    return samples


def value(samples: dict[str, list[Any]], name: str, **labels: str) -> float:
    return float(sum(sample.value for sample in samples.get(name, []) if labels.items() <= sample.labels.items()))


def clicked(product: Product, owner: httpx.Client, given: str) -> list[dict[str, Any]]:
    """Ask for a look at the provider's list under this id; return the worker's requests, none if another look was first."""
    (connection,) = product.rows("SELECT id FROM connections_connection")[0]
    sent = {"csrfmiddlewaretoken": owner.cookies["csrftoken"]}
    look = f"/finetunes/elsewhere/{connection}/look/"
    answer = owner.post(look, data=sent, headers={"X-Request-ID": given}, follow_redirects=False)
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (302, given)
    done = {"request_id": given, "logger": "tunedeck.task", "task": "finetunes.tasks.take_stock"}
    (task,) = wait_for(lambda: found(product, "worker", **done), "the task's line")
    assert task["message"] == "finetunes.tasks.take_stock: success"
    asked = found(product, "worker", request_id=given, logger="tunedeck.call")
    assert {line["connection"] for line in asked} <= {str(connection)}
    return asked


def test_the_id_of_a_click_is_found_in_web_worker_and_at_the_provider(product: Product, owner: httpx.Client) -> None:
    with product.held("beat"):  # what the clock rings for would be done under other ids, and some of it is under way
        given = (f"{GIVEN}-{number}" for number in count(1))
        asked = wait_for(lambda: clicked(product, owner, next(given)), "a click that nothing else was faster than")
    known = asked[0]["request_id"]
    web = found(product, "web", request_id=known, logger="tunedeck.request", route="finetunes:look")
    assert {"person", "organization", "ms"} <= web[0].keys()
    at_the_provider = found(product, "trainer", client_request_id=known)
    assert {line["provider_request_id"] for line in asked} == {line["request_id"] for line in at_the_provider}


def test_what_the_clock_rings_for_is_known_by_ids_of_its_own(product: Product) -> None:
    ring = {"task": "finetunes.tasks.ring", "logger": "tunedeck.task"}
    rings = wait_for(lambda: (done := found(product, "worker", **ring))[1:] and done, "two rings")
    assert len({line["request_id"] for line in rings}) == len(rings)


def test_every_line_of_every_process_has_the_same_form(product: Product, owner: httpx.Client) -> None:
    owner.get("/")
    for part in PARTS - {"beat"}:
        text = (product.data / "logs" / f"{part}.log").read_text()
        strange = [line for line in text.splitlines() if line and not line.startswith("{")]
        # What Celery says before its logs are set up: who it is.
        assert [line for line in strange if re.match(r"\d{4}-|INFO|WARNING|ERROR|Traceback|\[20", line)] == []
    assert {line["logger"] for line in lines(product, "web")} >= {"uvicorn.error", "tunedeck.request"}
    assert found(product, "web", logger="uvicorn.access") == []


def test_no_line_names_a_person_or_a_key(product: Product, owner: httpx.Client) -> None:
    owner.get("/settings/")
    keys = [path.read_text().strip() for path in product.data.glob("*.key")]
    for part in PARTS:
        text = (product.data / "logs" / f"{part}.log").read_text()
        assert [secret for secret in (EMAIL, PASSWORD, TOKEN, *keys) if secret in text] == []


def test_prometheus_reads_what_web_and_workers_have_counted(product: Product, owner: httpx.Client) -> None:
    owner.get("/finetunes/")
    samples = metrics(product.address)
    assert value(samples, "tunedeck_request_seconds_count", route="finetunes:list", status="200", process="web") >= 1
    ring = {"task": "finetunes.tasks.ring", "outcome": "success", "process": "worker"}
    wait_for(lambda: value(metrics(product.address), "tunedeck_task_seconds_count", **ring) >= 1, "counts of the worker")
    samples = metrics(product.address)
    assert value(samples, "tunedeck_workers", queue="dashboard") == 1
    assert value(samples, "tunedeck_pulse_age_seconds", queue="beat") < 60
    assert "tunedeck_work_due" in samples
    assert "tunedeck_streams_open" in samples


def test_the_trainer_has_metrics_of_its_own(product: Product, owner: httpx.Client) -> None:
    address = f"http://127.0.0.1:{product.trainer_port}"
    assert httpx.get(f"{address}/v1/models", timeout=60).status_code == 401
    samples = metrics(address)
    assert value(samples, "tunedeck_request_seconds_count", route="models", status="401", process="trainer") >= 1
    assert not [one for one in samples["tunedeck_request_seconds_count"] if one.labels["process"] != "trainer"]


@pytest.mark.parametrize("token", ["none", "wrong", TOKEN[:-1]])
def test_without_the_token_nothing_is_told(product: Product, token: str) -> None:
    answer = httpx.get(f"{product.address}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert (answer.status_code, answer.text) == (401, "A token is needed.\n")


def test_the_doctor_finds_nothing_broken_in_a_running_product(product: Product) -> None:
    command = [sys.executable, "manage.py", "doctor", "--json", "--connections"]
    done = subprocess.run(
        command, cwd=ROOT, env=product.environment, capture_output=True, text=True, timeout=120, check=False
    )
    found = {(one["part"], one["level"]): one["sentence"] for one in json.loads(done.stdout)}
    assert [words for (_, level), words in found.items() if level == "bad"] == []
    assert found["connections", "ok"].endswith("works.")
    assert found["trainer", "ok"].startswith("The trainer answers at ")
    assert ("mail", "warning") in found
    assert done.returncode == 1
    assert [secret for secret in (path.read_text() for path in product.data.glob("*.key")) if secret in done.stdout] == []
