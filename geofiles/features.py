"""Batches of features: what readers give and writers take.

A batch is a set, not a list of rows: geometries in one shapely array, attributes in one Arrow table. The
reader's row numbers travel along so that a report can name the row in the caller's own file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader did that the caller should tell the user; ``code`` is English snake_case."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceFeature:
    """One feature, for small use: ``geometry`` is a shapely geometry or None, in the batch's CRS."""

    row: int
    geometry: Any
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureBatch:
    """``n`` features of one layer.

    geometries  (n,) numpy object array of shapely geometries or None, in ``crs``, x = east/longitude first,
                as the file has them (Z kept, validity not checked).
    attributes  Arrow table of n rows, NFC text, in file order; never holds the geometry.
    rows        (n,) int64, 1-based number of the feature in its file.
    crs         id that ``geofiles.crs`` understands (``EPSG:4326``, ``EPSG:5897`` ...), or None when the
                caller asked for raw coordinates.
    layer       name of the layer; encoding: how the text was decoded, None where the format fixes it.
    notices     what was changed on the way in.
    unreadable  row numbers whose shape could not be read at all; their geometry is None.
    """

    geometries: np.ndarray[Any, Any]
    attributes: pa.Table
    rows: np.ndarray[Any, Any]
    crs: str | None
    layer: str
    encoding: str | None = None
    notices: tuple[Notice, ...] = ()
    unreadable: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.geometries)

    def __iter__(self) -> Iterator[SourceFeature]:
        """Row by row: for tests and small sets only."""
        records = self.attributes.to_pylist() if self.attributes.num_columns else [{} for _ in self.rows]
        for row, geometry, record in zip(self.rows.tolist(), self.geometries, records, strict=True):
            yield SourceFeature(row, geometry, record)

    @property
    def columns(self) -> tuple[str, ...]:
        """Attribute names, in file order."""
        return tuple(self.attributes.column_names)

    def column(self, name: str) -> list[Any]:
        """Values of one attribute as Python objects (None for null); KeyError when there is none."""
        return self.attributes.column(name).to_pylist()

    def wkb(self) -> list[bytes | None]:
        """Geometries as 2D ISO WKB, None where there is none; ready for COPY into PostGIS."""
        import shapely

        return shapely.to_wkb(self.geometries, output_dimension=2, flavor="iso").tolist()

    def in_wgs84(self) -> FeatureBatch:
        """The same batch in EPSG:4326, VN-2000 by the official shift (see ``geofiles.crs``).

        Raises CrsInDoubt when the batch has no CRS.
        """
        from geofiles import crs

        if self.crs == crs.WGS84:
            return self
        return replace(self, geometries=crs.to_wgs84(self.geometries, self.crs), crs=crs.WGS84)

    def take(self, indices: Sequence[int] | np.ndarray[Any, Any]) -> FeatureBatch:
        """The features at these positions (0-based) or, for a boolean array, where it is true."""
        import numpy as np
        import pyarrow as pa

        wanted = np.asarray(indices)
        if wanted.dtype == bool:
            wanted = np.flatnonzero(wanted)
        wanted, table = wanted.astype("int64"), self.attributes
        return replace(
            self,
            geometries=self.geometries[wanted],
            attributes=table.take(pa.array(wanted)) if table.num_columns else table,
            rows=self.rows[wanted],
        )


def make_batch(
    geometries: Sequence[Any],
    attributes: Mapping[str, Sequence[Any]] | None = None,
    *,
    crs: str = "EPSG:4326",
    layer: str = "layer",
) -> FeatureBatch:
    """A batch from Python sequences of equal length: shapely geometries (or None) and attribute columns."""
    import numpy as np
    import pyarrow as pa

    shapes = np.empty(len(geometries), dtype=object)
    shapes[:] = list(geometries)
    table = pa.table({name: pa.array(list(values)) for name, values in (attributes or {}).items()})
    if table.num_columns and table.num_rows != len(shapes):
        raise ValueError("attributes and geometries differ in length")
    return FeatureBatch(shapes, table, np.arange(1, len(shapes) + 1, dtype="int64"), crs, layer)


def concatenate(batches: Sequence[FeatureBatch]) -> FeatureBatch:
    """One batch from the batches of one layer, in order; ValueError when there are none."""
    import numpy as np
    import pyarrow as pa

    if not batches:
        raise ValueError("no batches")
    if len(batches) == 1:
        return batches[0]
    notices = {(notice.code, str(notice.params)): notice for batch in batches for notice in batch.notices}
    return replace(
        batches[0],
        geometries=np.concatenate([batch.geometries for batch in batches]),
        attributes=pa.concat_tables([batch.attributes for batch in batches], promote_options="permissive"),
        rows=np.concatenate([batch.rows for batch in batches]),
        notices=tuple(notices.values()),
        unreadable=tuple(row for batch in batches for row in batch.unreadable),
    )
