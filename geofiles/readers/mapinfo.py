"""MapInfo, native (TAB, DAT, MAP, ID) and interchange (MIF, MID) sets in a zip, or a MIF alone without its MID named.

A TAB file may as well be a view, a seamless table or a link that points to other files or databases: only tables that
hold their own data are read. Its words for the code page are taken out, so that the bytes of the text come through and
are decoded here like those of a shapefile.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from pathlib import Path

from geofiles import encodings, gdal
from geofiles.archives import Member, extract
from geofiles.errors import MissingPart, UnreadableFile, UnsupportedFormat
from geofiles.readers import text
from geofiles.readers.declared import judge
from geofiles.readers.sources import ACCEPTED, Layer

_DRIVER = "MapInfo File"
_PARTS = {".tab": (".dat", ".map", ".id"), ".mif": (".mid",)}
_OPTIONAL = {".tab": (".ind",), ".mif": ()}
_MAX_HEADER = 1024 * 1024
_SAMPLED = 2_000
_CHARSET = re.compile(rb'(?im)(^!charset\s+|\bcharset\s+")([\w.-]+)')
_OWN_TABLE = re.compile(rb"(?im)^\s*type\s+native\b")
_FOREIGN = re.compile(rb'(?im)^\s*(?:create\s+view|open\s+table|file\s+")|"\\?IsSeamless"\s*=\s*"TRUE"')
# What MapInfo calls them; "Neutral" and what is not here say nothing, and the text itself is asked.
_ENCODINGS = {
    "windowsvietnamese": encodings.CP1258, "windowslatin1": encodings.CP1252, "utf-8": encodings.UTF8,
    "utf8": encodings.UTF8, "iso8859_1": encodings.CP1252,
}  # fmt: skip
_RAW = b"ISO8859_1"  # every byte a letter


def has_sets(members: tuple[Member, ...]) -> bool:
    """Whether an archive holds a MapInfo set, whole or not."""
    return any(member.suffix in (".tab", ".mif", ".map", ".mid") for member in members)


def open_archive_layers(archive: zipfile.ZipFile, members: tuple[Member, ...], scratch: Path) -> tuple[Layer, ...]:
    """Every set of the archive. Raises MissingPart naming the part, UnsupportedFormat for views and links."""
    groups: dict[tuple[str, str], dict[str, Member]] = defaultdict(dict)
    for member in members:
        groups[member.folder, member.stem][member.suffix] = member
    found = [parts for parts in groups.values() if has_sets(tuple(parts.values()))]
    titles = [next(iter(parts.values())).title for parts in found]
    layers = []
    for index, parts in enumerate(found):
        head = ".mif" if ".mif" in parts or ".mid" in parts else ".tab"
        title = titles[index]
        if titles.count(title) > 1:
            title = next(iter(parts.values())).name.rpartition(".")[0]
        for suffix in (head, *_PARTS[head]):
            if suffix not in parts:
                raise MissingPart(layer=title, part=suffix, reason="mapinfo")
        folder = scratch / f"mapinfo_{index}"
        folder.mkdir()
        for suffix in (head, *_PARTS[head], *_OPTIONAL[head]):
            if suffix in parts:
                extract(archive, parts[suffix], folder / f"layer{suffix}")
        layers.append(_open(folder / f"layer{head}", title))
    return tuple(layers)


def open_layers(path: Path, title: str) -> tuple[Layer, ...]:
    """A TAB or MIF file that came alone: its other parts are missing."""
    with path.open("rb") as source:
        is_mif = not source.read(64).lstrip().lower().startswith(b"!table")
    raise MissingPart(layer=title, part=_PARTS[".mif" if is_mif else ".tab"][0], reason="mapinfo")


def _open(path: Path, title: str) -> Layer:
    stated = _prepare_header(path, title)
    if path.suffix == ".tab":
        _require_sound(path.with_suffix(".dat"), title)
    system, problem = judge(gdal.describe(path, None, driver=_DRIVER).get("crs"))
    layer = Layer(
        name=title,
        driver=_DRIVER,
        path=path,
        crs=system,
        crs_problem=problem,
        raw_text=(),
        declared_encoding=_ENCODINGS.get(stated.lower()) if stated else None,
    )
    return _with_samples(layer)


def _prepare_header(path: Path, title: str) -> str | None:
    """Require a table of its own and have its text come through as bytes; the code page that it stated."""
    head = b""
    with path.open("rb") as source:
        head = source.read(_MAX_HEADER)
        rest_at = source.tell()
    if path.suffix == ".tab":
        if path.stat().st_size > _MAX_HEADER or not head.lstrip().lower().startswith(b"!table"):
            raise UnreadableFile(reason="damaged", format="mapinfo", layer=title)
        if _FOREIGN.search(head) or not _OWN_TABLE.search(head):
            raise UnsupportedFormat(found="mapinfo_link", reason="mapinfo_link", layer=title, accepted=list(ACCEPTED))
    stated = _CHARSET.search(head)
    if stated is None:
        return None
    raw = _CHARSET.sub(rb"\g<1>" + _RAW, head)
    with path.open("rb") as source:
        source.seek(rest_at)
        raw += source.read()
    path.write_bytes(raw)
    return stated[2].decode("ascii", "replace")


def _require_sound(dat: Path, title: str) -> None:
    """A table's header, which is that of a DBF, against its size, before GDAL believes it."""
    with dat.open("rb") as source:
        head = source.read(32)
    if len(head) < 32:
        raise UnreadableFile(reason="truncated", layer=title, part=".dat")
    records = int.from_bytes(head[4:8], "little")
    header_size, record_size = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    if record_size < 1 or header_size + records * record_size > dat.stat().st_size + 1:
        raise UnreadableFile(reason="truncated", layer=title, part=".dat")


def _with_samples(layer: Layer) -> Layer:
    from dataclasses import replace

    for table, _shapes in layer.stream(limit=_SAMPLED):
        letters = [*table.column_names, *text.values(table)]
        raw = tuple(value.encode("latin-1", "ignore") for value in letters if value)
        return replace(layer, raw_text=raw)
    return layer
