"""Verify the chains of the audit log: exit status 0 if all are whole, 1 if not."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams.audit import guard, keep
from teams.audit.verify import Mark, Verdict, mark, verify
from teams.models import AuditChain, AuditPermit


class Command(BaseCommand):
    help = (
        "Verifies the audit log of every organization, and the operator's, and says which entry is the first wrong one. "
        "With --checkpoint it writes down how far each chain reaches; given again with --from, a cut end is found too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", help="the slug of one organization, or “operator”")
        parser.add_argument("--checkpoint", metavar="FILE", help="write the ends of the chains here; - prints them")
        parser.add_argument("--from", dest="marks", metavar="FILE", help="a checkpoint from before; - reads it")

    def handle(self, *args: Any, **options: Any) -> None:
        marks = read(options["marks"]) if options["marks"] else []
        ends = chosen(options["organization"])
        verdicts = [self.verify(end, marks) for end in ends]
        gone = [] if options["organization"] else sorted({one.chain for one in marks} - {end.name for end in ends})
        for name in gone:
            self.stderr.write(self.style.ERROR(f"{name}: the whole chain is gone; the checkpoint knows it."))
        if not self.guarded() or gone or not all(verdict.whole for verdict in verdicts):
            raise CommandError("The audit log is not as Tunedeck wrote it.", returncode=1)
        if options["checkpoint"]:
            write(options["checkpoint"], [mark(end) for end in ends], self.stdout)

    def verify(self, end: AuditChain, marks: list[Mark]) -> Verdict:
        verdict = verify(end, marks=marks)
        keep.keep_verdict(end, verdict)
        say = self.style.SUCCESS if verdict.whole else self.style.ERROR
        self.stderr.write(say(f"{title(end)}: {told(verdict)}"), ending="\n")
        return verdict

    def guarded(self) -> bool:
        """Say whether the database still refuses changes."""
        if names := guard.missing():
            self.stderr.write(self.style.ERROR(f"The database does not refuse changes: {', '.join(names)} is missing."))
        if permits := AuditPermit.objects.count():
            self.stderr.write(self.style.ERROR(f"The database does not refuse changes: {permits} permits were left."))
        return not names and not permits


def chosen(name: str | None) -> list[AuditChain]:
    ends = AuditChain.objects.select_related("organization").order_by("pk")
    if not name:
        return list(ends)
    found = ends.filter(name=name) if name == AuditChain.OPERATOR else ends.filter(organization__slug=name)
    if not found:
        raise CommandError(f"There is no chain of “{name}”: give the slug of an organization, or “{AuditChain.OPERATOR}”.")
    return list(found)


def title(end: AuditChain) -> str:
    return f"{end.organization} ({end.organization.slug})" if end.organization else "Operator"


def told(verdict: Verdict) -> str:
    later = f" {verdict.unchained} written by an older version are not chained yet." if verdict.unchained else ""
    if verdict.whole:
        return f"{verdict.checked} entries, whole up to {verdict.number}.{later}"
    return f"entry {verdict.wrong} is wrong. {verdict.why}{later}"


def read(path: str) -> list[Mark]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        return [Mark(**json.loads(line)) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError, TypeError) as error:
        raise CommandError(f"{path} is not a checkpoint that --checkpoint wrote ({error}).") from None


def write(path: str, marks: list[Mark], out: Any) -> None:
    lines = "".join(json.dumps(asdict(one)) + "\n" for one in marks)
    if path == "-":
        out.write(lines, ending="")
        return
    try:
        Path(path).write_text(lines, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror}).") from None
