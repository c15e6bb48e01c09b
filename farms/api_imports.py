"""API of imports of plots, under /api/v1/imports/: upload, answers, report row by row, storing, undo."""

import json
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from cooperatives.models import Cooperative
from core.api.pages import make_cursor, next_query, read_page_request
from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import BadInput
from core.filters import as_query_dict
from core.problems import parameter_finding
from farms import imports, services
from farms.models import ImportStatus, PlotImport, PlotImportRow, Verdict
from farms.services import mappings
from farms.services.file_checks import refuse_doubts
from office.idempotency import answer_once, digest_of
from office.models import Job

DECIMALS = 7  # as everywhere in the API
EXISTING = ("update", "refuse")
# Findings about the outline: the row's shape stands beside them where they name no point.
SHAPE_CODES = frozenset(
    {"outside_country", "outside_communes", "repaired", "area_differs", "overlaps_own", "overlaps_in_file",
     "overlaps_other", "invalid_geometry", "too_many_vertices", "no_area", "sliver"}
)  # fmt: skip


class Answers(StrictSerializer):
    """What a file may leave open."""

    layer = serializers.CharField(required=False, max_length=200)
    crs = serializers.CharField(required=False, max_length=60, help_text="EPSG:5897, EPSG:5897+swapped, EPSG:4326 ...")
    encoding = serializers.CharField(required=False, max_length=30)
    geometry = serializers.JSONField(
        required=False,
        binary=True,
        help_text='{"kind": "wkt" | "corners" | "wide", "columns": {"wkt" | "plot" | "x" | "y" ...: heading}}',
    )
    crop = serializers.SlugField(required=False, allow_blank=True, help_text=_("Cây trồng cho các dòng không ghi"))
    columns = serializers.JSONField(
        required=False, binary=True, help_text=_("Trường của hệ thống: tiêu đề cột của tệp")
    )
    existing = serializers.ChoiceField(
        choices=EXISTING, required=False, help_text=_("Dòng có số thửa đã có: update (mặc định) hoặc refuse")
    )

    def validate_columns(self, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(heading, str) for heading in value.values()):
            raise ValidationError(_("Cần một đối tượng: trường → tiêu đề cột."), code="invalid")
        if set(value) - set(imports.FIELDS):
            raise ValidationError(_("Không có trường này."), code="unknown_field")
        return value

    def validate_geometry(self, value: Any) -> dict[str, Any]:
        columns = value.get("columns", {}) if isinstance(value, dict) else None
        if not isinstance(columns, dict) or not all(isinstance(heading, str) for heading in columns.values()):
            raise ValidationError(_("Cần một đối tượng có kind và columns."), code="invalid")
        return {"kind": str(value.get("kind", "")), "columns": columns}


class ImportUpload(Answers):
    """The parts of the upload form."""

    file = serializers.FileField(max_length=255, allow_empty_file=True)
    cooperative = serializers.SlugRelatedField(slug_field="slug", queryset=Cooperative.objects.none())

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            fields["cooperative"].queryset = Cooperative.objects.managed_by(request.user)  # type: ignore[attr-defined]
        return fields


class ImportCommit(StrictSerializer):
    """`with_amber`: also store the rows that need a second look."""

    with_amber = serializers.BooleanField(default=False)


class RowProblem(serializers.Serializer):
    """One thing that is wrong with a row, or that someone should look at."""

    row = serializers.IntegerField(help_text=_("Số thứ tự trong tệp, từ 1"))
    ref = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    geometry = serializers.JSONField(help_text="GeoJSON, null")


class ImportedRow(serializers.Serializer):
    """A row of the file and what became of it."""

    row = serializers.IntegerField()
    ref = serializers.CharField()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    action = serializers.CharField()
    plot = serializers.IntegerField(allow_null=True)


