"""One organization with one of everything, whose every name begins with what a test chooses."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from connections.models import Connection
from datasets.models import Dataset, SavedRecipe
from evaluations.models import Evaluation
from finetunes.models import Approval, Archive, Charge, Elsewhere, Event, FineTune, Inventory, Model, ResultFile, Tracker
from handover.models import Departure
from notifications.announce import announce
from notifications.kinds import Kind
from notifications.models import Hook, Notification
from notifications.spread import spread
from playground.models import Asked, Collected, Preset, Trial
from teams import invitations
from teams.models import Membership, Organization, Role, SignInLink, User, new_link
from tests.conftest import People
from tests.datasets.made import csv_of, uploaded, version_of, worked
from tests.datasets.made import prepared as prepared_dataset
from tests.evaluations.answered import LABELS, POSTS, evaluation_of, run_of, scored
from tests.finetunes.provider import Provider
from tests.finetunes.runs import Points, run
from tests.finetunes.serving import served
from tests.playground.keep.conftest import question
from tests.playground.sides.conftest import answered, begun
from work.signing import new_secret

MARK = "Kestrel "
"""What every name of the organization begins with, so that it is found wherever it should not be."""
CURVE: Points = {
    "training_loss": [2.0, 1.5, 1.1, 0.9],
    "validation_loss": [2.1, 1.7, 1.4, 1.2],
    "classification/accuracy": [0.5, 0.6, 0.7, 0.8],
}
FIXED = {
    "one": 1,
    "kind": "mlflow",
    "purpose": "sentiment",
    "chart": "loss",
    "export": "series.csv",
    "uidb36": "1",
    "key": "x",
    "metric": "training_loss",
}
"""What addresses are made of beside the keys of rows."""


@dataclass
class Planted:
    people: People
    mark: str
    files: dict[Path, bytes] = field(default_factory=dict)
    pk: dict[str, Any] = field(default_factory=lambda: dict(FIXED))
    """What addresses are made of: primary keys, secrets and names, by what they are of."""


@contextmanager
def provided() -> Iterator[str]:
    """Serve a provider with a few base models; yield its base URL."""
    provider = Provider()
    for name in ("ada", "babbage-002", "gpt-3.5-turbo-0613"):
        provider.models[name] = {"id": name, "object": "model", "created": 1, "owned_by": "trainer"}
    with served(provider) as address:
        yield address


def plant(base_url: str, mark: str = MARK) -> Planted:
    """Fill an empty database; all that a person can name begins with the mark."""
    planted = Planted(_people(mark), mark)
    _team(planted)
    connection = _connection(planted, base_url)
    _dataset(planted)
    _fine_tune(planted, connection)
    _model(planted, connection)
    _playground(planted)
    _evaluation(planted)
    _notifications(planted)
    planted.pk["departure"] = departure(planted.people.organization)
    planted.files = {path: path.read_bytes() for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    return planted


def departure(organization: Organization) -> uuid.UUID:
    """Make an archive that can be downloaded; return what names it."""
    file = default_storage.save("departures/archive.zip", ContentFile(b"PK"))
    ready: dict[str, Any] = {"state": Departure.State.READY, "expires_at": timezone.now() + timedelta(days=1), "size": 2}
    return Departure.objects.create(organization=organization, file=file, **ready).public_id


def _people(mark: str) -> People:
    organization = Organization.objects.create(name=f"{mark}Org", slug="example")
    elsewhere = Organization.objects.create(name="Elsewhere", slug="elsewhere")
    made: dict[str, User] = {}
    for role in Role.values:
        made[role] = User.objects.create_user(f"{role}@example.com", "correct horse", name=f"{mark}{role}")
        Membership.objects.create(user=made[role], organization=organization, role=role)
    outsider = User.objects.create_user("outsider@example.com", "correct horse", name="Outsider")
    Membership.objects.create(user=outsider, organization=elsewhere, role=Role.OWNER)
    return People(organization, made["owner"], made["member"], made["viewer"], outsider)


def _team(planted: Planted) -> None:
    people = planted.people
    other = User.objects.create_user("another@example.com", "correct horse", name=f"{planted.mark}Another")
    membership = Membership.objects.create(user=other, organization=people.organization, role=Role.VIEWER)
    given: dict[str, Any] = {"role": Role.MEMBER, "email": "", "invited_by": people.owner}
    invitation, secret = invitations.invite(people.organization, **given)
    _link, sign_in = new_link(SignInLink, user=other)
    planted.pk |= {
        "membership": membership.pk,
        "invitation": invitation.pk,
        "invitation_secret": secret,
        "sign_in_secret": sign_in,
        "organization": people.organization.pk,
    }


def _connection(planted: Planted, base_url: str) -> Connection:
    organization = planted.people.organization
    connection = Connection.objects.create(
        organization=organization, name=f"{planted.mark}Provider", base_url=base_url, dialect="both", key="sk-hidden-key"
    )
    inventory = Inventory.objects.create(connection=connection, listed_at=timezone.now())
    given = {"status": "succeeded", "base_model": "ada", "fine_tuned_model": f"{planted.mark}ada:ft"}
    Elsewhere.objects.create(
        inventory=inventory, remote_id=f"{planted.mark}ft-elsewhere", dialect="legacy", seen_at=timezone.now(), **given
    )
    Archive.objects.create(connection=connection, asked_at=timezone.now(), stage="done", finished_at=timezone.now())
    address = "https://mlflow.example.com"
    Tracker.objects.create(organization=organization, kind="mlflow", key="k" * 40, address=address)
    planted.pk["connection"] = connection.pk
    return connection


def _dataset(planted: Planted) -> None:
    people, mark = planted.people, planted.mark
    rows = [(f"{mark}{number}: a message about {topic}", topic) for number in range(30) for topic in ("bills", "parts")]
    content = csv_of([(prompt.replace('"', '""'), completion) for prompt, completion in rows]) + b'"a","b","c"\n'
    dataset = prepared_dataset(
        people.organization, people.member, content=content, name=f"{mark}tickets.csv".replace("/", "")
    )
    version = version_of(dataset, held_out=5)
    waiting = worked(uploaded(people.organization, people.member, csv_of(rows, "question,answer")))
    Dataset.objects.filter(pk__in=(dataset.pk, waiting.pk)).update(name=f"{mark}Tickets")
    recipe = SavedRecipe.objects.create(organization=people.organization, name=f"{mark}kept", format="prompt-completion")
    planted.pk |= {"dataset": dataset.pk, "version": version.pk, "recipe": recipe.pk, "number": version.number}


def _fine_tune(planted: Planted, connection: Connection) -> None:
    people, mark = planted.people, planted.mark
    version = Dataset.objects.get(pk=planted.pk["dataset"]).versions.get()
    known: dict[str, Any] = {"remote_id": "ft-1", "suffix": "tickets", "provider_status": f"{mark}status"}
    fine_tune = run(people, connection, version, f"{mark}Run", points=CURVE, **known)
    Event.objects.create(fine_tune=fine_tune, ordinal=1, key="1", message=f"{mark}event", raw={"message": f"{mark}event"})
    file = ResultFile(fine_tune=fine_tune, remote_id=f"{mark}file-1", size=1, sha256="0" * 64)
    file.content.save("r.csv", ContentFile(b"step,elapsed_tokens,training_loss\n1,2,3.0\n"))
    waiting = run(people, connection, version, f"{mark}Waiting", status="awaiting-approval", settled_at=None)
    for one in (fine_tune, waiting):
        Charge.objects.create(fine_tune=one, organization=people.organization, estimated="2.5", currency="USD")
    Approval.objects.create(fine_tune=waiting, asked_by=people.member, asked_at=timezone.now(), why=f"{mark}why")
    planted.pk |= {"fine_tune": fine_tune.pk, "waiting": waiting.pk, "file": file.pk}


def _model(planted: Planted, connection: Connection) -> None:
    fine_tune = FineTune.objects.get(pk=planted.pk["fine_tune"])
    model = Model.objects.create(
        organization=planted.people.organization,
        connection=connection,
        name=f"{planted.mark}ada:ft-example",
        base_model="ada",
        fine_tune=fine_tune,
        version=fine_tune.training_version,
        created_at=timezone.now(),
        ready_at=timezone.now(),
    )
    planted.pk["model"] = model.pk


def _playground(planted: Planted) -> None:
    people, mark = planted.people, planted.mark
    organization, model = people.organization, Model.objects.get(pk=planted.pk["model"])
    asked: Asked = question(organization, people.owner, question=f"{mark}asked", answer=f"{mark}said", key=str(model.pk))
    entered = {"prompt": [f"{mark}prompt"]}
    given: dict[str, Any] = {
        "format": "prompt-completion",
        "entered": entered,
        "key": str(model.pk),
        "created_by": people.member,
    }
    preset = Preset.objects.create(organization=organization, name=f"{mark}Preset", **given)
    thread = [{"role": "user", "content": f"{mark}question"}]
    given = {"organization": organization, "thread": thread, "answer": f"{mark}answer"}
    collected = Collected.objects.create(**given, dataset_id=planted.pk["dataset"])
    Collected.objects.create(**given)
    blind: Trial = begun(people.owner, [model, f"c{model.connection_id}:ada"], f"{mark}who?", blind=True)
    answered(blind)
    planted.pk |= {
        "asked": asked.pk,
        "preset": preset.pk,
        "collected": collected.pk,
        "trial": blind.pk,
        "round": blind.rounds.get().pk,
    }


def _evaluation(planted: Planted) -> None:
    people, mark = planted.people, planted.mark
    model = Model.objects.get(pk=planted.pk["model"])
    evaluation = evaluation_of(
        people.organization,
        [row[0] for row in POSTS],
        labels=LABELS,
        name=f"{mark}Held out",
        version=model.version,
        created_by=people.member,
    )
    made = run_of(evaluation, POSTS, model=model)
    scored(made, run_of(evaluation, POSTS, name="davinci-002"))
    draft = Evaluation.objects.create(
        organization=people.organization, name=f"{mark}Draft", state="draft", version=model.version, task="classification"
    )
    planted.pk |= {"run": made.pk, "evaluation": evaluation.pk, "draft": draft.pk}


def _notifications(planted: Planted) -> None:
    people, mark = planted.people, planted.mark
    facts: dict[str, Any] = {"name": f"{mark}Run", "by": f"{mark}member", "provider": f"{mark}Provider"}
    path = f"/finetunes/{planted.pk['fine_tune']}/"
    announce(people.organization, Kind.SUCCEEDED, key="run", path=path, concerns=people.owner, **facts)
    notification = Notification.objects.get(key="run")
    assert spread(notification.pk)
    hook = Hook.objects.create(
        organization=people.organization,
        name=f"{mark}Hook",
        url="http://127.0.0.1:9/x",
        host="127.0.0.1",
        secret=new_secret(),
        kinds=Kind.values,
    )
    planted.pk |= {"notification": notification.pk, "hook": hook.pk}
