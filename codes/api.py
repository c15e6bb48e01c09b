"""API of areas and codes, under /api/v1/."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from codes import check_api, ledger_api, numbering, office_api, services
from codes.layers import AREAS, CODES
from cooperatives.models import Cooperative
from core.api.serializers import StrictSerializer
from core.api.views import LayerDetailView, LayerListView
from crops.models import Crop, Variety
from farms.models import Plot
from office.idempotency import answer_once

MAX_PLOTS = 2_000


class NewArea(StrictSerializer):
    """Plots of one cooperative to be united: `{name, cooperative, crop, variety, plots: [ref, ...]}`."""

    name = serializers.CharField(max_length=160)
    cooperative = serializers.SlugRelatedField(slug_field="slug", queryset=Cooperative.objects.none())
    crop = serializers.SlugRelatedField(slug_field="slug", queryset=Crop.objects.all())
    variety = serializers.SlugRelatedField(
        slug_field="slug", queryset=Variety.objects.all(), required=False, allow_null=True, default=None
    )
    plots = serializers.ListField(
        child=serializers.CharField(max_length=60),
        allow_empty=False,
        max_length=MAX_PLOTS,
        help_text=_("Số thửa (ref)"),
    )
    expected_output_t = serializers.FloatField(required=False, allow_null=True, min_value=0, default=None)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            fields["cooperative"].queryset = Cooperative.objects.worked_for_by(request.user)  # type: ignore[attr-defined]
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wanted = set(attrs["plots"])
        plots = list(Plot.objects.current().filter(cooperative=attrs["cooperative"], ref__in=wanted))
        unknown = sorted(wanted - {plot.ref for plot in plots})
        if unknown:
            raise serializers.ValidationError(
                {"plots": [_("Hợp tác xã không có thửa: %(refs)s.") % {"refs": ", ".join(unknown[:10])}]},
                code="unknown_plot",
            )
        return attrs | {"plots": plots}


class AreaListView(LayerListView):
    """GET: a page of areas. POST: form an area from plots (clerks); answers 201 with the feature."""

    layer = AREAS

    @extend_schema(request=NewArea)
    def post(self, request: Request) -> HttpResponse:
        return answer_once(request, purpose="areas", body=request.data, work=lambda: self._create(request))

    @transaction.atomic
    def _create(self, request: Request) -> HttpResponse:
        body = NewArea(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        area = services.form_area(**body.validated_data, by=request.user)
        detail = AreaDetailView()
        response = detail.feature_answer(request, area.pk, status=201)
        response["Location"] = f"{request.path}{area.pk}/"
        return response


class AreaDetailView(LayerDetailView):
    """GET: one area."""

    layer = AREAS


class CodeListView(LayerListView):
    """GET: a page of codes."""

    layer = CODES


class CodeDetailView(LayerDetailView):
    """GET: one code, however it is spelled; revoked and expired ones too, with their status."""

    layer = CODES

    def get(self, request: Request, key: str, **kwargs: Any) -> HttpResponse:
        found = numbering.find_code(key)
        return super().get(request, found.code if found else key, **kwargs)


urlpatterns: list[URLPattern] = [
    path("areas/", AreaListView.as_view(), name="area-list"),
    path("areas/<int:key>/", AreaDetailView.as_view(), name="area-detail"),
    path("codes/", CodeListView.as_view(), name="code-list"),
    path("codes/<str:key>/", CodeDetailView.as_view(), name="code-detail"),
    *check_api.urlpatterns,
    *office_api.urlpatterns,
    *ledger_api.urlpatterns,
]
