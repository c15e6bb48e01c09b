"""Zipped shapefiles: the archive is listed by us, since GDAL's zip prefix does not look into folders."""

from __future__ import annotations

import struct
import zipfile
from collections import defaultdict
from pathlib import Path

from geofiles import crs, encodings
from geofiles.archives import Member, extract, read_small
from geofiles.errors import CrsInDoubt, GeoFileError, MissingPart, UnreadableFile
from geofiles.readers.sources import Layer

_REQUIRED = (".shp", ".shx", ".dbf")
_SHP_MAGIC = 9994
_SAMPLED_RECORDS = 2_000
_MAX_RECORDS = 20_000_000


def open_layers(archive: zipfile.ZipFile, members: tuple[Member, ...], scratch: Path) -> tuple[Layer, ...]:
    """Every complete shapefile of the archive. Raises MissingPart naming the part, UnreadableFile."""
    groups: dict[tuple[str, str], dict[str, Member]] = defaultdict(dict)
    for member in members:
        groups[member.folder, member.stem][member.suffix] = member
    shapefiles = [parts for parts in groups.values() if ".shp" in parts or ".shx" in parts]
    titles = [_title(parts) for parts in shapefiles]
    layers = []
    for index, parts in enumerate(shapefiles):
        title = titles[index]
        if titles.count(title) > 1:
            title = next(iter(parts.values())).name.rpartition(".")[0]
        layers.append(_open_one(archive, parts, title, scratch / f"layer_{index}.shp"))
    return tuple(layers)


def _title(parts: dict[str, Member]) -> str:
    return (parts.get(".shp") or parts[".shx"]).title


def _open_one(archive: zipfile.ZipFile, parts: dict[str, Member], title: str, target: Path) -> Layer:
    for suffix in _REQUIRED:
        if suffix not in parts:
            raise MissingPart(layer=title, part=suffix)
        extract(archive, parts[suffix], target.with_suffix(suffix))
    _require_sound(target, title)
    # GDAL gets neither .prj nor .cpg: CRS and text are decided here.
    system, problem = _declared_crs(_small_text(archive, parts.get(".prj")))
    stated = _small_text(archive, parts.get(".cpg"))
    return Layer(
        name=title,
        driver="ESRI Shapefile",
        path=target,
        crs=system,
        crs_problem=problem,
        raw_text=_sample_text(target.with_suffix(".dbf")),
        declared_encoding=encodings.normalise_name(stated) if stated else None,
    )


def _small_text(archive: zipfile.ZipFile, member: Member | None) -> str | None:
    if member is None:
        return None
    return read_small(archive, member, 65_536).decode("utf-8-sig", errors="replace").strip()


def _declared_crs(prj: str | None) -> tuple[str | None, GeoFileError | None]:
    if not prj:
        return None, CrsInDoubt(reason="no_prj", candidates=[])
    try:
        return crs.normalise(prj), None
    except GeoFileError as error:
        return None, error


def _require_sound(shp: Path, title: str) -> None:
    """Headers that agree with the files' sizes, before GDAL believes a header of 2^31 records."""
    head = shp.read_bytes()[:28] if shp.stat().st_size < 28 else _first_bytes(shp, 28)
    if len(head) < 28 or struct.unpack(">i", head[:4])[0] != _SHP_MAGIC:
        raise UnreadableFile(reason="not_a_shapefile", layer=title)
    if struct.unpack(">i", head[24:28])[0] * 2 > shp.stat().st_size:
        raise UnreadableFile(reason="truncated", layer=title, part=".shp")
    records, _, header_size, record_size = _dbf_header(shp.with_suffix(".dbf"), title)
    if records > _MAX_RECORDS or header_size + records * record_size > shp.with_suffix(".dbf").stat().st_size + 1:
        raise UnreadableFile(reason="truncated", layer=title, part=".dbf")
    shapes = (shp.with_suffix(".shx").stat().st_size - 100) // 8
    if shapes != records:
        raise UnreadableFile(reason="parts_differ", layer=title, shapes=max(shapes, 0), records=records)


def _first_bytes(path: Path, count: int) -> bytes:
    with path.open("rb") as source:
        return source.read(count)


def _dbf_header(dbf: Path, title: str) -> tuple[int, bytes, int, int]:
    """(records, field descriptors, header size, record size) of a DBF."""
    head = _first_bytes(dbf, 32)
    if len(head) < 32:
        raise UnreadableFile(reason="truncated", layer=title, part=".dbf")
    records, header_size, record_size = struct.unpack("<IHH", head[4:12])
    if header_size < 33 or record_size < 1:
        raise UnreadableFile(reason="truncated", layer=title, part=".dbf")
    return records, _first_bytes(dbf, header_size)[32:], header_size, record_size


def _sample_text(dbf: Path) -> tuple[bytes, ...]:
    """Raw bytes of field names and of text values of records spread over the file."""
    records, descriptors, header_size, record_size = _dbf_header(dbf, dbf.stem)
    names, slices, offset = [], [], 1
    for at in range(0, len(descriptors) - 31, 32):
        descriptor = descriptors[at : at + 32]
        if descriptor[:1] == b"\r":
            break
        names.append(descriptor[:11].split(b"\x00")[0])
        if descriptor[11:12] == b"C":
            slices.append(slice(offset, offset + descriptor[16]))
        offset += descriptor[16]
    texts = dict.fromkeys(names)
    with dbf.open("rb") as source:
        for record in range(0, records, max(1, records // _SAMPLED_RECORDS)):
            source.seek(header_size + record * record_size)
            data = source.read(record_size)
            texts.update(dict.fromkeys(data[part].rstrip(b" \x00") for part in slices))
    texts.pop(b"", None)
    return tuple(texts)
