"""Take in what a person wants models to be asked: a draft, of which nothing is asked until they press Start."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext

from datasets import formats
from datasets.formats import Options
from datasets.models import Version
from datasets.read import described
from datasets.storing import opened
from datasets.upload import shown_name
from datasets.words import Refused
from datasets.words import gettext_noop as _
from evaluations.models import Evaluation
from teams.models import Organization, User

BLOCK = 1 << 20
NAMED = 120  # characters


def of_sheet(organization: Organization, user: User | None, file: File[bytes], *, name: str = "") -> Evaluation:
    """Look into a file and store it; raises Refused for one that cannot be read, and keeps nothing of it."""
    filename = shown_name(file.name or "")
    if file.size > settings.EVALUATION_MAX_BYTES:
        most = settings.EVALUATION_MAX_BYTES // 2**20
        raise Refused(_("The file is larger than %(limit)s MB, the most that is taken for an evaluation.", limit=most))
    plain = cast(BinaryIO, file.file)
    layout, sha256, key = look(plain, filename), _sha256(plain), uuid.uuid4()
    file.seek(0)
    return Evaluation.objects.create(
        organization=organization,
        name=(name.strip() or PurePosixPath(filename).stem or filename)[:NAMED],
        state=Evaluation.State.DRAFT,
        folder_key=key,
        filename=filename,
        source=default_storage.save(f"evaluations/{key.hex}/source", file),
        size=file.size,
        sha256=sha256,
        layout=layout,
        options=layout["options"],
        created_by=user,
    )


def of_version(organization: Organization, user: User | None, version: Version, part: str, *, name: str = "") -> Evaluation:
    return Evaluation.objects.create(
        organization=organization,
        name=(name.strip() or gettext("%(version)s, %(part)s") % {"version": version, "part": Evaluation.Part(part).label})[
            :NAMED
        ],
        state=Evaluation.State.DRAFT,
        version=version,
        part=part,
        task=version.task,
        created_by=user,
    )


def look_again(evaluation: Evaluation, wanted: Options) -> None:
    """Read the sheet's columns as a person wants them read; raises Refused and changes nothing if that is not possible."""
    with opened(evaluation.source) as file:
        layout = look(file, evaluation.filename, wanted)
    draft = Evaluation.objects.filter(pk=evaluation.pk, state=Evaluation.State.DRAFT)
    draft.update(layout=layout, options=layout["options"], mapping={})


def look(file: BinaryIO, filename: str, wanted: Options | None = None) -> dict[str, Any]:
    """Return the layout of a table: its columns, sheets, first rows and how it is read."""
    layout = formats.inspect(file, filename, wanted)
    columns = formats.columns(file, layout.options)
    if not columns:
        raise Refused(formats.EMPTY)
    found = described(layout, columns, file)
    if not found["preview"]:
        raise Refused(_("Below the names of the columns there is no row that can be read."))
    return found


def parts(version: Version) -> list[tuple[str, int]]:
    """Return the parts of a version that have rows, those that no model has learned from first."""
    order = (Evaluation.Part.EVALUATION, Evaluation.Part.VALIDATION, Evaluation.Part.TRAINING)
    rows = [(part.value, int(getattr(version, f"{part}_rows"))) for part in order]
    return [(part, count) for part, count in rows if count]


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()
