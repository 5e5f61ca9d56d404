"""Look after the chains: take in what an older version wrote, verify what is new, and leave a daily checkpoint."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from teams.audit import adopt, guard
from teams.audit.verify import Verdict, mark, verify
from teams.audit.write import locked, note
from teams.models import AuditChain, AuditEntry, Organization

DAY = timedelta(days=1)
log = logging.getLogger("teams.audit")


def keep() -> None:
    """Do what is due; safe to run twice, and at once."""
    take_in()
    due = Q(verified_at__isnull=True) | Q(verified_at__lt=timezone.now() - DAY)
    for end in AuditChain.objects.filter(due).order_by("pk"):
        check(end)
        checkpoint(end)


def take_in() -> int:
    """Chain what an older version wrote beside the chain; return how many entries."""
    return sum(_take_in(pk) for pk in adopt.organizations(AuditEntry.objects))


def _take_in(pk: int | None) -> int:
    organization = Organization.objects.get(pk=pk) if pk else None
    with guard.permitted("chain what an older version wrote"):
        count = adopt.adopt(AuditEntry.objects, locked(organization))
        if count:
            note(organization, "audit.taken-in", count=count)
    return count


def check(end: AuditChain) -> Verdict:
    """Verify what has come since the last time, and keep the verdict; a chain that was wrong is looked at whole."""
    begun = bool(end.verified_number) and end.verified_number >= end.trimmed_number and not end.trouble
    verdict = verify(end, after=(end.verified_number, end.verified_hash) if begun else None)
    keep_verdict(end, verdict)
    return verdict


def keep_verdict(end: AuditChain, verdict: Verdict) -> None:
    trouble: dict[str, Any] = {} if verdict.whole else {"entry": verdict.wrong, "why": verdict.why}
    if trouble:
        log.error("audit chain %s is broken at entry %s: %s", end.name, verdict.wrong, verdict.why)
    AuditChain.objects.filter(pk=end.pk).update(
        verified_number=verdict.number, verified_hash=verdict.hash, verified_at=timezone.now(), trouble=trouble
    )


def checkpoint(end: AuditChain) -> None:
    """Say in the log, which is kept elsewhere, how far the chain reaches: an end that is cut later shows against it."""
    said = " ".join(f"{name}={value}" for name, value in asdict(mark(end)).items())
    log.info("audit checkpoint %s", said)


def behind() -> int:
    """Return how many entries nobody has verified yet."""
    ends = AuditChain.objects.filter(number__gt=F("verified_number"))
    return sum(ends.annotate(new=F("number") - F("verified_number")).values_list("new", flat=True))
