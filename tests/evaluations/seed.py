"""Fill a running product's database for the pages in a browser: print the number of a classifier that can be asked."""

from __future__ import annotations

import sys


def main(base_url: str) -> None:
    import django

    django.setup()

    from connections.models import Connection
    from teams.models import Organization
    from tests.evaluations.conftest import classes_of
    from tests.playground.conftest import model_on

    organization = Organization.objects.get()
    connection = Connection.objects.create(
        organization=organization, name="Test provider", base_url=base_url, dialect="both", key="sk-hidden-key"
    )
    print(model_on(connection, classes_of(organization, 6), name="ada:ft-example:sport-2023-01-29-13-51-40").pk)


if __name__ == "__main__":
    main(sys.argv[1])
