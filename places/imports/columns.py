"""What the columns of a file of administrative units mean for us."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.core.exceptions import ValidationError

from core.text import clean_text, fold
from geofiles.features import FeatureBatch
from geofiles.tables import read_table, vertex_counts
from places.models import UnitLevel

# Column names as they are found in the published lists, in search form without separators.
_ALIASES = {
    "code": ("code", "ma", "madvhc", "maxa", "matinh"),
    "name": ("name", "namevi", "ten", "tendvhc", "tenxa", "tentinh"),
    "name_en": ("nameen",),
    "full_name": ("fullname", "fullnamevi", "tendaydu"),
    "unit_type": ("unittype", "loai", "capdvhc"),
    "parent_code": ("parentcode", "communecode", "districtcode", "provincecode", "macha", "mahuyen"),
    "area_km2": ("areakm2", "officialareakm2", "dientichkm2"),
    "lon": ("centrelon", "lon", "longitude", "kinhdo"),
    "lat": ("centrelat", "lat", "latitude", "vido"),
}
_SUCCESSION_ALIASES = {
    "old_code": ("oldcode", "oldwardcode", "macu"),
    "new_code": ("newcode", "newwardcode", "mamoi"),
    "old_name": ("oldname", "oldwardname", "tencu"),
    "new_name": ("newname", "newwardname", "tenmoi"),
    "old_province_code": ("oldprovincecode", "matinhcu"),
    "kind": ("kind", "loai"),
}
# Digits per level since QĐ 124/2004/QĐ-TTg, kept by QĐ 19/2025/QĐ-TTg; hamlets have no national code.
_LEVEL_BY_DIGITS = {2: UnitLevel.PROVINCE, 3: UnitLevel.DISTRICT, 5: UnitLevel.COMMUNE}
_TYPES = (
    "Thành phố", "Tỉnh", "Quận", "Huyện", "Thị xã", "Phường", "Xã", "Thị trấn", "Đặc khu",
    "Ấp", "Khóm", "Thôn", "Khu phố", "Tổ dân phố",
)  # fmt: skip
_SUFFIXES = (".csv", ".geojson", ".json", ".parquet", ".geoparquet", ".gpkg", ".zip")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was not applied: file or kind of list, row number in it, unit code and a machine-readable reason."""

    where: str
    row: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit as a list gives it; `shape` is WKB in EPSG:4326, `vertices` its number of vertices."""

    row: int
    code: str
    level: str
    unit_type: str
    name_vi: str
    name_en: str = ""
    parent_code: str | None = None
    area_km2: float | None = None
    lon: float | None = None
    lat: float | None = None
    shape: bytes | None = None
    vertices: int = 0


@dataclass(frozen=True, slots=True)
class SuccessionRow:
    """One line of an old → new list; names and the old province's code are blank where the list has none."""

    row: int
    old_code: str
    new_code: str
    is_partial: bool
    old_name: str = ""
    new_name: str = ""
    old_province_code: str = ""


@dataclass(slots=True)
class UnitFiles:
    """What was found: units merged over all files, succession lines, problems, files read and left out."""

    units: list[UnitRow] = field(default_factory=list)
    successions: list[SuccessionRow] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_units(path: Path, *, level: str | None = None) -> UnitFiles:
    """Read one file, or every list in a folder, of units or of succession; see docs/data.md for the columns.

    Where several files of a folder name the same unit, tables without outlines come first and fill the attributes;
    of several outlines the one with the most vertices is taken. `level`: of units whose code does not tell.
    Raises geofiles.errors.GeoFileError for a file that cannot be read, named in its `params["file"]`.
    """
    found = UnitFiles()
    merged: dict[tuple[str, str], UnitRow] = {}
    batches = sorted(
        ((name, read_table(name)) for name in _files(path)),
        key=lambda pair: any(shape is not None for shape in pair[1].geometries),
    )
    for name, batch in batches:
        columns = _columns(batch.columns, _SUCCESSION_ALIASES)
        if {"old_code", "new_code"} <= set(columns):
            found.successions += _succession_rows(name.name, batch, columns, found.problems)
        elif {"code", "name"} <= set(_columns(batch.columns, _ALIASES)):
            for row in _unit_rows(name.name, batch, level, found.problems):
                key = (row.level, row.code)
                merged[key] = _merge(merged[key], row) if key in merged else row
        else:
            found.left_out.append(name.name)
            continue
        found.read.append(name.name)
    found.units = [replace(row, row=number) for number, row in enumerate(merged.values(), start=1)]
    return found


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(
        entry
        for entry in path.iterdir()
        if entry.is_file() and entry.name.lower().removesuffix(".gz").endswith(_SUFFIXES)
    )


