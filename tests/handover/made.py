"""An organization that has something in every table, and things that point at each other in every way."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from connections.models import Connection
from datasets.models import Dataset, SavedRecipe, Version
from evaluations.models import Answer, Evaluation, Question, Run, Scoring
from finetunes import metrics, store
from finetunes.models import (
    Approval,
    Archive,
    Budget,
    Charge,
    Deletion,
    Event,
    FineTune,
    Inventory,
    KeptFile,
    Model,
    RecordedAnswer,
    ResultFile,
    Sending,
    Tracker,
    Upload,
)
from finetunes.statuses import Status
from forgetting.models import Retention
from notifications.models import Hook
from playground.models import Asked, Collected, Preset, Round, Side, Trial, Vote
from teams import audit
from teams.models import Membership, Organization, Role, User

LINE = b'{"prompt":"a ->","completion":" b"}\n'
KEY = "sk-live-canary-0123456789"
THREAD = [{"role": "user", "content": "Grüße, 世界"}]


def kept(name: str, content: bytes) -> str:
    return default_storage.save(name, ContentFile(content))


def hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def organization() -> Organization:
    made = Organization.objects.create(name="Acme & Söhne", slug="acme")
    owner = User.objects.create_user("olga@acme.test", "correct horse", name="Olga Owner")
    member = User.objects.create_user("mia@acme.test", "correct horse", name="Mia Member")
    Membership.objects.create(user=owner, organization=made, role=Role.OWNER)
    Membership.objects.create(user=member, organization=made, role=Role.MEMBER)
    connection = Connection.objects.create(
        organization=made, name="Provider", base_url="http://provider.test/v1", dialect="both", key=KEY, created_by=owner
    )
    version, older = _data(made, owner)
    tune, model = _fine_tunes(made, member, connection, version)
    _evaluation(made, member, connection, model, version)
    _playground(made, member, connection, model, older.dataset)
    Hook.objects.create(
        organization=made,
        name="Chat",
        url="https://hooks.test/secret-canary",
        secret=KEY,
        host="hooks.test",
        kinds=["failed"],
    )
    Retention.objects.create(organization=made, days={"uploads": 30}, changed_by=owner)
    _money(made, owner, tune)
    audit.note(made, "connection.created", connection, actor=owner, host="provider.test")
    return made


def _data(made: Organization, owner: User) -> tuple[Version, Version]:
    SavedRecipe.objects.create(
        organization=made, name="Usual", format="prompt-completion", steps=[{"code": "x"}], created_by=owner
    )
    versions = []
    for number, name in enumerate(("Tickets", "Validation")):
        source = LINE * (number + 3)
        dataset = Dataset(organization=made, name=name, filename="t.csv", size=len(source), sha256=hashed(source))
        dataset.state, dataset.created_by, dataset.numbers = Dataset.State.READY, owner, {"task": "x", "labels": [["a", 1]]}
        dataset.checked = dataset.revision
        for column in ("source", "rows", "prepared"):
            setattr(dataset, column, kept(f"{dataset.folder}/{column}.jsonl", source + column.encode()))
        dataset.save()
        versions.append(_version(dataset, 1, source))
    tickets, other = versions
    second = _version(tickets.dataset, 2, LINE, parent=tickets)
    second.split = {"share": 0.2, "validation": {"version": other.pk, "name": str(other), "sha256": other.training_sha256}}
    second.save()
    return second, other


def _version(dataset: Dataset, number: int, content: bytes, **given: Any) -> Version:
    return Version.objects.create(
        dataset=dataset,
        number=number,
        format="prompt-completion",
        task="generation",
        training=kept(f"{dataset.folder}/training.jsonl", content),
        training_sha256=hashed(content),
        training_rows=3,
        tokens={"r50k_base": {"training": 12}},
        created_by=dataset.created_by,
        **given,
    )


def _fine_tunes(made: Organization, member: User, connection: Connection, version: Version) -> tuple[FineTune, Model]:
    common: dict[str, Any] = {"organization": made, "connection": connection, "dialect": "legacy", "base_model": "ada"}
    tune = FineTune.objects.create(
        **common,
        name="First",
        training_version=version,
        started_by=member,
        status=Status.SUCCEEDED,
        remote_id="ft-1",
        fine_tuned_model="ada:ft-acme",
        cost=Decimal("1.500000"),
        hyperparameters={"n_epochs": 4, "learning_rate_multiplier": 0.1},
        settled_at=timezone.now(),
        created_at=datetime(2024, 2, 3, 4, 5, 6, 7, tzinfo=UTC),
        raw={"id": "ft-1", "b": [1, 2.5, None]},
    )
    model = Model.objects.create(
        organization=made, connection=connection, name="ada:ft-acme", base_model="ada", fine_tune=tune, version=version
    )
    FineTune.objects.create(
        **common, name="Running", training_version=version, parent=model, status=Status.RUNNING, remote_id="ft-2"
    )
    FineTune.objects.create(**common, name="Unsent", training_version=version, started_by=member, status=Status.SENDING)
    Deletion.objects.create(model=model, asked_by=member, reason="Old", hold_until=timezone.now())
    for ordinal in range(1, 4):
        Event.objects.create(
            fine_tune=tune, ordinal=ordinal, key=f"e{ordinal}", message="Step", created_at=timezone.now(), raw={"n": 1}
        )
    store.write_series({tune: {"training_loss": metrics.series(range(1, 200), [1 / step for step in range(1, 200)])}})
    results = b"step,training_loss\n1,1.0\n"
    ResultFile.objects.create(
        fine_tune=tune, remote_id="file-r", content=kept("results/r.csv", results), size=len(results), sha256=hashed(results)
    )
    Upload.objects.create(
        version=version, connection=connection, part="training", remote_id="file-t", ready=True, creating=tune
    )
    Inventory.objects.create(connection=connection, imports=True, imported_by=member, listed_at=timezone.now())
    Archive.objects.create(connection=connection, asked_by=member, asked_at=timezone.now(), stage=Archive.Stage.DONE)
    KeptFile.objects.create(
        connection=connection,
        remote_id="file-k",
        role="training",
        state="kept",
        content=kept("kept/1/1", LINE),
        sha256=hashed(LINE),
    )
    RecordedAnswer.objects.create(model=model, key="k", thread=THREAD, answer="yes", answered_at=timezone.now(), took=0.25)
    tracker = Tracker.objects.create(organization=made, kind="mlflow", address="http://tracker.test", key=KEY)
    Sending.objects.create(tracker=tracker, fine_tune=tune, state="sent", asked_at=timezone.now(), asked_by=member)
    return tune, model


def _money(made: Organization, owner: User, tune: FineTune) -> None:
    Budget.objects.create(organization=made, monthly_limit=Decimal("12.34"), changed_by=owner)
    Charge.objects.create(fine_tune=tune, organization=made, estimated=Decimal("0.123456"), settled_at=timezone.now())
    Approval.objects.create(fine_tune=tune, asked_by=owner, asked_at=timezone.now(), because=["over"], decision="given")


def _evaluation(made: Organization, member: User, connection: Connection, model: Model, version: Version) -> None:
    first = Evaluation.objects.create(organization=made, name="First", version=version, created_by=member, state="ready")
    again = Evaluation.objects.create(organization=made, name="Again", again_of=first, state="ready")
    again.source = kept(f"{again.folder}/source", b"a,b\n")
    again.save()
    questions = [Question.objects.create(evaluation=first, number=n, thread=THREAD, expected="b") for n in range(3)]
    runs = [
        Run.objects.create(
            evaluation=first, key=str(model.pk), connection=connection, model=model, name=model.name, state="done"
        ),
        Run.objects.create(
            evaluation=first, key=f"c{connection.pk}:ada", connection=connection, name="ada", state="running"
        ),
    ]
    Run.objects.filter(pk=runs[1].pk).update(tried={str(questions[2].pk): 2}, started_by=member)
    for question in questions:
        Answer.objects.create(run=runs[0], question=question, text="b", answered_at=timezone.now(), took=0.5)
    data = {"against": {str(runs[1].pk): {"p": 0.5}}, "contradictions": {"version": version.pk, "same": 1}}
    Scoring.objects.create(run=runs[0], answers=3, data=data)
    model.threshold = {"label": "b", "threshold": 0.75, "evaluation": first.pk}
    model.save()


def _playground(made: Organization, member: User, connection: Connection, model: Model, dataset: Dataset) -> None:
    Preset.objects.create(
        organization=made, name="Usual", key=str(model.pk), format="chat", entered={"prompt": ["x"]}, created_by=member
    )
    asked = Asked.objects.create(
        organization=made,
        person=member,
        connection=connection,
        model=model,
        key=str(model.pk),
        name="n",
        format="chat",
        question="Q?",
    )
    trial = Trial.objects.create(
        organization=made, person=member, token=asked_token(), keys=[str(model.pk), f"c{connection.pk}:ada"], blind=True
    )
    held = Round.objects.create(trial=trial, place=1, thread=THREAD)
    side = Side.objects.create(
        round=held, place=1, key=str(model.pk), name="n", connection=connection, model=model, ended_at=timezone.now()
    )
    Vote.objects.create(round=held, person=member, verdict="best", winner=side)
    Collected.objects.create(organization=made, dataset=dataset, thread=THREAD, answer="b", asked=asked, created_by=member)


def asked_token() -> Any:
    import uuid

    return uuid.uuid4()
