"""Start a fine-tune: exactly once, whatever dies when.

`intend` commits the intent with a unique token, before anything is asked of a provider. `send` brings it
to the provider, in steps that may be repeated at any moment:

1. Upload the version's files, each once per connection (upload.py), and wait until they were read.
2. Reserve the training file, so that one create at a time goes out for it.
3. Commit `sent_at`. From here on nobody sends again without having asked.
4. Send once, with the token in the metadata where there is any, and as Idempotency-Key where that is kept.

Afterwards either the provider's id is kept, or its refusal, or nothing is known: then `settle` asks
(lookup.py), and what follows from "not here" is in doubt.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.models import Connection
from datasets.models import Format, Version
from finetunes import doubt, leftovers, lookup, twins, upload
from finetunes.backoff import after, soon, wished
from finetunes.holding import holding
from finetunes.models import FineTune, Model, Upload
from finetunes.statuses import Status, of_remote
from finetunes.trouble import explain, note
from openai_api.client import Client
from openai_api.dialects import traits
from openai_api.errors import APIError, BadRequest, ConnectionFailed, RateLimited, StatusError, TrainingNotAvailable
from openai_api.pacing import PutOff
from openai_api.types import NewFineTune, RemoteFineTune
from teams.models import Organization, User


class NotPossible(Exception):
    """The fine-tune cannot be started like this; the message is for a person."""


def intend(
    organization: Organization,
    user: User | None,
    *,
    connection: Connection,
    base_model: str,
    version: Version,
    use_validation: bool = True,
    suffix: str = "",
    hyperparameters: Mapping[str, Any] | None = None,
    seed: int | None = None,
    metadata: Mapping[str, str] | None = None,
    integrations: Sequence[Mapping[str, Any]] = (),
    parent: Model | None = None,
    token: uuid.UUID | None = None,
    known_twin: int | None = None,
) -> tuple[FineTune, bool]:
    """Commit the intent, due at once; return it and whether it is new. The same token twice is one intent.

    With a `known_twin`, AlreadyStarted is raised if the newest that trains the same is another than this one (0: none).
    """
    values = {
        "organization": organization,
        "connection": connection,
        "dialect": _dialect(organization, connection, base_model, version),
        "base_model": base_model,
        "parent": parent,
        "name": suffix or version.dataset.name,
        "suffix": suffix,
        "training_version": version,
        "use_validation": use_validation and bool(version.validation_rows),
        "hyperparameters": dict(hyperparameters or {}),
        "seed": seed,
        "metadata": dict(metadata or {}),
        "integrations": [dict(one) for one in integrations],
        "started_by": user,
        "due_at": timezone.now(),
    }
    return _own(organization, *twins.commit(organization, token or uuid.uuid4(), values, known_twin))


def _dialect(organization: Organization, connection: Connection, base_model: str, version: Version) -> str:
    """Return the dialect in which it is asked for; NotPossible if these do not go together."""
    if connection.organization_id != organization.pk or version.dataset.organization_id != organization.pk:
        raise NotPossible(_("The data and the connection must belong to your organization."))
    dialect = connection.dialect_for(base_model)
    if version.format == Format.PREFERENCE and not traits(dialect).preferences:
        raise NotPossible(_("%(model)s cannot learn from preferred and other answers.") % {"model": base_model})
    return dialect


def _own(organization: Organization, fine_tune: FineTune, is_new: bool) -> tuple[FineTune, bool]:
    """A token names one intent of all organizations: another's is never shown."""
    if fine_tune.organization_id != organization.pk:
        raise NotPossible(_("This form was used up. Open it again."))
    return fine_tune, is_new


def send(fine_tune: FineTune, client: Client) -> None:
    """Take the next step towards the provider; the row must be held, and is released."""
    if fine_tune.sent_at is not None:
        settle(fine_tune, client)
    elif fine_tune.cancel_requested_at is not None:
        _give_up(fine_tune)
    else:
        _prepare_and_send(fine_tune, client)


