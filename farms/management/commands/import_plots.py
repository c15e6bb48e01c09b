"""Imports a file of plots for a cooperative, from the server: the engine of the import page with limits of its own."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from cooperatives.models import Cooperative
from core.errors import DomainError
from farms.models import ImportStatus, PlotImport
from farms.services.imports.starting import REFUSE, UPDATE
from farms.services.imports.whole import import_whole_file


class Command(BaseCommand):
    help = "Read, check and store a file of plots of a cooperative; all rows or none. --dry-run stores nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE")
        parser.add_argument("--cooperative", required=True, metavar="SLUG", help="whose plots they are")
        parser.add_argument("--user", default="", help="e-mail of who answers for it (default: an administrator)")
        parser.add_argument("--layer", default="")
        parser.add_argument("--crs", default="", help="such as EPSG:5897, where the file does not say it")
        parser.add_argument("--encoding", default="")
        parser.add_argument("--crop", default="", metavar="SLUG", help="crop of rows without one")
        parser.add_argument("--existing", choices=(UPDATE, REFUSE), default=UPDATE, help="numbers that are there")
        parser.add_argument("--without-red", action="store_true", help="store the others although rows are refused")
        parser.add_argument("--with-amber", action="store_true", help="store doubtful rows as well")
        parser.add_argument("--dry-run", action="store_true", help="check and leave the preview, store nothing")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        if not path.is_file():
            raise CommandError(f"no such file: {path}")
        cooperative = Cooperative.objects.filter(slug=options["cooperative"]).first()
        if cooperative is None:
            raise CommandError(f"no such cooperative: {options['cooperative']}")
        asked = {name: options[name] for name in ("layer", "crs", "encoding", "crop", "existing") if options[name]}
        try:
            done = import_whole_file(
                cooperative,
                path,
                by=_user(options["user"]),
                options=asked,
                with_amber=options["with_amber"],
                without_red=options["without_red"],
                is_dry=options["dry_run"],
                say=self._say,
            )
        except DomainError as error:
            lines = [str(error.detail), *(str(finding.message) for finding in error.findings)]
            raise CommandError("\n".join(lines)) from error
        self._report(done)

    def _say(self, percent: int, step: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{percent:3} % {step:<50}", ending="")

    def _report(self, done: PlotImport) -> None:
        if done.status in (ImportStatus.FAILED, ImportStatus.NEEDS_ANSWER):
            raise CommandError(f"{done.error_code}: {done.error}\n{done.summary.get('doubt', '')}")
        steps = done.summary["steps"]
        total = sum(step["seconds"] for step in steps) or 1.0
        for step in steps:
            self.stdout.write(f"{step['name']:<18} {step['seconds']:9.2f} s {100 * step['seconds'] / total:5.1f} %")
        self.stdout.write(f"{'together':<18} {total:9.2f} s")
        self.stdout.write(f"rows {done.summary['counts']} actions {done.summary['actions']}")
        if done.status == ImportStatus.COMMITTED:
            self.stdout.write(f"stored {done.summary['stored']} import {done.pk}")
        else:
            self.stdout.write(f"nothing was stored; the preview is import {done.pk}: {done.get_absolute_url()}")


def _user(email: str) -> User:
    users = User.objects.filter(is_active=True)
    users = users.filter(email__iexact=email) if email else users.filter(is_superuser=True)
    found = users.order_by("pk").first()
    if found is None:
        raise CommandError("no such user; name one with --user E-MAIL")
    return found
