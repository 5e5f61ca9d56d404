"""Fill an empty database with one of everything under hostile names; print the owner's session and all pages, as JSON."""

from __future__ import annotations

import json
import sys

HOSTILE = "\"'><b data-hostile onclick=x()>\u202e</title>{{7*7}} "
"""What every name begins with: it must be shown as it is."""


def main(base_url: str) -> None:
    import django

    django.setup()

    from tests.security.asking import Visitor
    from tests.security.pages import pages
    from tests.security.seed import plant

    planted = plant(base_url, HOSTILE)
    print(json.dumps({"session": Visitor(planted.people.owner).session, "pages": pages(planted)}))


if __name__ == "__main__":
    main(sys.argv[1])
