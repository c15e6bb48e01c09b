"""`manage.py import_admin_units PATH --on DATE`: administrative units and old → new lists into the database."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from geofiles.errors import GeoFileError
from places.imports import (
    SuccessionSummary,
    UnitEdition,
    UnitSummary,
    import_successions,
    import_units,
    read_units,
)
from places.imports.columns import UnitFiles
from places.models import UnitLevel

SHOWN = 50
# The app role may hold a statement for seconds only; a national list takes longer.
_TAKE_TIME = "SET LOCAL statement_timeout = '15min'"


class Command(BaseCommand):
    help = (
        "Load administrative units from a file or a folder of files (GeoJSON, GeoParquet, CSV without geometry; "
        ".gz too). The same list twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="file, or folder whose lists are merged by code")
        parser.add_argument("--mapping", type=Path, help="old → new list (CSV): old_code, new_code, kind")
        parser.add_argument("--level", choices=UnitLevel.values, help="where the code's length does not tell")
        parser.add_argument(
            "--on", type=date.fromisoformat, required=True, help="first day on which the list holds, YYYY-MM-DD"
        )
        parser.add_argument(
            "--until", type=date.fromisoformat, help="first day on which it no longer held (lists of the past)"
        )
        parser.add_argument("--legal-ref", default="", help="the legal act behind the list")
        parser.add_argument("--source", default="", help="where the file comes from (default: its name)")
        parser.add_argument("--dry-run", action="store_true", help="report, then undo everything")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["until"] and options["until"] <= options["on"]:
            raise CommandError("--until must be later than --on")
        files = self._read(options["path"], options["level"])
        if options["mapping"]:
            files.successions += self._read(options["mapping"], None).successions
        edition = UnitEdition(
            on=options["on"],
            until=options["until"],
            legal_ref=options["legal_ref"],
            source=options["source"] or options["path"].name,
        )
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_TAKE_TIME)
            units = import_units(files.units, edition) if files.units else None
            successions = import_successions(files.successions, edition) if files.successions else None
            transaction.set_rollback(options["dry_run"])
        self._report(files, units, successions)
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was kept.")

    def _read(self, path: Path, level: str | None) -> UnitFiles:
        if not path.exists():
            raise CommandError(f"{path}: no such file or folder")
        try:
            files = read_units(path, level=level)
        except GeoFileError as error:
            raise CommandError(f"{path}: {error}") from error
        if not files.units and not files.successions:
            raise CommandError(
                f"{path}: no list of units found; needed columns: code, name (and unit_type or full_name), "
                "or old_code and new_code"
            )
        return files

    def _report(self, files: UnitFiles, units: UnitSummary | None, successions: SuccessionSummary | None) -> None:
        self.stdout.write(f"Read: {', '.join(files.read)}")
        if files.left_out:
            self.stdout.write(f"Left out (not a list of units): {', '.join(files.left_out)}")
        problems = list(files.problems)
        if units:
            problems += units.problems
            self._report_units(len(files.units), units)
        if successions:
            problems += successions.problems
            self._report_successions(successions)
        self._list("Rows not applied", [f"{p.where} row {p.row} ({p.code}): {p.reason}" for p in problems])

    def _report_units(self, rows: int, units: UnitSummary) -> None:
        self.stdout.write(
            f"Units: {rows} read, {units.created} created, {units.updated} updated, {units.ended} ended, "
            f"{units.unchanged} unchanged, {units.repaired} outlines repaired"
        )
        self._list(
            "Other name under the same code and date, not applied",
            [f"{code}: {here} here, {listed} in the list" for code, here, listed in units.name_mismatches],
        )

    def _report_successions(self, found: SuccessionSummary) -> None:
        self.stdout.write(
            f"Successions: {found.rows} read, {found.created} created, {found.updated} updated, "
            f"{found.unchanged} unchanged, {found.same} of units that go on, {found.above} derived for "
            f"districts and provinces, {found.ended} old units ended"
        )
        self._list(
            "Suspect (homonyms in different provinces), not applied; enter them in the admin if they are right",
            [f"{old} → {new}" for old, new in found.suspects],
        )
        self._list(
            "Name in the list differs, applied by code",
            [f"{code}: {here} here, {listed} in the list" for code, here, listed in found.name_mismatches],
        )

    def _list(self, title: str, lines: list[str]) -> None:
        if not lines:
            return
        self.stdout.write(f"{title}: {len(lines)}")
        for line in lines[:SHOWN]:
            self.stdout.write(f"  {line}")
        if len(lines) > SHOWN:
            self.stdout.write(f"  ... and {len(lines) - SHOWN} more")
