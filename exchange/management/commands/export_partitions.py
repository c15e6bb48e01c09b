"""Writes a layer as a folder of GeoParquet files, one for each commune (Hive layout)."""

import sys
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict

from accounts.models import User
from core.errors import DomainError
from exchange.catalogue import entry
from exchange.exports.partitioned import write_partitioned
from exchange.selection import Selection


class Command(BaseCommand):
    help = "Write a layer as GeoParquet files in Hive layout: FOLDER/commune=<code>/part-0.parquet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("layer", metavar="LAYER", help="name in the catalogue, such as areas or plots")
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="must not exist yet")
        parser.add_argument("--query", default="", help="filters, area, fields, crs as in an address: 'crop=xoai'")
        parser.add_argument("--user", default="", help="name or e-mail of whose rights count (default: a visitor's)")

    def handle(self, *args: Any, layer: str, folder: Path, query: str, user: str, **options: Any) -> None:
        reader = reader_named(user)
        found = entry(layer)
        if found is None or not found.may_export(reader):
            raise CommandError(f"no layer {layer} that {user or 'a visitor'} may take out")
        try:
            parts = write_partitioned(Selection.read(found, reader, QueryDict(query)), folder, self._say)
        except FileExistsError as error:
            raise CommandError(f"{folder} exists; name a folder that does not") from error
        except DomainError as error:
            lines = [f"{finding.extra.get('parameter', '')}: {finding.message}" for finding in error.findings]
            raise CommandError("\n".join(lines or [str(error.detail)])) from error
        rows, size = sum(part.rows for part in parts), sum(part.size for part in parts)
        self.stdout.write(f"{folder}: {rows} rows in {len(parts)} parts, {size / 1e6:.1f} MB")

    def _say(self, rows: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{rows}", ending="")


def reader_named(name: str) -> Any:
    """Return the active user with this name or e-mail address, a visitor for "". Raises CommandError for others."""
    if not name:
        return AnonymousUser()
    found = User.objects.filter(is_active=True, username=name) or User.objects.filter(is_active=True, email=name)
    if len(found) != 1:
        raise CommandError(f"no active user {name}")
    return found[0]
