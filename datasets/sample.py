"""The sample that a newcomer finds: our own short messages to a shop, about billing or delivery.

It goes the way of every upload, with everything asked for at once: read, checked, what is recommended accepted, split,
made a version.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic, sleep

from django.core.files import File
from django.utils.translation import gettext as _

from datasets.advance import advance
from datasets.models import Dataset, Version
from datasets.split import AT_MOST, SEED, SHARE
from datasets.upload import receive
from teams.models import Organization, User

SOURCE = Path(__file__).with_name("sample.csv")
PATIENCE = 60.0  # seconds, if a worker was faster and is at it


def begin(organization: Organization, user: User | None) -> Dataset:
    """Return the organization's sample, taken in now if it is not there."""
    there = Dataset.objects.of(organization).filter(is_sample=True).first()
    return there or _received(organization, user)


def load(organization: Organization, user: User | None) -> Version:
    """Return the sample's first version, made now if it is not there; called again it goes on where it stopped."""
    dataset = begin(organization, user)
    deadline = monotonic() + PATIENCE
    while not (made := dataset.versions.last()):
        advance(dataset.pk)
        if dataset.versions.exists():
            continue
        if monotonic() > deadline:
            raise TimeoutError("the sample's version is not made: see the dataset's page")
        sleep(0.1)
    return made


def _received(organization: Organization, user: User | None) -> Dataset:
    with SOURCE.open("rb") as file:
        return receive(
            organization,
            user,
            File(file, name="customer messages.csv"),
            name=_("Customer messages (sample)"),
            is_sample=True,
            accept_recommended=True,
            accepting=_("the sample"),
            making={"share": SHARE, "at_most": AT_MOST, "seed": SEED, "by": user.pk if user else None},
        )
