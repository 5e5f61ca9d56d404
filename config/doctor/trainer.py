"""The trainer: can it be reached, and does it take the key."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
from django.conf import settings

from config.doctor.findings import Finding, bad, good


def look() -> Iterator[Finding]:
    address = settings.TRAINER_ADDRESS
    advice = "See that it runs, and that TUNEDECK_TRAINER_ADDRESS is where this machine reaches it."
    try:
        headers = {"Authorization": f"Bearer {settings.TRAINER_KEY}"}
        answer = httpx.get(f"{address}/models", headers=headers, timeout=10, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield bad(f"The trainer cannot be reached at {address} ({type(error).__name__}).", advice)
        return
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        yield bad("The trainer does not take the key.", "Give it and the dashboard the same TUNEDECK_TRAINER_KEY.")
    elif answer.status_code != httpx.codes.OK:
        yield bad(f"At {address} something answers {answer.status_code}, as no trainer does.", advice)
    else:
        yield good(f"The trainer answers at {address}.")
