"""`manage.py doctor`: what is right and what is wrong. Exit status 0: all is well, 1: warnings, 2: something is broken."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config import doctor
from config.doctor import mail
from config.doctor.findings import Finding, Level

SIGNS = {Level.GOOD: "ok", Level.WARNING: "warning", Level.BAD: "bad"}


class Command(BaseCommand):
    help = (
        "Examines the installation: database, broker, workers, beat, work, storage, disk, clock, keys, audit log, trainer, "
        "mail and settings. Exit status 0: all is well, 1: there are warnings, 2: something is broken."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs: a list of findings")
        parser.add_argument("--connections", action="store_true", help="ask every provider, too; that costs nothing")
        parser.add_argument("--mail", metavar="ADDRESS", help="send a mail there")
        names = [part.name for part in (*doctor.PARTS, doctor.CONNECTIONS)]
        parser.add_argument("--only", metavar="PART", nargs="+", choices=names, help=f"only these: {', '.join(names)}")

    def handle(self, *args: Any, **options: Any) -> None:
        parts = [*doctor.PARTS, *([doctor.CONNECTIONS] if options["connections"] else [])]
        if only := options["only"]:
            parts = [part for part in (*doctor.PARTS, doctor.CONNECTIONS) if part.name in only]
        if options["mail"]:
            parts.append(doctor.Part("a mail", lambda: mail.send(options["mail"])))
        found = []
        for name, finding in doctor.examine(parts):
            found.append((name, finding))
            if not options["json"]:
                self.say(name, finding)
        if options["json"]:
            self.stdout.write(json.dumps([told(name, finding) for name, finding in found], ensure_ascii=False, indent=1))
        if worst := max((finding.level for _, finding in found), default=Level.GOOD):
            sys.exit(int(worst))

    def say(self, name: str, finding: Finding) -> None:
        style = {Level.GOOD: self.style.SUCCESS, Level.WARNING: self.style.WARNING, Level.BAD: self.style.ERROR}
        sign = style[finding.level](f"{SIGNS[finding.level]:8}")
        self.stdout.write(f"{sign}{name:12}{finding.sentence}")
        if finding.advice:
            self.stdout.write(f"{'':20}→ {finding.advice}")


def told(name: str, finding: Finding) -> dict[str, str]:
    return {"part": name, "level": SIGNS[finding.level], "sentence": finding.sentence, "advice": finding.advice}
