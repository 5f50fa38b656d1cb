"""Say what works here, what does not, and what would help."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mmsearch_site.health import Check, report, run_checks


class Command(BaseCommand):
    help = "Check database, broker, workers, models and disk; exit 1 when something needed fails."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        checks = run_checks()
        found = report(checks)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            for check in checks:
                self.stdout.write(_line(check))
        if not found["ok"]:
            raise SystemExit(1)


def _line(check: Check) -> str:
    sign = "ok" if check.ok else ("FAILS" if check.required else "missing")
    remedy = f"\n          → {check.remedy}" if check.remedy else ""
    return f"{sign:>8}  {check.name}: {check.detail}{remedy}"
