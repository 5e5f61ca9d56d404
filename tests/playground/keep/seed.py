"""Fill an empty database: a dataset with a version, a model trained on it, and one that chats. Print a session and both."""

from __future__ import annotations

import sys


def main(base_url: str) -> None:
    import django

    django.setup()

    from django.conf import settings
    from django.test import Client

    from connections.models import Connection
    from teams.models import Membership, Organization, Role, User
    from tests.datasets.made import prepared, version_of
    from tests.playground.conftest import TALK, model_on, trained_on

    organization = Organization.objects.create(name="Example Org", slug="example")
    user = User.objects.create_user("member@example.com", "correct horse", name="Mia Member")
    Membership.objects.create(user=user, organization=organization, role=Role.MEMBER)
    connection = Connection.objects.create(
        organization=organization, name="Test provider", base_url=base_url, dialect="both", key="sk-hidden-key"
    )
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    tickets = model_on(connection, version_of(prepared(organization, user)), name="ada:ft-example:tickets")
    talk = model_on(connection, trained_on(organization, **TALK), name="ft:gpt-3.5-turbo-0613:example:pirate:7p4lURel")
    print(client.cookies[settings.SESSION_COOKIE_NAME].value, tickets.pk, talk.pk)


if __name__ == "__main__":
    main(sys.argv[1])