def _columns(names: Iterable[str], aliases: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return our name -> the file's name; of several candidates the first alias wins."""
    plain = {fold(name).replace("_", "").replace(" ", ""): name for name in names}
    return {
        ours: next(plain[alias] for alias in known if alias in plain)
        for ours, known in aliases.items()
        if any(alias in plain for alias in known)
    }


def _merge(first: UnitRow, second: UnitRow) -> UnitRow:
    """Return `first` with its gaps filled from `second` and the more detailed outline."""
    gaps = {
        name: getattr(second, name)
        for name in ("unit_type", "name_en", "parent_code", "area_km2", "lon", "lat")
        if getattr(first, name) in (None, "")
    }
    if second.vertices > first.vertices:
        gaps |= {"shape": second.shape, "vertices": second.vertices}
    return replace(first, **gaps)


def _unit_rows(name: str, batch: FeatureBatch, level: str | None, problems: list[RowProblem]) -> Iterable[UnitRow]:
    columns = _columns(batch.columns, _ALIASES)
    values = {ours: batch.column(theirs) for ours, theirs in columns.items()}
    shapes, counts = batch.wkb(), vertex_counts(batch)
    for at, number in enumerate(batch.rows.tolist()):
        record = {ours: column[at] for ours, column in values.items()}
        try:
            row = _unit_row(number, record, level)
        except (ValidationError, ValueError) as error:
            problems.append(RowProblem(name, number, str(record.get("code") or ""), _reason(error)))
            continue
        yield replace(row, shape=shapes[at], vertices=counts[at])


def _reason(error: Exception) -> str:
    return str(error.code) if isinstance(error, ValidationError) else str(error)


def _unit_row(number: int, record: dict[str, object], level: str | None) -> UnitRow:
    text = {ours: clean_text(str(value)) for ours, value in record.items() if value is not None}
    code = text.get("code", "")
    if not code.isascii() or not code.isdigit() or not 2 <= len(code) <= 12:
        raise ValueError("code_unreadable")
    unit_type, name = _type_and_name(text)
    return UnitRow(
        row=number,
        code=code,
        level=level or _LEVEL_BY_DIGITS.get(len(code), UnitLevel.HAMLET),
        unit_type=unit_type,
        name_vi=name,
        name_en=text.get("name_en", ""),
        parent_code=text.get("parent_code") or None,
        area_km2=_number(text.get("area_km2")),
        lon=_number(text.get("lon")),
        lat=_number(text.get("lat")),
    )


def _type_and_name(text: dict[str, str]) -> tuple[str, str]:
    """Return ("Phường", "Cao Lãnh") from whichever columns there are."""
    name, full_name = text.get("name", ""), text.get("full_name", "")
    if not name:
        raise ValueError("name_missing")
    if text.get("unit_type"):
        return text["unit_type"], name
    if full_name.endswith(name) and full_name != name:
        return full_name.removesuffix(name).strip(), name
    for unit_type in _TYPES:
        if name.lower().startswith(f"{unit_type.lower()} "):
            return unit_type, name[len(unit_type) :].strip()
    raise ValueError("unit_type_missing")


def _number(text: str | None) -> float | None:
    if not text:
        return None
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number_unreadable")
    return number


def _succession_rows(
    name: str, batch: FeatureBatch, columns: dict[str, str], problems: list[RowProblem]
) -> Sequence[SuccessionRow]:
    values = {ours: batch.column(theirs) for ours, theirs in columns.items()}
    rows = []
    for at, number in enumerate(batch.rows.tolist()):
        text = {ours: clean_text(str(column[at] or "")) for ours, column in values.items()}
        if not text["old_code"].isdigit() or not text["new_code"].isdigit():
            problems.append(RowProblem(name, number, text["old_code"], "code_unreadable"))
            continue
        rows.append(
            SuccessionRow(
                row=number,
                old_code=text["old_code"],
                new_code=text["new_code"],
                is_partial=text.get("kind", "") == "partial",
                old_name=text.get("old_name", ""),
                new_name=text.get("new_name", ""),
                old_province_code=text.get("old_province_code", ""),
            )
        )
    return rows
