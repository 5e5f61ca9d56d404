"""Remove what is older than its organization keeps it, now; or only say what would go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from forgetting.carry_out import add_missing, carry_out, effective
from forgetting.kinds import KINDS
from forgetting.models import Retention


class Command(BaseCommand):
    help = "Removes what is older than each organization keeps it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        add_missing()
        for retention in Retention.objects.select_related("organization").order_by("organization__slug"):
            for kind in KINDS:
                days = effective(retention, kind)
                if count := kind.gone(retention.organization, days).count():
                    slug = retention.organization.slug
                    self.stdout.write(f"{slug}: {kind.name} older than {days} days: {count}")
            if not dry_run:
                Retention.objects.filter(pk=retention.pk).update(due_at=timezone.now())
                carry_out(retention.pk)
