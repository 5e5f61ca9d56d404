"""The sample that a newcomer finds: our own short customer messages, complaint or praise.

It goes the way of every upload, only at once: read, checked, everything recommended accepted, split, made a version.
"""

from __future__ import annotations

from pathlib import Path

from django.core.files import File
from django.utils.translation import gettext as _

from datasets import decide, version
from datasets.advance import advance
from datasets.models import Dataset, Version
from datasets.split import AT_MOST, SEED, SHARE
from datasets.upload import receive
from teams.models import Organization, User

SOURCE = Path(__file__).with_name("sample.csv")


def load(organization: Organization, user: User | None) -> Version:
    """Return the sample's first version, made now if it is not there; called again it goes on where it stopped."""
    dataset = Dataset.objects.of(organization).filter(is_sample=True).first() or _received(organization, user)
    if made := dataset.versions.last():
        return made
    advance(dataset.pk)
    dataset.refresh_from_db()
    if not dataset.decisions:
        decide.accept_recommended(dataset, by=_("the sample"))
        advance(dataset.pk)
        dataset.refresh_from_db()
    if not dataset.making:
        version.request(dataset, share=SHARE, at_most=AT_MOST, seed=SEED, by=user.pk if user else None)
    advance(dataset.pk)
    return dataset.versions.get()


def _received(organization: Organization, user: User | None) -> Dataset:
    with SOURCE.open("rb") as file:
        return receive(
            organization,
            user,
            File(file, name="customer messages.csv"),
            name=_("Customer messages (sample)"),
            is_sample=True,
        )
