"""The area on record of a plot: a small move of its boundary does not change it.

Rule (JRC stability of areas, product.md §7.2; docs/domain.md §5): a new boundary whose measured area differs from the
area on record by 2 % of that or less keeps the area on record; any other takes its own. The area on record is what is
compared, never the last measured one, so that many small moves do not add up unseen.

Sets of an import follow the same rule by these constants (farms/import_store_sql.py).

Pages, lists and `legal_area_ha` show the area on record of plots; what is about ground (production areas, codes,
checks of requests, overlaps, density cells) measures the ground.
"""

from django.contrib.gis.db.models import MultiPolygonField
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Case, F, FloatField, Value, When
from django.db.models.functions import Abs, Coalesce
from django.db.models.lookups import LessThanOrEqual

from core.expressions import SquareMetres

KEPT_SHARE = 0.02
SAME_M2 = 0.005  # areas closer than this are the same


def legal_area_m2(prefix: str = "") -> Coalesce:
    """Return the area on record in m² as an expression; `prefix` leads to the plot, such as "plots__"."""
    return Coalesce(F(f"{prefix}kept_area_m2"), F(f"{prefix}area_m2"), output_field=FloatField())


def kept_area_after(boundary: GEOSGeometry) -> Case:
    """Return what `kept_area_m2` becomes when `boundary` (EPSG:4326) replaces the stored one; for one UPDATE.

    Null where the new area is the one on record: it moved by more than KEPT_SHARE, or is the same again.
    """
    measured = SquareMetres(Value(boundary, output_field=MultiPolygonField(srid=4326)))
    on_record = legal_area_m2()
    moved = Abs(measured - on_record, output_field=FloatField())
    return Case(
        When(LessThanOrEqual(moved, SAME_M2), then=None),
        When(LessThanOrEqual(moved, on_record * KEPT_SHARE), then=on_record),
        default=None,
        output_field=FloatField(),
    )
