"""Figures of a layer by administrative unit, by PostGIS or on a dask cluster."""

import csv
import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict

from core import replicas
from core.errors import DomainError
from exchange.analysis import Analysis, AnalysisRequest, Figure, figures
from exchange.management.commands.export_partitions import reader_named

COLUMNS = ("code", "name", "rows", "value", "part", "whole")


class Command(BaseCommand):
    help = "Print the figures that /data/analysis/ shows. --engine dask sums up on workers over GeoParquet parts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("query", metavar="QUERY", help="as in the page's address: 'measure=ha&level=commune'")
        parser.add_argument("--engine", choices=("postgis", "dask"), default="postgis")
        parser.add_argument("--user", default="", help="name or e-mail of whose rights count (default: a visitor's)")
        parser.add_argument("--format", choices=("csv", "json"), default="csv")
        parser.add_argument("--workers", type=int, default=2, help="processes on this machine (dask)")
        parser.add_argument("--scheduler", default="", help="of a cluster that runs already: tcp://host:8786 (dask)")
        parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the parts go and stay (dask)")

    def handle(self, *args: Any, query: str, engine: str, user: str, **options: Any) -> None:
        started = time.monotonic()
        try:
            request = AnalysisRequest.read(reader_named(user), QueryDict(query))
            found = self._by_postgis(request) if engine == "postgis" else self._by_dask(request, **options)
        except DomainError as error:
            lines = [f"{finding.extra.get('parameter', '')}: {finding.message}" for finding in error.findings]
            raise CommandError("\n".join(lines or [str(error.detail)])) from error
        self._write(found, options["format"])
        self.stderr.write(f"{engine}: {len(found.rows)} units in {time.monotonic() - started:.1f} s")

    def _by_postgis(self, request: AnalysisRequest) -> Analysis:
        with replicas.reading():
            return figures(request)

    def _by_dask(
        self, request: AnalysisRequest, *, workers: int, scheduler: str, keep: Path | None, **options: Any
    ) -> Analysis:
        try:
            from exchange.analysis.dask_engine import figures_by_dask, scale

            with scale.cluster(workers, scheduler) as client:
                return figures_by_dask(request, client, folder=keep)
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is missing: pip install -r requirements-scale.lock") from error
        except FileExistsError as error:
            raise CommandError(f"{error} exists; name a folder that does not") from error
        except OSError as error:
            raise CommandError(f"no dask scheduler answers at {scheduler}: {error}") from error

    def _write(self, found: Analysis, format: str) -> None:
        lines = [_line(figure) for figure in found.rows]
        if found.not_attributable is not None:
            lines.append({**_line(found.not_attributable), "code": "", "name": "not attributable"})
        lines.append({**_line(found.total), "code": "", "name": "total"})
        if format == "json":
            self.stdout.write(json.dumps(lines, ensure_ascii=False, indent=1))
            return
        table = csv.DictWriter(self.stdout, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(lines)


def _line(figure: Figure) -> dict[str, Any]:
    name = figure.unit.name_vi if figure.unit else ""
    values = {name: getattr(figure, name) for name in ("rows", "value", "part", "whole")}
    return {"code": figure.code, "name": name, **values}
