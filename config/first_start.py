"""What a fresh installation gets: an owner, the trainer's connection, the sample and fine-tunes on it.

Every step looks before it acts, so an interrupted first start is completed by the next one.
"""

from __future__ import annotations

from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from config.migrating import migrate, one_at_a_time
from connections.models import Connection
from datasets import sample as sample_dataset
from finetunes import sample as sample_finetunes
from teams import sign_in, start
from teams.models import Membership, Organization, User
from trainer import keys
from work.encryption import Undecipherable

TRAINER_NAME = "Tunedeck trainer"


def up_to_date() -> str:
    """Bring database and pages up to date, make what a first start needs, and return the address to open."""
    with one_at_a_time():
        migrate()
        if not settings.STATIC_BUILT:
            call_command("collectstatic", verbosity=0, interactive=False)
        return link(prepare())


def prepare() -> User:
    """Make whatever is missing and return the first owner."""
    owner = start.first_owner(settings.OWNER_EMAIL, settings.OWNER_PASSWORD)
    organization = _organization(owner)
    keys.ensure(settings.TRAINER_KEY, role="owner", organization=organization.slug)
    connection = trainer_connection(organization, owner)
    if settings.SAMPLE:
        version = sample_dataset.load(organization, owner)
        sample_finetunes.start(organization, owner, connection, version)
    return owner


def link(owner: User) -> str:
    """Return where the owner begins: a one-time sign-in link while no password is set, else the sign-in page."""
    path = reverse("account_login") if owner.has_usable_password() else sign_in.make_link(owner)
    return f"{settings.SITE_ADDRESS}{path}"


def trainer_connection(organization: Organization, owner: User) -> Connection:
    """Return the connection that holds the trainer's key, at the address where the trainer listens now."""
    for connection in Connection.objects.of(organization):
        if _is_the_trainers(connection):
            connection.base_url, connection.key = settings.TRAINER_ADDRESS, settings.TRAINER_KEY
            connection.save(update_fields=["base_url", "key"])
            return connection
    return Connection.objects.create(
        organization=organization,
        name=TRAINER_NAME,
        base_url=settings.TRAINER_ADDRESS,
        dialect=Connection.Dialect.BOTH,
        key=settings.TRAINER_KEY,
        created_by=owner,
    )


def _is_the_trainers(connection: Connection) -> bool:
    """Tell by the key, whatever people named it; by the name once nothing can read the key any more."""
    try:
        return connection.key == settings.TRAINER_KEY
    except Undecipherable:
        return connection.name == TRAINER_NAME


def _organization(owner: User) -> Organization:
    return Membership.objects.owners().filter(user=owner).select_related("organization").earliest("created_at").organization
