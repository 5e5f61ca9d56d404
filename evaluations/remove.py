"""Delete an evaluation with its questions, answers and file."""

from __future__ import annotations

from contextlib import suppress

from django.core.files.storage import default_storage
from django.db import transaction

from evaluations import tell
from evaluations.models import Answer, Evaluation, Question


def remove(evaluation: Evaluation) -> bool:
    """Delete rows first and the file last; False while a model is still asked."""
    pk, name = evaluation.pk, evaluation.source.name
    with transaction.atomic():
        locked = Evaluation.objects.select_for_update().get(pk=pk)
        if tell.is_active(locked):
            return False
        # Straight in the database: what hangs on a hundred thousand questions is known and need not be looked up.
        Answer.objects.filter(run__evaluation=pk)._raw_delete(using=locked._state.db)
        Question.objects.filter(evaluation=pk)._raw_delete(using=locked._state.db)
        locked.delete()
    if name:
        default_storage.delete(name)
        with suppress(OSError, NotImplementedError):
            default_storage.delete(evaluation.folder)
    return True
