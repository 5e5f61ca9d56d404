"""What a worker commits: `python -m tests.bench.streams.provider`, in the environment of the product.

`make PEOPLE FINE_TUNES` fills an empty database and prints who may look at what; `speak ROUNDS PAUSE PK …` commits
one event of each fine-tune in every round, with the moment in its message.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402

from connections.models import Connection  # noqa: E402
from finetunes.models import Event, FineTune  # noqa: E402
from finetunes.statuses import Status  # noqa: E402
from teams import sessions  # noqa: E402
from teams.models import Membership, Organization, Role, User  # noqa: E402

SUMMARY = {
    name: {"first": 2.0, "last": 0.5, "last_step": 9, "best": 0.4, "best_step": 8}
    for name in ("training_loss", "validation_loss", "classification/accuracy", "training_token_accuracy")
}


def make(people: int, fine_tunes: int) -> None:
    organization = Organization.objects.create(name="Watchers", slug="watchers")
    connection = Connection.objects.create(
        organization=organization, name="Far away", base_url="http://127.0.0.1:9/v1", dialect="jobs", key="k"
    )
    cookies = [_signed_in(organization, number) for number in range(people)]
    made = [_fine_tune(organization, connection, number) for number in range(fine_tunes)]
    print(json.dumps({"cookies": cookies, "fine_tunes": made}))


def _signed_in(organization: Organization, number: int) -> str:
    user = User.objects.create(email=f"viewer{number}@example.com", name=f"Viewer {number}")
    Membership.objects.create(user=user, organization=organization, role=Role.VIEWER)
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session[sessions.SINCE] = session[sessions.SEEN] = int(time.time())
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _fine_tune(organization: Organization, connection: Connection, number: int) -> int:
    now = timezone.now()
    values: dict[str, Any] = {
        "status": Status.RUNNING,
        "remote_id": f"ftjob-{number}",
        "started_at": now,
        "summary": SUMMARY,
    }
    fine_tune = FineTune.objects.create(
        organization=organization,
        connection=connection,
        dialect="jobs",
        name=f"run {number}",
        base_model="babbage-002",
        resolved={"n_epochs": 4, "batch_size": 8},
        spark=[3.0, 2.0, 1.0, 0.5],
        total_steps=10_000,
        **values,
    )
    return fine_tune.pk


def speak(rounds: int, pause: float, pks: list[int]) -> None:
    """Spread over the pause, as workers do that poll one fine-tune after the other."""
    begun = time.monotonic()
    for number in range(rounds):
        for place, pk in enumerate(pks):
            time.sleep(max(0.0, begun + (number + place / len(pks)) * pause - time.monotonic()))
            _say(pk)


@transaction.atomic
def _say(pk: int) -> None:
    FineTune.objects.filter(pk=pk).update(
        last_event=F("last_event") + 1, revision=F("revision") + 1, step=F("last_event") + 1, summary=_summary()
    )
    ordinal = FineTune.objects.values_list("last_event", flat=True).get(pk=pk)
    message = f"Step {ordinal}/10000: training loss=0.52 @{time.time():.4f}@"
    now = timezone.now()
    Event.objects.create(fine_tune_id=pk, ordinal=ordinal, key=f"e{ordinal}", created_at=now, level="info", message=message)


def _summary() -> dict[str, Any]:
    loss = SUMMARY["training_loss"] | {"last": time.time() % 1}
    return {**SUMMARY, "training_loss": loss}


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), int(sys.argv[3]))
    else:
        speak(int(sys.argv[2]), float(sys.argv[3]), [int(pk) for pk in sys.argv[4:]])
