"""PostGIS expressions that the ORM lacks; all areas are geodesic, in m²."""

from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import GeoFunc
from django.db.models import BooleanField, FloatField, Func, IntegerField


class SquareMetres(Func):
    """`ST_Area(geography)` of an EPSG:4326 geometry, in m² on the WGS 84 ellipsoid."""

    template = "ST_Area((%(expressions)s)::geography)"
    output_field = FloatField()


class VanishesShrunk(Func):
    """True where nothing is left of an EPSG:4326 polygon shrunk by `by_m` metres: it is a strip, not ground."""

    template = "ST_IsEmpty(ST_Buffer((%(expressions)s)::geography, -%(by_m)s)::geometry)"
    output_field = BooleanField()
    conditional = True

    def __init__(self, expression: Any, *, by_m: float) -> None:
        super().__init__(expression, by_m=float(by_m))


class Is2D(Func):
    """True for a geometry without Z and M."""

    template = "ST_NDims(%(expressions)s) = 2"
    output_field = BooleanField()
    conditional = True


class WebMercator(GeoFunc):
    """Web Mercator copy of an EPSG:4326 geometry, for tiles only (never for areas)."""

    template = "ST_Transform(%(expressions)s, 3857)"
    output_field = GeometryField(srid=3857)


class VertexCount(Func):
    """Number of vertices of a geometry."""

    function = "ST_NPoints"
    output_field = IntegerField()


class InBox(Func):
    """True where the geometry lies wholly inside a lon/lat box; box comparison, so cheap and index-free."""

    template = "%(expressions)s @ ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)"
    output_field = BooleanField()
    conditional = True

    def __init__(self, expression: Any, west: float, south: float, east: float, north: float) -> None:
        super().__init__(expression, west=west, south=south, east=east, north=north)
        self._constructor_args: Any = ((expression, west, south, east, north), {})
