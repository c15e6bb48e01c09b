"""API of plots, under /api/v1/."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from cooperatives.models import Cooperative, Grower
from core.api.geometry import clean_boundary
from core.api.preconditions import locked_for_change
from core.api.serializers import StrictFeatureSerializer
from core.api.views import LayerDetailView, LayerListView, refuse_parameters
from core.errors import BadInput, DomainError, Finding, RuleViolated
from core.problems import parameter_finding
from crops.models import Crop, Variety
from farms import api_captures, api_drawing, api_history, api_imports, api_overlaps, services
from farms.api_updates import BODY_SCHEMA, update_plots
from farms.layers import PLOTS
from farms.models import Determination, Plot
from farms.services.overlaps import lock_plots
from farms.services.plots import ARCHIVE_REASONS
from office.idempotency import answer_once


class PlotSerializer(StrictFeatureSerializer):
    """A plot as a clerk's program sends it; crop, variety and cooperative by slug, grower by member number."""

    cooperative = serializers.SlugRelatedField(slug_field="slug", queryset=Cooperative.objects.none())
    crop = serializers.SlugRelatedField(slug_field="slug", queryset=Crop.objects.all())
    variety = serializers.SlugRelatedField(
        slug_field="slug", queryset=Variety.objects.all(), required=False, allow_null=True
    )
    grower = serializers.CharField(required=False, allow_null=True, max_length=20, help_text=_("Số thành viên"))
    declared_area_ha = serializers.FloatField(required=False, allow_null=True, min_value=0.0001, max_value=100_000)
    harvest_months = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=12), required=False, max_length=12
    )
    determination = serializers.ChoiceField(choices=Determination.choices, required=False)

    class Meta:
        model = Plot
        geo_field = "boundary"
        id_field = False
        # `status`, `version` and the like are set by the system: sending them is refused (A22).
        fields = (
            "boundary",
            "cooperative",
            "ref",
            "crop",
            "variety",
            "grower",
            "declared_area_ha",
            "planted_year",
            "tree_count",
            "harvest_months",
            "land_sheet",
            "land_parcel",
            "parcel_code",
            "determination",
        )
        validators: list[Any] = []  # uniqueness of `ref` is the service's rule

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            fields["cooperative"].queryset = Cooperative.objects.worked_for_by(request.user)  # type: ignore[attr-defined]
        if self.instance is not None:
            fields.pop("cooperative", None)  # a plot does not move to another cooperative
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "declared_area_ha" in attrs:
            declared = attrs.pop("declared_area_ha")
            attrs["declared_area_m2"] = None if declared is None else declared * 10_000
        if attrs.get("grower") is not None:
            holder = self.instance.cooperative if self.instance is not None else attrs["cooperative"]
            attrs["grower"] = self._grower(holder, attrs["grower"])
        return attrs

    def _grower(self, holder: Cooperative, number: str) -> Grower:
        found = Grower.objects.current().filter(cooperative=holder, number=number).first()
        if found is None:
            detail = _("Hợp tác xã không có thành viên mang số này.")
            raise RuleViolated("invalid", findings=[Finding("unknown_grower", detail, "/properties/grower")])
        return found


def _checked(request: Request, plot: Plot | None = None, *, partial: bool = False) -> dict[str, Any]:
    serializer = PlotSerializer(plot, data=request.data, partial=partial, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _ground_first(request: Request) -> Callable[[int], None]:
    """Lock the ground of the plot, and that which the body asks for, before the plot itself, as every writer."""

    def lock(pk: int) -> None:
        sent = request.data.get("geometry") if isinstance(request.data, dict) else None
        try:
            boundary = clean_boundary(sent) if sent else None
        except DomainError:
            boundary = None  # the serializer says what is wrong with it
        lock_plots([pk], boundary)

    return lock


class PlotListView(LayerListView):
    """GET: a page of plots one may see. POST: add a plot (a GeoJSON Feature); 201 with the feature and its ETag.

    Overlap with a plot of the same cooperative is 409; with another holder's the plot is stored `in_conflict`. The
    header Idempotency-Key makes a repeat harmless.

    PATCH: change many plots of one cooperative by a FeatureCollection; each feature has `id`, `if_match` (`version` as
    it was read) and only what changes. 202 with the import and its job; 428 without versions; a version that is no
    longer the plot's is an error of that row in the report.
    """

    layer = PLOTS

    @extend_schema(request=PlotSerializer)
    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        body = request.data
        return answer_once(request, purpose="farms.plot", body=body, work=lambda: self._store(request))

    @extend_schema(
        operation_id="plots_change_many",
        request={"application/geo+json": BODY_SCHEMA},
        responses={202: api_imports.ImportReport},
    )
    def patch(self, request: Request, **kwargs: Any) -> HttpResponse:
        return update_plots(request)

    def _store(self, request: Request) -> HttpResponse:
        fields = _checked(request)
        plot = services.add_plot(fields.pop("cooperative"), fields.pop("boundary"), by=request.user, **fields)
        response = PlotDetailView.feature_answer(self, request, plot.pk, status=201)  # type: ignore[arg-type]
        response["Location"] = f"/api/v1/plots/{plot.pk}/"
        return response


class PlotDetailView(LayerDetailView):
    """GET: one plot. PUT, PATCH (If-Match): change it. DELETE (If-Match, `?reason=`): archive it."""

    layer = PLOTS

    @extend_schema(request=PlotSerializer)
    def put(self, request: Request, key: str, **kwargs: Any) -> HttpResponse:
        return self._change(request, key, partial=False)

    @extend_schema(request=PlotSerializer)
    def patch(self, request: Request, key: str, **kwargs: Any) -> HttpResponse:
        return self._change(request, key, partial=True)

    def _change(self, request: Request, key: str, *, partial: bool) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        with locked_for_change(request, self.layer, key, first=_ground_first(request)) as plot:
            services.change_plot(plot, by=request.user, **_checked(request, plot, partial=partial))  # type: ignore[arg-type]
            return self.feature_answer(request, key)

    @extend_schema(parameters=[OpenApiParameter("reason", str, required=True, enum=ARCHIVE_REASONS)])
    def delete(self, request: Request, key: str, **kwargs: Any) -> HttpResponse:
        refuse_parameters(request, allowed=("reason",))
        reason = request.query_params.get("reason", "")
        if reason not in ARCHIVE_REASONS:
            detail = _("Hãy gửi reason là một trong: %(reasons)s.") % {"reasons": ", ".join(ARCHIVE_REASONS)}
            raise BadInput(findings=[parameter_finding("reason", "invalid", detail)])
        with locked_for_change(request, self.layer, key, first=lambda pk: lock_plots([pk])) as plot:
            services.archive_plot(plot, reason, by=request.user)  # type: ignore[arg-type]
        return HttpResponse(status=204)


urlpatterns: list[URLPattern] = [
    *api_drawing.urlpatterns,  # fixed words before <key>
    *api_history.urlpatterns,
    path("plots/", PlotListView.as_view(), name="plot-list"),
    path("plots/<key>/", PlotDetailView.as_view(), name="plot-detail"),
    *api_imports.urlpatterns,
    *api_captures.urlpatterns,
    *api_overlaps.urlpatterns,
]
