"""EUDR: farm plots and production areas as TRACES takes them (Regulation (EU) 2023/1115, article 9(1)(d)).

The rules of the file are in `geofiles.eudr`. Of mango, rice and other fruit the regulation asks nothing; the profile is
there for coffee, cocoa, rubber, oil palm, soya, cattle and wood, and for buyers who ask for the same file of others.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from core.errors import Finding
from core.layers import as_expression
from core.replicas import connection
from core.sql import in_order
from exchange.exports.copying import Moment
from exchange.models import ExportFormat, ExportProfile
from exchange.profiles import eudr_sql
from exchange.profiles.base import Profile, Progress, Statement
from exchange.profiles.eudr_texts import text_of
from exchange.selection import Selection
from geofiles.eudr import MAX_BYTES, SEVERITIES

# layer: (its own name for a row, the field with the holder's public name; a household has none)
_LAYERS = {"plots": ("ref", "cooperative"), "areas": ("name", "holder")}
_OPENING, _BETWEEN, _CLOSING = b'{"type":"FeatureCollection","features":[\n', b",\n", b"\n]}\n"
_ORDER = ("refused", "mendable", "notice")
_AT_ONCE = 1_000
OWN_SEVERITIES = SEVERITIES | {"ground_not_shown": "refused"}


@dataclass(frozen=True, slots=True)
class Report:
    """What is to be said of a selection: `rows` in it, `left_out` of them not fit for the file, `files` it takes."""

    rows: int
    left_out: int
    files: int
    findings: tuple[Finding, ...]


class _Shape(Func):
    """A geometry as it is: the ORM would select it as bytes."""

    template = "%(expressions)s"
    output_field = TextField()


def check(selection: Selection) -> list[Finding]:
    """Return what TRACES would refuse of the selection, one finding a kind, with counts and the first examples."""
    return list(report(selection).findings)


def report(selection: Selection) -> Report:
    """Return the whole report; one query."""
    statement = _source(selection)
    if statement is None:
        return Report(0, 0, 0, ())
    with connection.cursor() as cursor:
        cursor.execute(*eudr_sql.findings(*statement))
        return _report(cursor.fetchall())


def _report(found: list[tuple[Any, ...]]) -> Report:
    by_code = {code: (int(rows), int(amount), examples) for code, rows, amount, examples in found}
    rows, size, _none = by_code.pop("rows")
    findings = [_finding(code, *told) for code, told in by_code.items()]
    findings.sort(key=lambda one: (_ORDER.index(one.extra["severity"]), one.code))
    left_out = sum(one.extra["count"] for one in findings if one.extra["severity"] == "refused")
    files = -(-size // MAX_BYTES) if rows > left_out else 0
    return Report(rows, left_out, max(files, 1) if rows > left_out else 0, tuple(findings))


def _finding(code: str, rows: int, amount: int, examples: Any) -> Finding:
    shown = json.loads(examples) if isinstance(examples, str) else examples
    extra = {"severity": OWN_SEVERITIES[code], "count": rows, "amount": amount, "examples": shown}
    return Finding(code, text_of(code, {}), extra=extra)


def statement_of(selection: Selection) -> Statement | None:
    """Return the query of the features, an array of texts for each row; None where no row can match."""
    source = _source(selection)
    return None if source is None else eudr_sql.features(*source)


def _source(selection: Selection) -> Statement | None:
    layer = selection.layer
    name, holder = _LAYERS[layer.name]
    parts = (as_expression(layer.fields[name]), Value(", "), F("commune__unit_type"), Value(" "), F("commune__name_vi"))
    rows = in_order(layer, selection.rows()).annotate(
        row_key=Cast(F(layer.key), TextField()),
        eudr_place=Concat(*parts, output_field=TextField()),
        eudr_producer=Cast(as_expression(layer.fields[holder]), TextField()),
        eudr_shape=_Shape(F(layer.geometry or "")),
    )
    try:
        inner, params = rows.values_list("row_key", "eudr_place", "eudr_producer", "eudr_shape").query.sql_with_params()
    except EmptyResultSet:
        return None
    return eudr_sql.named(inner), params


def write(selection: Selection, format: ExportFormat, path: Path, progress: Progress) -> int:
    """Write a ZIP: `eudr-1.geojson` ... of at most 25 MB each, and `about.json` with source, filter and findings.

    The GeoJSON itself holds nothing but what the format knows. Rows and findings are of one moment.
    """
    EUDR.require(selection, format)
    source = _source(selection)
    with Moment() as moment, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        told = (
            _report(list(moment.each(eudr_sql.findings(*source), at_once=_AT_ONCE))) if source else Report(0, 0, 0, ())
        )
        parts = _Parts(archive)
        written = 0
        if source is not None:
            rows = moment.each(eudr_sql.features(*source), at_once=_AT_ONCE)
            for written in _written(rows, parts):
                if written % _AT_ONCE == 0:
                    progress(min(99, 100 * written // max(told.rows, 1)))
        parts.close()
        about = selection.head(written) | {
            "profile": "EUDR (TRACES) GeoJSON 1.4",
            "rows_left_out": told.rows - written,
            "features": parts.features,
            "files": parts.number,
            "findings": [finding.as_dict() for finding in told.findings],
        }
        archive.writestr("about.json", json.dumps(about, ensure_ascii=False, indent=1))
    progress(100)
    return written


def _written(rows: Iterator[tuple[Any, ...]], parts: "_Parts") -> Iterator[int]:
    """Write the features of each row; yield how many rows have any so far."""
    written = 0
    for (features,) in rows:
        if features:
            for feature in features:
                parts.add(feature.encode())
            written += 1
            yield written


class _Parts:
    """Members of the archive, a new one where the one begun is full."""

    def __init__(self, archive: zipfile.ZipFile, limit: int = MAX_BYTES) -> None:
        self.archive, self.limit = archive, limit
        self.number = self.features = self.size = 0
        self.open: Any = None

    def add(self, feature: bytes) -> None:
        if self.open is None or self.size + len(feature) + len(_BETWEEN) + len(_CLOSING) > self.limit:
            self.close()
            self.number += 1
            self.open = self.archive.open(f"eudr-{self.number}.geojson", "w", force_zip64=True)
            self.open.write(_OPENING)
            self.size = len(_OPENING)
        else:
            self.open.write(_BETWEEN)
            self.size += len(_BETWEEN)
        self.open.write(feature)
        self.size += len(feature)
        self.features += 1

    def close(self) -> None:
        if self.open is not None:
            self.open.write(_CLOSING)
            self.open.close()
            self.open = None


EUDR = Profile(
    name=ExportProfile.EUDR,
    layers=tuple(_LAYERS),
    formats=(ExportFormat.GEOJSON,),
    sql=statement_of,
    check=check,
    write=write,
    note=_(
        "Tệp nén gồm GeoJSON cho TRACES (6 số lẻ, không lỗ, mỗi phần đến 25 MB) và bản ghi những gì đã sửa, đã bỏ. "
        "EUDR áp dụng cho cà phê, ca cao, cao su, cọ dầu, đậu nành, gia súc và gỗ, không cho xoài, lúa, trái cây khác."
    ),
    packed={ExportFormat.GEOJSON: ("application/zip", "zip")},
)
