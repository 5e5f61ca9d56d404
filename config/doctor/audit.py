"""The audit log: are its chains whole, and does the database still refuse to change them."""

from __future__ import annotations

from collections.abc import Iterator

from config.doctor.findings import Finding, bad, good
from teams.audit import guard
from teams.audit.verify import verify
from teams.models import AuditChain

ADVICE = "`manage.py verify_audit` says more; docs/audit.md says what to do."


def look() -> Iterator[Finding]:
    """What was verified before is taken as it was found then: all of it is `verify_audit`'s to look at."""
    if missing := guard.missing():
        yield bad(f"The database does not refuse changes of the audit log: {', '.join(missing)} is missing.", ADVICE)
    ends = list(AuditChain.objects.order_by("pk"))
    for end in ends:
        begun = end.verified_number and end.verified_number >= end.trimmed_number
        after = (end.verified_number, end.verified_hash) if begun else None
        wrong = end.trouble.get("entry") or verify(end, after=after).wrong
        if wrong:
            yield bad(f"The audit log of {end.organization or 'the operator'} is broken at entry {wrong}.", ADVICE)
    if not ends:
        yield good("The audit log is empty.")
    elif not missing:
        yield good(f"The audit log's {len(ends)} chains were looked at.")
