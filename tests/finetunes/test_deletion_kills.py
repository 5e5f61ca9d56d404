"""A worker that is killed after the provider has deleted, and before that is written down: the next one finishes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from connections.models import Connection
from finetunes.deletion import ask
from finetunes.models import Model
from tests.conftest import People
from tests.evaluations.test_kills import Shared
from tests.fakes.serving import Answer, Fake, Request, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live, pytest.mark.timeout(300)]

WORKER = """
import sys, django
django.setup()
from finetunes.deletion.carry_out import carry_out
from finetunes.models import Deletion
Deletion.objects.free_orphans()
print([carry_out(int(sys.argv[1])) for _ in range(2)])
"""


class Holding(Fake):
    """A provider with some models, which holds the answer of the first deletion back until whoever asked is gone."""

    def __init__(self, *models: str) -> None:
        super().__init__()
        self.models = set(models)
        self.deleted, self.is_gone = threading.Event(), threading.Event()

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        name = request.path.rpartition("/")[2]
        if request.method != "DELETE" or name not in self.models:
            return Answer({"error": {"message": "No such model", "type": "invalid_request_error", "code": None}}, 404)
        self.models.discard(name)
        self.deleted.set()
        self.is_gone.wait(60)
        return Answer({"id": name, "object": "model", "deleted": True})


@pytest.fixture
def holding(connection: Connection, model: Model) -> Iterator[Holding]:
    with serving(Holding(model.name, "another")) as provider:
        connection.base_url, connection.key = f"{provider.url}/v1", "any-word"
        connection.save()
        try:
            yield provider
        finally:
            provider.is_gone.set()


def worker(shared: Shared, deletion: int) -> subprocess.Popen[str]:
    own = {"TUNEDECK_DATA": str(settings.DATA), "DATABASE_URL": shared.address, "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", WORKER, str(deletion)]
    return subprocess.Popen(command, cwd=settings.ROOT, env={**os.environ, **own}, stdout=subprocess.PIPE, text=True)


def test_a_model_is_removed_once_with_a_receipt_though_the_worker_was_killed_before_it_wrote_one(
    people: People, model: Model, holding: Holding, tmp_path: Path
) -> None:
    deletion = ask.ask(model, people.owner, typed=model.name, reason="Not needed", at_once=True)
    shared = Shared(tmp_path)
    with worker(shared, deletion.pk) as killed:
        assert holding.deleted.wait(60)
        killed.send_signal(signal.SIGKILL)
    holding.is_gone.set()
    begun = "SELECT count(*) FROM finetunes_deletion WHERE begun_at IS NOT NULL AND done_at IS NULL AND restored_at IS NULL"
    assert shared.read(begun) == [(1,)], "that the provider was told is known, and cannot be taken back"
    with worker(shared, deletion.pk) as follower:
        assert follower.stdout
        assert follower.stdout.read().strip() == "[True, False]"
    assert [request.method for request in holding.asked] == ["DELETE", "DELETE"], (
        "asked once more, for nobody knew; no third time"
    )
    assert holding.models == {"another"}
    assert shared.read("SELECT receipt FROM finetunes_deletion WHERE done_at IS NOT NULL AND due_at IS NULL") != []
    assert shared.read("SELECT count(*) FROM finetunes_model WHERE deleted_at IS NOT NULL") == [(1,)]
    assert shared.read("SELECT count(*) FROM teams_auditentry WHERE action = 'model.deleted'") == [(1,)]
