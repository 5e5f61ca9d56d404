"""Open every page that links lead to: `python -m tests.production.crawl EMAIL`, with the settings of an installation.

Of each kind of page a few are opened; those that never end (live streams) are left out. Prints what was opened, and
ends with 1 if an answer was neither a page nor a way to another one.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from urllib.parse import urldefrag, urljoin

ENOUGH = 3
ENDLESS = re.compile(r"/(stream|live)/$|/accounts/logout/")


def crawl(email: str) -> tuple[Counter[str], list[str]]:
    """Return how many pages of each kind were opened, and the addresses that failed."""
    from django.conf import settings
    from django.test import Client
    from django.urls import Resolver404, resolve

    from teams.models import User

    client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    client.force_login(User.objects.get(email=email), backend=settings.AUTHENTICATION_BACKENDS[0])
    ahead, seen, opened, failed = ["/"], {"/"}, Counter[str](), []
    while ahead:
        address = ahead.pop(0)
        try:
            kind = resolve(address.partition("?")[0]).view_name or address
        except Resolver404:
            continue
        if opened[kind] >= ENOUGH or ENDLESS.search(address.partition("?")[0]):
            continue
        opened[kind] += 1
        answer = client.get(address)
        if answer.status_code >= 400:
            failed.append(f"{answer.status_code} {address}")
        text = answer.content.decode(errors="replace") if not answer.streaming else ""
        links = [answer.headers.get("Location", ""), *re.findall(r'href="([^"#]+)"', text)]
        for link in (urldefrag(urljoin(address, one.replace("&amp;", "&")))[0] for one in links if one):
            if link.startswith("/") and link not in seen:
                seen.add(link)
                ahead.append(link)
    return opened, failed


def main() -> None:
    import django

    django.setup()
    opened, failed = crawl(sys.argv[1])
    print(" ".join(sorted(opened)))
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
