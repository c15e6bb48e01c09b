"""Loads water and roads for the basemap from the operator's files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg2 import Binary

from core.text import clean_text
from geofiles import sandbox
from maps.base_features import BaseFeature, BaseKind
from maps.basemap import LAST_ZOOM
from maps.basemap_sql import INSERT_FEATURES
from maps.services import note_changes

BATCH = 2_000
# Words of a road's class as open street data writes them, and from which zoom such a road is drawn.
ROAD_ZOOMS: Mapping[str, int] = {
    "motorway": 6, "trunk": 7, "primary": 8, "secondary": 10, "tertiary": 11, "unclassified": 12, "residential": 13,
    "service": 14, "track": 14, "path": 14, "footway": 14,
}  # fmt: skip
OTHER_ROADS_FROM = 12


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file: features drawn, features left out (no usable shape), rows before and now."""

    drawn: int
    left_out: int
    replaced: int
    rows: int


def load_basemap(
    path: Path, *, kind: str, source: str, name_column: str = "", class_column: str = "", min_zoom: int | None = None
) -> Loaded:
    """Replace the features of this kind and source by those of the file, all or none.

    The file is read in the fenced process, in any format and coordinate system that imports take. `source` is named in
    the corner of the maps. From which zoom a feature is drawn: `min_zoom`, else a road's class, else its size.
    Raises GeoFileError (unreadable file) and KeyError with the name of a column that the file does not have.
    """
    batch = sandbox.read_file(path, limits=sandbox.LARGE_LIMITS).in_wgs84()
    names = [clean_text(str(value or "")) for value in _column(batch, name_column)]
    zooms = [min_zoom if min_zoom is not None else _road_zoom(kind, word) for word in _column(batch, class_column)]
    shapes = batch.wkb()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '15min'")  # a province's canals at once
        replaced, _each = BaseFeature.objects.filter(kind=kind, source=source).delete()
        sums = [0, 0, 0]
        for start in range(0, len(shapes), BATCH):
            part = slice(start, start + BATCH)
            cursor.execute(
                INSERT_FEATURES,
                {
                    "wkb": [Binary(shape) if shape else None for shape in shapes[part]], "names": names[part],
                    "zooms": zooms[part], "kind": kind, "source": source,
                    "last_zoom": LAST_ZOOM,
                    **_country(),
                },
            )  # fmt: skip
            sums = [total + more for total, more in zip(sums, cursor.fetchone(), strict=True)]
        note_changes(["base"])
    return Loaded(drawn=sums[0], left_out=sums[1], replaced=replaced, rows=sums[2])


def _column(batch: Any, name: str) -> list[Any]:
    if not name:
        return [None] * len(batch)
    if name not in batch.columns:
        raise KeyError(name)
    return list(batch.column(name))


def _road_zoom(kind: str, word: Any) -> int | None:
    if kind != BaseKind.ROAD:
        return None
    return ROAD_ZOOMS.get(str(word or "").lower().removesuffix("_link"), OTHER_ROADS_FROM)


def _country() -> dict[str, float]:
    return dict(zip(("west", "south", "east", "north"), settings.COUNTRY_BOX, strict=True))
