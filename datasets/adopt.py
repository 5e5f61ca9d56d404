"""Take files that a provider has trained on, and make a version of their very bytes."""

from __future__ import annotations

from django.core.files.base import File

from datasets.models import Dataset
from datasets.upload import receive
from teams.models import Organization, User


def adopt(
    organization: Organization, user: User | None, training: File[bytes], *, name: str, validation_file: str = ""
) -> Dataset:
    """Make a dataset of a kept training file, and ask at once for a version that is byte for byte the same.

    `validation_file` names a stored file that validates. It is read and checked like every upload, so that it can be
    looked at and changed; what the checks find is left as it is. Raises Refused for a file that is too large.
    """
    wanted = {"as_it_is": True, "validation_file": validation_file, "by": user.pk if user else None}
    return receive(organization, user, training, name=name, making=wanted)
