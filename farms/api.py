"""API of plots and their imports, under /api/v1/."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from cooperatives.models import Cooperative, Grower
from core.api.preconditions import locked_for_change
from core.api.serializers import StrictFeatureSerializer, StrictSerializer
from core.api.views import ApiView, LayerDetailView, LayerListView, refuse_parameters
from core.errors import BadInput, Finding, RuleViolated
from core.problems import parameter_finding
from crops.models import Crop, Variety
from farms import api_captures, api_drawing, api_overlaps, imports, services
from farms.layers import PLOTS
from farms.models import Determination, Plot, PlotImport
from farms.services.imports import rows_of
from farms.services.plots import ARCHIVE_REASONS
from office.idempotency import answer_once, digest_of

MAX_ROWS = 1_000


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


class PlotListView(LayerListView):
    """GET: a page of plots one may see. POST: add a plot (a GeoJSON Feature); 201 with the feature and its ETag.

    Overlap with a plot of the same cooperative is 409; with another holder's the plot is stored `in_conflict`. The
    header Idempotency-Key makes a repeat harmless.
    """

    layer = PLOTS

    @extend_schema(request=PlotSerializer)
    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        body = request.data
        return answer_once(request, purpose="farms.plot", body=body, work=lambda: self._store(request))

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
        with locked_for_change(request, self.layer, key) as plot:
            services.change_plot(plot, by=request.user, **_checked(request, plot, partial=partial))  # type: ignore[arg-type]
            return self.feature_answer(request, key)

    @extend_schema(parameters=[OpenApiParameter("reason", str, required=True, enum=ARCHIVE_REASONS)])
    def delete(self, request: Request, key: str, **kwargs: Any) -> HttpResponse:
        refuse_parameters(request, allowed=("reason",))
        reason = request.query_params.get("reason", "")
        if reason not in ARCHIVE_REASONS:
            detail = _("Hãy gửi reason là một trong: %(reasons)s.") % {"reasons": ", ".join(ARCHIVE_REASONS)}
            raise BadInput(findings=[parameter_finding("reason", "invalid", detail)])
        with locked_for_change(request, self.layer, key) as plot:
            services.archive_plot(plot, reason, by=request.user)  # type: ignore[arg-type]
        return HttpResponse(status=204)


# --- Imports ---------------------------------------------------------------------------------------------------


class ImportUpload(StrictSerializer):
    """The parts of the upload form."""

    file = serializers.FileField(max_length=255, allow_empty_file=True)
    cooperative = serializers.SlugRelatedField(slug_field="slug", queryset=Cooperative.objects.none())
    layer = serializers.CharField(required=False, max_length=200)
    crs = serializers.CharField(required=False, max_length=60, help_text="EPSG:5897, EPSG:4326 ...")
    encoding = serializers.CharField(required=False, max_length=30)
    crop = serializers.SlugField(required=False, help_text=_("Cây trồng cho các dòng không ghi"))

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            fields["cooperative"].queryset = Cooperative.objects.managed_by(request.user)  # type: ignore[attr-defined]
        return fields


class ImportCommit(StrictSerializer):
    """`with_amber`: also store the rows that need a second look."""

    with_amber = serializers.BooleanField(default=False)


class ImportAnswer(StrictSerializer):
    """Answers to what was in doubt, or other columns; the file is read again."""

    layer = serializers.CharField(required=False, max_length=200)
    crs = serializers.CharField(required=False, max_length=60)
    encoding = serializers.CharField(required=False, max_length=30)
    crop = serializers.SlugField(required=False, allow_blank=True)
    columns = serializers.DictField(child=serializers.CharField(max_length=200), required=False)

    def validate_columns(self, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(imports.FIELDS))
        if unknown:
            raise serializers.ValidationError(_("Không có trường này."), code="unknown_field")
        return value


class ImportView(ApiView):
    """Base: imports of cooperatives for which the caller enters data."""

    permission_classes = [IsAuthenticated]

    def plot_import(self, request: Request, pk: Any) -> PlotImport:
        found = PlotImport.objects.visible_to(request.user).select_related("job").filter(pk=pk).first()
        if found is None:
            raise Http404
        return found


class ImportListView(ImportView):
    """POST (multipart): upload a file of plots; 202 with the import and its job. 409 when it was uploaded before."""

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": ImportUpload}, responses={202: dict})
    def post(self, request: Request) -> HttpResponse:
        refuse_parameters(request)
        upload = request.FILES.get("file")
        digest = ""
        if upload is not None:
            digest = digest_of(upload.read())
            upload.seek(0)
        body = {name: value for name, value in request.data.items() if name != "file"} | {"file": digest}
        return answer_once(request, purpose="farms.import", body=body, work=lambda: self._start(request))

    def _start(self, request: Request) -> HttpResponse:
        serializer = ImportUpload(
            data={name: request.data[name] for name in request.data}, context={"request": request}
        )
        serializer.is_valid(raise_exception=True)
        options = dict(serializer.validated_data)
        file, cooperative = options.pop("file"), options.pop("cooperative")
        plot_import = services.start_import(cooperative, file, by=request.user, options=options)
        return _import_answer(plot_import, status=202)


class ImportDetailView(ImportView):
    """GET: state, counts and rows with their findings. PATCH: answer what is in doubt. DELETE: give up."""

    @extend_schema(responses=dict)
    def get(self, request: Request, pk: Any) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        return _import_answer(self.plot_import(request, pk), with_rows=True)

    @extend_schema(request=ImportAnswer, responses={202: dict})
    def patch(self, request: Request, pk: Any) -> HttpResponse:
        serializer = ImportAnswer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        answered = services.answer_import(
            self.plot_import(request, pk), dict(serializer.validated_data), by=request.user
        )
        return _import_answer(answered, status=202)

    @extend_schema(responses={200: dict})
    def delete(self, request: Request, pk: Any) -> HttpResponse:
        return _import_answer(services.cancel_import(self.plot_import(request, pk), by=request.user))


class ImportCommitView(ImportView):
    """POST: store all green rows (and amber ones if told so), all or none; 202 with the job."""

    @extend_schema(request=ImportCommit, responses={202: dict})
    def post(self, request: Request, pk: Any) -> HttpResponse:
        serializer = ImportCommit(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        plot_import = self.plot_import(request, pk)
        services.commit_import(plot_import, by=request.user, **serializer.validated_data)
        plot_import.refresh_from_db()
        return _import_answer(plot_import, status=202)


def _import_answer(plot_import: PlotImport, *, status: int = 200, with_rows: bool = False) -> HttpResponse:
    job = plot_import.job
    answer: dict[str, Any] = {
        "id": str(plot_import.pk),
        "status": plot_import.status,
        "job": f"/api/v1/jobs/{job.pk}/" if job else None,
        "job_status": job.status if job else None,
        "crs": plot_import.summary.get("crs"),
        "columns": plot_import.options.get("columns"),
        "counts": plot_import.summary.get("counts"),
        "stored": plot_import.summary.get("stored"),
    }
    failed = plot_import.error_code or (job.error_code if job else "")
    if failed:
        answer["error"] = {"code": failed, "detail": plot_import.error or (job.error if job else "")}
    if "doubt" in plot_import.summary:
        answer["candidates"] = plot_import.summary["doubt"]["params"].get("candidates", [])
    if with_rows:
        rows = rows_of(plot_import).defer("boundary", "attributes")[:MAX_ROWS]
        answer["rows"] = [
            {
                "row": row.row,
                "ref": row.ref,
                "verdict": row.verdict,
                "plot": row.plot_id,
                "findings": [
                    {"code": finding["code"], "detail": imports.finding_text(finding), "at": finding.get("at")}
                    for finding in row.findings
                ],
            }
            for row in rows
        ]
    response = Response(answer, status=status, headers={"Cache-Control": "private, no-store"})
    response["Location"] = f"/api/v1/imports/{plot_import.pk}/"
    return response


urlpatterns: list[URLPattern] = [
    *api_drawing.urlpatterns,  # fixed words before <key>
    path("plots/", PlotListView.as_view(), name="plot-list"),
    path("plots/<key>/", PlotDetailView.as_view(), name="plot-detail"),
    path("imports/", ImportListView.as_view(), name="import-list"),
    path("imports/<uuid:pk>/", ImportDetailView.as_view(), name="import-detail"),
    path("imports/<uuid:pk>/commit/", ImportCommitView.as_view(), name="import-commit"),
    *api_captures.urlpatterns,
    *api_overlaps.urlpatterns,
]
