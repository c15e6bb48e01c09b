"""A service of one layer, to try the kernel alone: administrative units, read by all, and a private twin.

`urlconf` of the tests in this folder: `@pytest.mark.urls("tests.core.service")`.
"""

import django_filters
from django.contrib.messages import get_messages
from django.db import OperationalError, transaction
from django.db.models import F
from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers

from core import views
from core.api.preconditions import locked_for_change
from core.api.serializers import StrictFeatureSerializer, StrictSerializer
from core.api.views import ApiView, LayerDetailView, LayerListView
from core.errors import BadInput, WrongState
from core.filters import BboxFilter, DayFilter, StrictFilterSet, TextSearchFilter
from core.layers import Layer
from core.throttling import throttled
from core.views import show_domain_errors
from places.models import AdministrativeUnit, UnitLevel


class UnitFilters(StrictFilterSet):
    bbox = BboxFilter(field_name="boundary")
    q = TextSearchFilter(fields=("name_vi",), folded=("search_key",))
    level = django_filters.ChoiceFilter(choices=UnitLevel)
    any_level = django_filters.MultipleChoiceFilter(field_name="level", choices=UnitLevel)
    km2 = django_filters.RangeFilter(field_name="official_area_km2")
    from_day = DayFilter(field_name="valid_from", lookup_expr="gte")


def _layer(name, **changes):
    facts = {
        "name": name,
        "title": _("Đơn vị hành chính"),
        "rows": lambda user: AdministrativeUnit.objects.all(),
        "filterset": UnitFilters,
        "geometry": "boundary",
        "mercator": "boundary_3857",
        "fields": {
            "code": "code",
            "name": "name_vi",
            "parent_code": F("parent__code"),
            "valid_from": "valid_from",
            "area_km2": "official_area_km2",
            "is_schematic": "is_schematic",
        },
        "tile_fields": ("code", "name"),
    }
    return Layer(**(facts | changes))


UNITS = _layer("units", is_public=True)
PRIVATE_UNITS = _layer("private-units")
UNITS_BY_DATE = _layer("units-by-date", is_public=True, order="-valid_from", key="code", geometry=None)


class UnitSerializer(StrictFeatureSerializer):
    name = serializers.CharField(source="name_vi", max_length=120)
    parent_code = serializers.CharField(source="parent.code", read_only=True, default=None)
    area_km2 = serializers.FloatField(source="official_area_km2", required=False, allow_null=True)
    parent = serializers.PrimaryKeyRelatedField(
        queryset=AdministrativeUnit.objects.all(), write_only=True, required=False
    )

    class Meta:
        model = AdministrativeUnit
        geo_field = "boundary"
        fields = (
            "id",
            "boundary",
            "code",
            "name",
            "parent_code",
            "parent",
            "valid_from",
            "area_km2",
            "is_schematic",
        )
        read_only_fields = ("id", "is_schematic")
        extra_kwargs = {"boundary": {"required": True, "allow_null": False}}
        validators = []


class UnitList(LayerListView):
    layer = UNITS
    serializer_class = UnitSerializer

    def post(self, request):
        serializer = UnitSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            unit = serializer.save(level=UnitLevel.COMMUNE, unit_type="Xã")
        return UnitDetail.answer_for(self, request, unit.pk, status=201)


class UnitDetail(LayerDetailView):
    layer = UNITS
    serializer_class = UnitSerializer

    @staticmethod
    def answer_for(view, request, key, *, status):
        return LayerDetailView.feature_answer(view, request, key, status=status)

    def patch(self, request, key):
        with locked_for_change(request, self.layer, key) as unit:
            serializer = UnitSerializer(unit, data=request.data, partial=True, context={"request": request})
            serializer.is_valid(raise_exception=True)
            serializer.save()
        return self.feature_answer(request, key)

    def delete(self, request, key):
        with locked_for_change(request, self.layer, key) as unit:
            unit.delete()
        return HttpResponse(status=204)


class NoteSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=200)
    unit = serializers.PrimaryKeyRelatedField(queryset=AdministrativeUnit.objects.all(), required=False)


class Act(ApiView):
    """An action with a small JSON body."""

    serializer_class = NoteSerializer

    def post(self, request):
        serializer = NoteSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        raise WrongState


class Broken(ApiView):
    """Fails in the way its address says."""

    permission_classes = []
    schema = None
    failures = {"database": OperationalError, "bug": RuntimeError}

    def get(self, request, how):
        raise self.failures[how]("secret: SELECT * FROM /srv/app")


def tile(request):
    raise BadInput


def broken_page(request):
    raise OperationalError


@show_domain_errors
def page(request):
    raise WrongState


@show_domain_errors
@throttled("enquiry", methods=("POST",))
def enquiry(request):
    return HttpResponse("ok")


def home(request):
    return HttpResponse(" ".join(str(message) for message in get_messages(request)))


urlpatterns = [
    path("", home, name="home"),
    path("problems/", views.problem_list),
    path("problems/<slug:code>", views.problem_list),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("api/schema/", SpectacularAPIView.as_view(urlconf="tests.core.service")),
    path("api/v1/units/", UnitList.as_view()),
    path("api/v1/units/<str:key>/", UnitDetail.as_view()),
    path("api/v1/private-units/", LayerListView.as_view(layer=PRIVATE_UNITS)),
    path("api/v1/private-units/<str:key>/", LayerDetailView.as_view(layer=PRIVATE_UNITS)),
    path("api/v1/units-by-date/", LayerListView.as_view(layer=UNITS_BY_DATE)),
    path("api/v1/units-by-date/<str:key>/", LayerDetailView.as_view(layer=UNITS_BY_DATE)),
    path("api/v1/act/", Act.as_view()),
    path("api/v1/broken/<str:how>/", Broken.as_view()),
    path("tiles/units/", tile),
    path("broken/", broken_page),
    path("page/", page),
    path("enquiry/", enquiry),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.permission_denied"
handler404 = "core.views.page_not_found"
handler500 = "core.views.server_error"