class ImportReport(serializers.Serializer):
    """State of an import; `rows`, `errors`, `warnings` are those of one page (`next`)."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    status = serializers.CharField()
    job = serializers.CharField(allow_null=True)
    job_status = serializers.CharField(allow_null=True)
    layer = serializers.CharField(allow_null=True)
    crs = serializers.CharField(allow_null=True)
    encoding = serializers.CharField(allow_null=True)
    columns = serializers.DictField(allow_null=True)
    counts = serializers.DictField(allow_null=True)
    actions = serializers.DictField(allow_null=True)
    stored = serializers.DictField(allow_null=True)
    rows = ImportedRow(many=True, required=False)
    errors = RowProblem(many=True, required=False)  # type: ignore[assignment]
    warnings = RowProblem(many=True, required=False)
    next = serializers.CharField(allow_null=True, required=False)


class ImportView(ApiView):
    """Base: imports of cooperatives for which the caller enters data."""

    permission_classes = [IsAuthenticated]

    def plot_import(self, request: Request, pk: Any) -> PlotImport:
        found = PlotImport.objects.visible_to(request.user).select_related("job").filter(pk=pk).first()
        if found is None:
            raise Http404
        return found


class ImportListView(ImportView):
    """POST (multipart): upload a file of plots; 202 with the import and its job.

    422 `crs_in_doubt`, `layer_in_doubt`, `encoding_in_doubt` or `geometry_in_doubt` where the file leaves that open and
    the form does not say: `errors[0].candidates` are the answers, nothing is stored. 409 `same_file` when it was
    uploaded before. A row whose number the cooperative already has changes that plot; `existing=refuse` makes that an
    error.
    """

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": ImportUpload}, responses={202: ImportReport})
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
        refuse_doubts(file, cooperative, options)
        plot_import = services.start_import(cooperative, file, by=request.user, options=options)
        return import_answer(plot_import, status=202)


PAGE = [
    OpenApiParameter("limit", int, description=_("Số dòng mỗi trang")),
    OpenApiParameter("cursor", str, description=_("Lấy từ next")),
    OpenApiParameter("verdict", str, enum=Verdict.values),
]


class ImportDetailView(ImportView):
    """GET: state, counts and a page of rows with their errors and warnings. PATCH: answer what is in doubt, or say what
    the columns mean; the file is read again. DELETE: give up."""

    @extend_schema(parameters=PAGE, responses=ImportReport)
    def get(self, request: Request, pk: Any) -> HttpResponse:
        refuse_parameters(request, allowed=("f", "limit", "cursor", "verdict"))
        plot_import = self.plot_import(request, pk)
        return import_answer(plot_import, page=page_of_rows(request._request, plot_import))

    @extend_schema(request=Answers, responses={202: ImportReport})
    def patch(self, request: Request, pk: Any) -> HttpResponse:
        serializer = Answers(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        answered = services.answer_import(
            self.plot_import(request, pk), dict(serializer.validated_data), by=request.user
        )
        return import_answer(answered, status=202)

    @extend_schema(responses={200: ImportReport})
    def delete(self, request: Request, pk: Any) -> HttpResponse:
        return import_answer(services.cancel_import(self.plot_import(request, pk), by=request.user))


class ImportCommitView(ImportView):
    """POST: store all green rows (and amber ones if told so), all or none; 202 with the job."""

    @extend_schema(request=ImportCommit, responses={202: ImportReport})
    def post(self, request: Request, pk: Any) -> HttpResponse:
        serializer = ImportCommit(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        body = {"import": str(pk), **serializer.validated_data}
        return answer_once(
            request,
            purpose="farms.import_commit",
            body=body,
            work=lambda: self._commit(request, pk, **serializer.validated_data),
        )

    def _commit(self, request: Request, pk: Any, *, with_amber: bool) -> HttpResponse:
        plot_import = self.plot_import(request, pk)
        services.commit_import(plot_import, by=request.user, with_amber=with_amber)
        mappings.remember(plot_import)
        plot_import.refresh_from_db()
        return import_answer(plot_import, status=202)


class ImportUndoView(ImportView):
    """POST: take back everything the import stored; 409 or 422 names what depends on it."""

    @extend_schema(request=None, responses={200: ImportReport})
    def post(self, request: Request, pk: Any) -> HttpResponse:
        undone = services.undo_import(self.plot_import(request, pk), by=request.user)
        return import_answer(undone)


def import_answer(plot_import: PlotImport, *, status: int = 200, page: dict[str, Any] | None = None) -> HttpResponse:
    """Return the state of an import, with a page of its rows where one is given."""
    job, summary = plot_import.job, plot_import.summary
    answer: dict[str, Any] = {
        "id": str(plot_import.pk),
        "kind": plot_import.kind,
        "status": plot_import.status,
        "job": f"/api/v1/jobs/{job.pk}/" if job else None,
        "job_status": job.status if job else None,
        "columns": plot_import.options.get("columns"),
    }
    answer |= {name: summary.get(name) for name in ("layer", "crs", "encoding", "counts", "actions", "stored")}
    failed = plot_import.error_code or (job.error_code if job else "")
    if failed:
        answer["error"] = {"code": failed, "detail": plot_import.error or (job.error if job else "")}
    if "doubt" in summary:
        answer["candidates"] = summary["doubt"]["params"].get("candidates", [])
    # Ready at once, unlike a Response of the framework: a repeat by Idempotency-Key is answered with its bytes.
    text = json.dumps(answer | (page or {}), cls=DjangoJSONEncoder, ensure_ascii=False)
    response = HttpResponse(text, status=status, content_type="application/json")
    response["Cache-Control"] = "private, no-store"
    response["Location"] = f"/api/v1/imports/{plot_import.pk}/"
    return response


def page_of_rows(request: HttpRequest, plot_import: PlotImport) -> dict[str, Any]:
    """Return a page of rows with what is wrong in them; raises BadInput naming a bad parameter."""
    params = as_query_dict(request.GET)
    asked = read_page_request(params, "imports")
    rows = PlotImportRow.objects.filter(plot_import=plot_import).order_by("row")
    verdict = params.get("verdict")
    if verdict is not None:
        if verdict not in Verdict.values:
            detail = _("Hãy gửi một trong: %(names)s.") % {"names": ", ".join(Verdict.values)}
            raise BadInput(findings=[parameter_finding("verdict", "invalid", detail)])
        rows = rows.filter(verdict=verdict)
    if asked.last is not None:
        rows = rows.filter(row__gt=int(asked.last[0]))
    found = list(rows.defer("boundary", "before_repair", "original", "attributes")[: asked.limit + 1])
    shown, following = found[: asked.limit], None
    if len(found) > asked.limit:
        last = str(shown[-1].row)
        query = next_query(params, make_cursor((last, last), "imports"))
        following = request.build_absolute_uri(f"/api/v1/imports/{plot_import.pk}/?{query}")
    is_stored = plot_import.status in (ImportStatus.COMMITTED, ImportStatus.UNDONE)
    listed = [_row(row, row.plot_id if is_stored else row.target_id) for row in shown]
    return {"rows": listed, **_problems(shown), "next": following}


def _row(row: PlotImportRow, plot: int | None) -> dict[str, Any]:
    """`plot` is the plot that the row became, before storing the one it would change."""
    return {"row": row.row, "ref": row.ref, "verdict": row.verdict, "action": row.action, "plot": plot}


def _problems(rows: list[PlotImportRow]) -> dict[str, list[dict[str, Any]]]:
    shapes = _shapes_of(rows)
    found: dict[str, list[dict[str, Any]]] = {"errors": [], "warnings": []}
    lists = {imports.RED: found["errors"], imports.AMBER: found["warnings"]}
    for row in rows:
        for finding in row.findings:
            problems = lists.get(finding.get("severity", ""))
            if problems is not None:
                problems.append(_problem(row, finding, shapes))
    return found


def _problem(row: PlotImportRow, finding: dict[str, Any], shapes: dict[int, Any]) -> dict[str, Any]:
    geometry = None
    if finding.get("at"):
        geometry = {"type": "Point", "coordinates": list(finding["at"])[:2]}
    elif finding["code"] in SHAPE_CODES:
        geometry = shapes.get(row.pk)
    message = imports.finding_text(finding)
    return {"row": row.row, "ref": row.ref, "code": finding["code"], "message": message, "geometry": geometry}


def _shapes_of(rows: list[PlotImportRow]) -> dict[int, Any]:
    wanted = [
        row.pk
        for row in rows
        if any(finding["code"] in SHAPE_CODES and not finding.get("at") for finding in row.findings)
    ]
    if not wanted:
        return {}
    shape = AsGeoJSON(Coalesce("boundary", "before_repair"), precision=DECIMALS)
    found = PlotImportRow.objects.filter(pk__in=wanted).annotate(shape=shape).values_list("pk", "shape")
    return {pk: json.loads(text) for pk, text in found if text}


def job_report(job: Job, request: HttpRequest) -> dict[str, Any]:
    """Return what the job page adds for imports: counts and the first page of errors and warnings (`next` for more)."""
    plot_import = PlotImport.objects.visible_to(request.user).filter(pk=job.payload.get("import")).first()
    if plot_import is None:
        return {}
    page = page_of_rows(request, plot_import)
    return {
        "import": f"/api/v1/imports/{plot_import.pk}/",
        "counts": plot_import.summary.get("counts"),
        "errors": page["errors"],
        "warnings": page["warnings"],
        "next": page["next"],
    }


urlpatterns: list[URLPattern] = [
    path("imports/", ImportListView.as_view(), name="import-list"),
    path("imports/<uuid:pk>/", ImportDetailView.as_view(), name="import-detail"),
    path("imports/<uuid:pk>/commit/", ImportCommitView.as_view(), name="import-commit"),
    path("imports/<uuid:pk>/undo/", ImportUndoView.as_view(), name="import-undo"),
]