def settle(fine_tune: FineTune, client: Client) -> None:
    """Ask whether what was sent without an answer is there; keep it, wait, ask a person, or send again."""
    try:
        with holding(fine_tune):
            remote = lookup.find(client, fine_tune)
    except APIError as error:
        note(fine_tune, error)
        return
    if remote is not None:
        adopt(fine_tune, remote)
    elif not doubt.over(fine_tune):
        doubt.denied(fine_tune)
    elif fine_tune.cancel_requested_at is not None:
        _give_up(fine_tune)
    elif doubt.may_send_again(fine_tune, client):
        _send_once(fine_tune, client)
    else:
        doubt.denied(fine_tune)


def adopt(fine_tune: FineTune, remote: RemoteFineTune) -> None:
    """Keep the provider's id: the fine-tune exists, and is polled from now on."""
    known = {
        "remote_id": remote.id,
        "status": of_remote(remote.status) if remote.status in ("queued", "running") else Status.QUEUED,
        "provider_status": remote.provider_status[:60],
        "remote_created_at": remote.created_at,
        "training_file_id": fine_tune.training_file_id,
        "raw": dict(remote.raw),
    }
    answered = {"answered_at": timezone.now(), "failures": 0, "trouble": "", "revision": fine_tune.revision + 1}
    with transaction.atomic():
        if fine_tune.release(due_at=timezone.now(), **known, **answered, **doubt.settled()):
            _free_file(fine_tune)
            fine_tune.connection.open_training()


def _prepare_and_send(fine_tune: FineTune, client: Client) -> None:
    if Upload.objects.reserved_before(fine_tune).exists():
        _wait_for_files(fine_tune)  # whoever is ahead ends it; until then there is nothing to ask the provider
        return
    try:
        with holding(fine_tune):
            training = _bring_files(fine_tune, client)
            remote = lookup.find(client, fine_tune) if fine_tune.doubt_until else None  # see restored.py
            ready = remote is None and _reserve(fine_tune, training, client)
    except upload.NotReady:
        _wait_for_files(fine_tune)
    except upload.Rejected as error:
        _fail(fine_tune, str(error), {})
    except APIError as error:
        note(fine_tune, error) if _may_pass(error) else _fail(fine_tune, error.message, explain(error))
    else:
        if remote is not None:
            adopt(fine_tune, remote)
        else:
            _send_once(fine_tune, client) if ready else _wait_for_files(fine_tune)


def _may_pass(error: APIError) -> bool:
    """Say whether asking for the files again may help: only a refusal is final."""
    return not isinstance(error, StatusError) or error.may_have_happened or isinstance(error, RateLimited)


def _wait_for_files(fine_tune: FineTune) -> None:
    answered = {"answered_at": timezone.now(), "failures": 0, "trouble": ""}
    fine_tune.release(due_at=soon(1), status=Status.CHECKING_FILES, revision=fine_tune.revision + 1, **answered)


def _bring_files(fine_tune: FineTune, client: Client) -> Upload:
    version, connection = fine_tune.version, fine_tune.connection
    training = upload.ensure(client, version, Upload.Part.TRAINING, connection)
    fine_tune.training_file_id = training.remote_id
    if fine_tune.use_validation:
        validation = upload.ensure(client, version, Upload.Part.VALIDATION, connection)
        fine_tune.validation_file_id = validation.remote_id
    return training


def _reserve(fine_tune: FineTune, training: Upload, client: Client) -> bool:
    """Become the only one that may create on this file, and remember what is there before."""
    free = Upload.objects.filter(pk=training.pk, remote_id=training.remote_id)
    if not (free.filter(creating=None) | free.filter(creating=fine_tune)).update(creating=fine_tune):
        return False
    if not traits(fine_tune.dialect).metadata:
        fine_tune.known_before = lookup.on_file(client, fine_tune.training_file_id)
    return True


def _send_once(fine_tune: FineTune, client: Client) -> None:
    if not _mark_as_sent(fine_tune):
        # The file may stay reserved: the next step ends this one, or sends it.
        fine_tune.release(due_at=timezone.now())
        return
    # Only providers that say they keep it get the key: what others do with a header they do not know is their affair.
    key = str(fine_tune.token) if client.key_hours else None
    try:
        with holding(fine_tune):
            remote = client.create_fine_tune(_request(fine_tune), idempotency_key=key)
    except APIError as error:
        _after_error(fine_tune, error)
    else:
        adopt(fine_tune, remote)


