"""GeoParquet 1.1 out, batch by batch, by pyarrow alone: WKB shapes, covering boxes, the CRS as PROJJSON.

https://geoparquet.org specification 1.1.0: `geo` metadata with version, primary column, encoding, types of shapes, CRS
(left out for longitude and latitude in WGS 84, the default OGC:CRS84) and bbox.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from geofiles import crs as systems
from geofiles.copied import GEOMETRY

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = "1.1.0"
BBOX = "bbox"
HEAD = "vung_trong"  # key of the file's metadata under which the head stands as JSON
ROW_GROUP = 50_000
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_TYPES = {
    0: "Point", 1: "LineString", 2: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString",
    6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip


class GeoParquetWriter:
    """Takes batches whose last column is `geometry` (2D WKB in `crs`), or tables without shapes; close it to finish.

    `more` goes into the file's metadata as it is (name -> text). With an error inside the `with` block the file is
    left unfinished and cannot be read: the caller throws it away.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        *,
        crs: str = systems.WGS84,
        head: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self.crs, self.has_shape = crs, GEOMETRY in schema.names
        if self.has_shape:
            schema = schema.append(pa.field(BBOX, pa.struct([(side, pa.float64()) for side in _SIDES])))
        self.schema = schema
        self.types: set[str] = set()
        self.box: list[float] | None = None
        self.texts = dict(more or {}) | ({HEAD: json.dumps(dict(head), ensure_ascii=False)} if head else {})
        # Without Arrow's own copy of the schema: where there is one, readers that ask Arrow for the file's metadata
        # (Vecorel's) do not see what is added at the end. Parquet's own types say the same.
        self.writer = parquet.ParquetWriter(path, schema, compression="zstd", write_page_index=True, store_schema=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            texts = self.texts | ({"geo": json.dumps(self._geo(), ensure_ascii=False)} if self.has_shape else {})
            self.writer.add_key_value_metadata(texts)
        self.writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows; shapes must be in the writer's CRS already."""
        import pyarrow as pa

        columns = list(batch.columns)
        if self.has_shape:
            columns.append(self._boxes(batch.column(GEOMETRY)))
        self.writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self.schema), row_group_size=ROW_GROUP)

    def _boxes(self, wkb: Any) -> pa.StructArray:
        import numpy as np
        import pyarrow as pa
        import shapely

        shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
        kinds = np.unique(shapely.get_type_id(shapes))
        self.types |= {_TYPES[kind] for kind in kinds.tolist() if kind >= 0}
        bounds = shapely.bounds(shapes)
        missing = np.isnan(bounds[:, 0])
        if not missing.all():
            inside = bounds[~missing]
            self._widen([*inside[:, :2].min(axis=0).tolist(), *inside[:, 2:].max(axis=0).tolist()])
        sides = [pa.array(bounds[:, place], mask=missing) for place in range(4)]
        return pa.StructArray.from_arrays(sides, list(_SIDES), mask=pa.array(missing))

    def _widen(self, box: list[float]) -> None:
        if self.box is None:
            self.box = box
            return
        west, south, east, north = self.box
        self.box = [min(west, box[0]), min(south, box[1]), max(east, box[2]), max(north, box[3])]

    def _geo(self) -> dict[str, Any]:
        column: dict[str, Any] = {
            "encoding": "WKB",
            "geometry_types": sorted(self.types),
            "covering": {BBOX: {side: [BBOX, side] for side in _SIDES}},
        }
        if self.box is not None:
            column["bbox"] = self.box
        if self.crs != systems.WGS84:
            column["crs"] = systems.projjson(self.crs)
        return {"version": VERSION, "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
