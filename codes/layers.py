"""The layers `areas` and `codes`. Outlines are the public ones, except for those who may see the area itself."""

from typing import Any

from django.contrib.gis.db.models import GeometryField, PointField
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Q, QuerySet, When
from django.db.models.expressions import ExpressionWrapper
from django.db.models.fields import FloatField
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from codes import ledger
from codes.filters import AreaFilters, CodeFilters
from codes.models import ProductionArea, ProductionAreaCode
from codes.places import middle_of_commune, without_consents
from cooperatives.expressions import public_holder_name
from core.layers import Layer


def _hectares() -> ExpressionWrapper:
    return ExpressionWrapper(F("area_m2") / 10_000.0, output_field=FloatField())


def _areas(user: Any) -> QuerySet[ProductionArea]:
    """Everybody sees areas in public use; who may see an area itself sees all of those, with their outlines."""
    codes = ProductionAreaCode.objects.active_on(localdate()).filter(area=OuterRef("pk")).order_by("code")
    rows = ProductionArea.objects.annotate(layer_codes=ArraySubquery(codes.values("code")))
    if not user.is_authenticated:
        return rows.public().annotate(shape=F("public_shape"), shape_3857=F("public_shape_3857"))
    own = Q(pk__in=ProductionArea.objects.visible_to(user).values("pk"))
    return rows.filter(Q(pk__in=ProductionArea.objects.public().values("pk")) | own & Q(is_active=True)).annotate(
        shape=Case(When(own, then=F("boundary")), default=F("public_shape"), output_field=GeometryField(srid=4326)),
        shape_3857=Case(
            When(own, then=F("boundary_3857")), default=F("public_shape_3857"), output_field=GeometryField(srid=3857)
        ),
    )


AREAS = Layer(
    name="areas",
    title=_("Vùng trồng"),
    rows=_areas,
    filterset=AreaFilters,
    geometry="shape",
    unit="commune",
    mercator="shape_3857",
    lasting=without_consents("public_shape"),
    fields={
        "name": "name",
        "crop": "crop__name_vi",
        "variety": "variety__name_vi",
        "holder": public_holder_name("cooperative"),
        "commune": "commune__name_vi",
        "commune_code": "commune__code",
        "area_ha": _hectares(),
        "codes": "layer_codes",
    },
    tile_fields=("name", "crop", "variety", "holder", "commune", "area_ha"),
    is_public=True,
)


def _public_place() -> Coalesce:
    """Where everybody sees a code: its area's public point; of an imported code without area, its commune's middle."""
    return Coalesce(F("area__public_location"), *middle_of_commune("commune"), output_field=PointField(srid=4326))


def _codes(user: Any) -> QuerySet[ProductionAreaCode]:
    """All codes; the frozen outline only to whom it may be shown."""
    may_see = ProductionAreaCode.objects.outline_is_public()
    if user.is_authenticated:
        may_see |= Q(pk__in=ProductionAreaCode.objects.visible_to(user).values("pk"))
    return (
        ProductionAreaCode.objects.public()
        .with_shown_status(localdate())
        .annotate(public_place=_public_place())
        .annotate(
            shape=Case(
                When(may_see & Q(boundary__isnull=False), then=F("boundary")),
                default=F("public_place"),
                output_field=GeometryField(srid=4326),
            )
        )
    )


CODES = Layer(
    name="codes",
    title=_("Mã số vùng trồng"),
    rows=_codes,
    filterset=CodeFilters,
    geometry="shape",
    lasting=without_consents("shape", area="area"),
    unit="commune",
    fields={
        "code": "code",
        "scheme": "scheme__slug",
        "market": "market_id",
        "status": "shown_status",
        "crop": "crop_name",
        "area_ha": ledger.hectares(),
        "commune": "commune_name",
        "issued_on": "issued_on",
        "valid_until": "valid_until",
    },
    tile_fields=("code", "market", "status", "crop", "area_ha", "commune"),
    key="code",
    is_public=True,
)
