"""Fill an empty database for the page of scores in a browser: print a member's session and an evaluation's pk."""

from __future__ import annotations

import random


def main() -> None:
    import django

    django.setup()

    from django.conf import settings
    from django.test import Client

    from finetunes.models import FineTune
    from teams.models import Membership, Organization, Role, User
    from tests.evaluations.answered import LABELS, connection_of, evaluation_of, run_of, scored
    from tests.playground.conftest import model_on

    organization = Organization.objects.create(name="Example Org", slug="example")
    user = User.objects.create_user("member@example.com", "correct horse", name="Mia Member")
    Membership.objects.create(user=user, organization=organization, role=Role.MEMBER)
    connection = connection_of(organization)
    fine_tune = FineTune.objects.create(organization=organization, connection=connection, base_model="ada", name="Posts")
    model = model_on(connection, None, fine_tune=fine_tune)
    rows = planted()
    cells = [[f"post {number}", ("mail", "forum", "news")[number % 3]] for number in range(len(rows))]
    layout = {"columns": ["text", "source"]}
    evaluation = evaluation_of(organization, [row[0] for row in rows], labels=LABELS, cells=cells, layout=layout)
    base = run_of(evaluation, [(row[0], "baseball", {}) for row in rows], name="davinci-002")
    scored(base, run_of(evaluation, rows, model=model))
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    print(client.cookies[settings.SESSION_COOKIE_NAME].value, evaluation.pk, fine_tune.pk)


def planted() -> list[tuple[str, str, dict[str, float]]]:
    """A classifier that is mostly right, and surer than it should be."""
    chance = random.Random(3)
    rows = []
    for _row in range(200):
        sure = chance.random()
        wanted = "hockey" if chance.random() < 0.2 + 0.6 * sure else "baseball"
        said = "hockey" if sure >= 0.5 else "baseball"
        rows.append((wanted, said, {"hockey": sure, "baseball": 1 - sure}))
    return rows


if __name__ == "__main__":
    main()