def _mark_as_sent(fine_tune: FineTune) -> bool:
    """Commit that it is sent now; False if it was cancelled, or if somebody else has sent it."""
    now = timezone.now()
    changes: dict[str, Any] = {
        "sent_at": now,
        "first_sent_at": fine_tune.first_sent_at or now,
        "status": Status.SENDING,
        "training_file_id": fine_tune.training_file_id,
        "validation_file_id": fine_tune.validation_file_id,
        "known_before": fine_tune.known_before,
        **doubt.settled(),
        "doubt_until": soon(doubt.CALL),
    }
    marked = fine_tune.held().filter(sent_at=fine_tune.sent_at, cancel_requested_at=None).update(**changes)
    for name, value in changes.items() if marked else ():
        setattr(fine_tune, name, value)
    return bool(marked)


def _after_error(fine_tune: FineTune, error: APIError) -> None:
    """Keep what is known. `sent_at` stays unless it was refused: the provider is asked before every second create."""
    if error.may_have_happened:
        due_at = soon(max(1.0, wished(error)))
        note(fine_tune, error, due_at=due_at, doubt_until=soon(doubt.patience()), last_words=error.message)
    elif _will_pass(fine_tune, error):
        note(fine_tune, error, due_at=after(error, fine_tune.failures), doubt_until=None)
    else:
        if is_closed := isinstance(error, TrainingNotAvailable):
            fine_tune.connection.close_training(error.message)
        _fail(fine_tune, error.message, explain(error), keeps_files=not is_closed)


def _will_pass(fine_tune: FineTune, error: APIError) -> bool:
    """Say whether the same request may be accepted a little later."""
    if isinstance(error, RateLimited):
        return not error.out_of_quota
    if isinstance(error, BadRequest) and "process" in error.message.lower():
        # The file was said to be read, and is not: every provider words this differently.
        return (timezone.now() - fine_tune.created_at).total_seconds() < 1800
    return isinstance(error, ConnectionFailed | PutOff)


def _request(fine_tune: FineTune) -> NewFineTune:
    has_metadata = traits(fine_tune.dialect).metadata
    return NewFineTune(
        model=fine_tune.base_model,
        training_file=fine_tune.training_file_id,
        validation_file=fine_tune.validation_file_id or None,
        suffix=fine_tune.suffix or None,
        hyperparameters=fine_tune.hyperparameters,
        seed=fine_tune.seed,
        metadata={**fine_tune.metadata, lookup.TOKEN: fine_tune.token.hex} if has_metadata else None,
        method=_method(fine_tune) if fine_tune.dialect != "legacy" else None,
        integrations=tuple(fine_tune.integrations),
    )


def _method(fine_tune: FineTune) -> str:
    return "dpo" if fine_tune.version.format == Format.PREFERENCE else "supervised"


def _fail(fine_tune: FineTune, message: str, raw: dict[str, Any], *, keeps_files: bool = True) -> None:
    _end(fine_tune, keeps_files=keeps_files, status=Status.FAILED, error=message, error_raw=raw, trouble="")


def _give_up(fine_tune: FineTune) -> None:
    """End an intent that somebody cancelled and that no provider has."""
    _end(fine_tune, status=Status.CANCELLED)


def _end(fine_tune: FineTune, *, keeps_files: bool = True, **changes: Any) -> None:
    now = timezone.now()
    ends: dict[str, Any] = {"finished_at": now, "ended_at": now, "settled_at": now, "revision": fine_tune.revision + 1}
    with transaction.atomic():
        if fine_tune.release(**ends, **changes):
            _free_file(fine_tune)
            leftovers.let_go(fine_tune, after=leftovers.GRACE if keeps_files else timedelta())


def _free_file(fine_tune: FineTune) -> None:
    Upload.objects.reserved_by(fine_tune).update(creating=None)
