"""A selection as a table: typed columns and WKB in EPSG:4326, which PostgreSQL copies out and Arrow takes up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import AsWKB, Transform
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import F

from core.layers import PROPERTY_PREFIX, as_expression
from core.sql import in_order
from exchange import table_sql
from exchange.exports.copying import Moment, Statement
from exchange.selection import Selection
from geofiles.copied import Column, read_copied, schema_of

ID = "id"  # the key of a row, where no field has this name: what the feature's `id` is in GeoJSON
ANY_SHAPE = "Unknown"
WEB_MERCATOR = 3857
_SHAPE_NAMES = {
    "POINT": "Point", "LINESTRING": "LineString", "POLYGON": "Polygon", "MULTIPOINT": "MultiPoint",
    "MULTILINESTRING": "MultiLineString", "MULTIPOLYGON": "MultiPolygon",
}  # fmt: skip
_KINDS: tuple[tuple[type[models.Field], str], ...] = (
    (models.BooleanField, "boolean"),
    (models.DateTimeField, "moment"),
    (models.DateField, "day"),
    (models.IntegerField, "integer"),
    (models.FloatField, "number"),
    (models.DecimalField, "number"),
)
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Table:
    """The query of a selection's rows. `statement` is None where the ORM knows that no row can match.

    `inner` has a column for each alias of `aliases`, and `layer_shape` (WKB; of tiles EWKB) where the layer has shapes.
    """

    columns: tuple[Column, ...]
    aliases: tuple[str, ...]
    has_shape: bool
    shape: str
    inner: Statement | None

    @property
    def statement(self) -> Statement | None:
        """The query whose CSV `geofiles.copied` reads."""
        if self.inner is None:
            return None
        kinds = [(alias, column.kind) for alias, column in zip(self.aliases, self.columns, strict=True)]
        return table_sql.table(*self.inner, kinds, has_shape=self.has_shape)

    @property
    def schema(self) -> Any:
        """The Arrow schema of the batches."""
        return schema_of(self.columns, has_shape=self.has_shape)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows there are at this moment, and how many of them without a shape."""

    rows: int
    without_shape: int


def table_of(selection: Selection, *, mercator: bool = False) -> Table:
    """Return the rows of `selection` as a table in the layer's order; with `mercator` shapes are in EPSG:3857."""
    layer, fields = selection.layer, selection.fields
    sources = {ID: F(layer.key), **fields} if ID not in fields else dict(fields)
    aliases = {name: f"{PROPERTY_PREFIX}{name}" for name in sources}
    rows = in_order(layer, selection.rows()).annotate(
        **{alias: as_expression(sources[name]) for name, alias in aliases.items()}
    )
    annotations = rows.query.annotations
    columns = tuple(Column(name, kind_of(annotations[alias].output_field)) for name, alias in aliases.items())
    chosen, shape = list(aliases.values()), ""
    if layer.geometry is not None:
        drawn = _drawn(selection, mercator=mercator)
        rows = rows.annotate(export_drawn=drawn)
        shape = _shape_name(rows.query.annotations["export_drawn"].output_field)
        rows = rows.annotate(**{table_sql.SHAPE: drawn if mercator else AsWKB("export_drawn")})
        chosen.append(table_sql.SHAPE)
    try:
        inner = rows.values_list(*chosen).query.sql_with_params()
    except EmptyResultSet:
        inner = None
    return Table(columns, tuple(aliases.values()), bool(shape), shape, inner)


def counted(moment: Moment, table: Table) -> Counted:
    """Count the rows as `moment` sees them."""
    if table.inner is None:
        return Counted(0, 0)
    rows, shapes = moment.one(table_sql.counting(*table.inner, has_shape=table.has_shape))
    return Counted(rows, rows - shapes)


def batches(moment: Moment, table: Table, progress: Progress | None = None) -> Iterator[Any]:
    """Yield the rows as Arrow record batches; `progress` is told how many were read so far."""
    statement = table.statement
    if statement is None:
        return
    seen = 0
    with moment.copied(statement) as stream:
        for batch in read_copied(stream, table.columns, has_shape=table.has_shape):
            seen += len(batch)
            if progress is not None:
                progress(seen)
            yield batch


def kind_of(output: models.Field[Any, Any]) -> str:
    """Return the kind of `geofiles.copied.Column` for a field; what has no kind of its own goes as text."""
    if isinstance(output, ArrayField):
        return "integers" if isinstance(output.base_field, models.IntegerField) else "texts"
    return next((kind for field, kind in _KINDS if isinstance(output, field)), "text")


def _drawn(selection: Selection, *, mercator: bool) -> Any:
    layer = selection.layer
    shape = F(str(layer.geometry))
    if not mercator:
        return shape
    return F(layer.mercator) if layer.mercator else Transform(shape, WEB_MERCATOR)


def _shape_name(output: Any) -> str:
    is_shape = isinstance(output, GeometryField)
    return _SHAPE_NAMES.get(output.geom_type, ANY_SHAPE) if is_shape else ANY_SHAPE
