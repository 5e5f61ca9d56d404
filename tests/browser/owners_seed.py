"""Fill a running product's database for what only owners do in a browser: print the number of a model."""

from __future__ import annotations

import sys


def main(base_url: str, name: str) -> None:
    import django

    django.setup()

    from connections.models import Connection
    from evaluations.models import Evaluation, Run
    from playground.models import Preset
    from teams import audit
    from teams.models import Organization, User
    from tests.evaluations.conftest import classes_of
    from tests.playground.conftest import model_on

    organization = Organization.objects.get()
    connection = Connection.objects.create(
        organization=organization, name="Test provider", base_url=base_url, dialect="both", key="sk-hidden-key"
    )
    model = model_on(connection, classes_of(organization, 6), name=name)
    judged = Evaluation.objects.create(organization=organization, name="Refunds in May", state="ready")
    Run.objects.create(evaluation=judged, model=model, key=str(model.pk), connection=connection, name=name, state="done")
    Preset.objects.create(organization=organization, name="Polite answers", key=str(model.pk), format="completion")
    for _question in range(3):
        audit.note(organization, "playground.asked", model, actor=User.objects.get(), connection=connection.name)
    print(model.pk)


if __name__ == "__main__":
    main(*sys.argv[1:])
