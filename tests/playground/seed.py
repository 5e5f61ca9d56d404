"""Fill an empty database for the page in a browser: print a member's session and the models of three tasks."""

from __future__ import annotations

import sys


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
    print(client.cookies[settings.SESSION_COOKIE_NAME].value, *(model.pk for model in models))


if __name__ == "__main__":
    main(sys.argv[1])
