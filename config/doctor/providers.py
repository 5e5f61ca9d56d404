"""Every connection: is its provider reached, and does the key work. Only on request, for it asks the providers."""

from __future__ import annotations

from collections.abc import Iterator

from config.doctor.findings import Finding, bad, good, warning
from connections import probe
from connections.models import Connection


def look() -> Iterator[Finding]:
    number = 0
    for connection in Connection.objects.active().select_related("organization").order_by("organization", "pk"):
        number += 1
        name = f"{connection.organization}: {connection.name}"
        verdict = probe.probe(connection)
        wrong = [line for line in verdict.lines if not line.ok]
        said = "; ".join(f"{line.what}: {line.said}" for line in wrong[:3])
        advice = next((line.advice for line in wrong if line.advice), "An owner can test it on its page.")
        if not wrong:
            yield good(f"{name} works.")
        elif verdict.works:
            yield warning(f"{name} works in part. {said}", advice)
        else:
            yield bad(f"{name} does not work. {said}", advice)
    if not number:
        yield good("There are no connections.")
