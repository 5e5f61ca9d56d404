"""Fill an empty database for the page in a browser: print a member's session and the models of three tasks."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets.models import Version
    from teams.models import Organization


def of_columns(organization: Organization) -> Version:
    """Make a version whose prompts were put together from columns, and a limit for its label."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from tests.playground.conftest import trained_on

    version = trained_on(organization, task="classification", separator="\nSupported:", labels=[" yes", " no"])
    version.dataset.mapping = {"format": version.format, "template": "Company: {company}\nAd: {ad}", "completion": "label"}
    version.dataset.save()
    row = {"prompt": "Company: Birch\nAd: Wood.\nSupported:", "completion": " yes"}
    version.training.name = default_storage.save("ads.jsonl", ContentFile(json.dumps(row) + "\n"))
    version.save()
    return version


def main(base_url: str) -> None:
    import django

    django.setup()

    from django.conf import settings
    from django.test import Client

    from connections.models import Connection
    from teams.models import Membership, Organization, Role, User
    from tests.playground.conftest import CLASSES, ENDED, TALK, model_on, trained_on

    organization = Organization.objects.create(name="Example Org", slug="example")
    user = User.objects.create_user("member@example.com", "correct horse", name="Mia Member")
    Membership.objects.create(user=user, organization=organization, role=Role.MEMBER)
    connection = Connection.objects.create(
        organization=organization, name="Test provider", base_url=base_url, dialect="both", key="sk-hidden-key"
    )
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    models = [
        model_on(connection, trained_on(organization, **trained), name=name, base_model=base)
        for trained, name, base in (
            (CLASSES, "ada:ft-example:sport-2023-01-29-13-51-40", "ada"),
            (ENDED, "ft:davinci-002:example:ads:9x9umpsR", "davinci-002"),
            (TALK, "ft:gpt-3.5-turbo-0613:example:pirate:7p4lURel", "gpt-3.5-turbo-0613"),
        )
    ]
    limit = {"label": "yes", "threshold": 0.41, "evaluation": 1}
    models.append(
        model_on(connection, of_columns(organization), name="ada:ft-example:ads", base_model="ada", threshold=limit)
    )
    connection.answer_prices = {"ft:ada": {"input": "1.6", "output": "1.6", "since": "2026-11-02"}}
    connection.save()
    print(client.cookies[settings.SESSION_COOKIE_NAME].value, *(model.pk for model in models))


if __name__ == "__main__":
    main(sys.argv[1])
