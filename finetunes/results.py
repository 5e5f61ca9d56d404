"""Result files: kept as they came, and read into series."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from finetunes import metrics, store
from finetunes.models import FineTune, ResultFile
from openai_api.errors import BadAnswer
from openai_api.results import decoded, is_cut_off

PIECE = 2**20
"""Bytes of an original that are written at once: in larger pieces the same file took ten times as long."""


def keep_results(fine_tune: FineTune, files: Mapping[str, bytes]) -> None:
    """Store new result files and merge their columns into the series, where they win."""
    there = set(fine_tune.files.values_list("remote_id", flat=True))
    with ThreadPoolExecutor(max_workers=1) as aside:
        for remote_id, content in files.items():
            if remote_id in there:
                continue
            series, problem = _read(content)
            # Reading takes all processors; while the numbers are packed and written, which takes one, the original is kept.
            kept = aside.submit(_keep, fine_tune, content)
            store.write_series({fine_tune: {name[:200]: one for name, one in series.items()}})
            name, sha256 = kept.result()
            ResultFile.objects.create(
                fine_tune=fine_tune,
                remote_id=remote_id,
                content=name,
                size=len(content),
                sha256=sha256,
                problem=problem,
            )


def _keep(fine_tune: FineTune, content: bytes) -> tuple[str, str]:
    """Store the original; return its name in the storage and its hash."""
    file = ContentFile(content, name=f"{fine_tune.token.hex}.csv")
    file.DEFAULT_CHUNK_SIZE = PIECE
    field = ResultFile._meta.get_field("content")
    name = field.storage.save(field.generate_filename(ResultFile(), str(file.name)), file)
    return name, hashlib.sha256(content).hexdigest()


def csv(file: ResultFile) -> bytes:
    """Return the table, without the base64 in which some providers wrap it."""
    with file.content.open("rb") as source:
        content: bytes = source.read()
    try:
        return decoded(content)
    except BadAnswer:
        return content


def _read(content: bytes) -> tuple[dict[str, metrics.Series], str]:
    """Return the series, and what is wrong with the file, for people."""
    try:
        table = decoded(content)
    except BadAnswer:
        table = content
    try:
        found = metrics.parse(table)
    except metrics.Unreadable:
        return {}, _("The results file is not a table of steps, so there is nothing to draw. Its original is kept.")
    if is_cut_off(content):
        return found, _("The results file was cut off before its end. What came is drawn, and its original is kept.")
    return found, ""
