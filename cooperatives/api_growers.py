"""API of members, under /api/v1/: for those who may see them; numbers of persons never, neither whole nor in part."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from cooperatives import grower_lists, services
from cooperatives.directory import opened_by
from cooperatives.grower_lists import ADD, SKIP, UPDATE
from cooperatives.models import Cooperative, Grower, GrowerImport
from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.querysets import own_cooperative_ids
from cooperatives.services.grower_imports import content_of
from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import BadInput
from core.problems import parameter_finding
from office.idempotency import answer_once, digest_of
from people.models import ConsentField, Purpose

PAGE_SIZE, MAX_PAGE_SIZE = 100, 1_000
_PRIVATE = {"Cache-Control": "private, no-store"}


class GrowerListView(ApiView):
    """GET: members of one's own cooperatives, and what those of one's units as officer opened; without numbers."""

    permission_classes = [IsAuthenticated]
    throttle_scope = "directory"

    @extend_schema(
        parameters=[
            OpenApiParameter("cooperative", str, description="slug"),
            OpenApiParameter("left", bool, description=_("true: những người đã ra")),
            OpenApiParameter("limit", int),
            OpenApiParameter("page", int),
        ],
        responses=dict,
    )
    def get(self, request: Request) -> HttpResponse:
        refuse_parameters(request, allowed=("f", "cooperative", "left", "limit", "page"))
        params = request.query_params
        limit, number = _whole(params, "limit", PAGE_SIZE, MAX_PAGE_SIZE), _whole(params, "page", 1, 1_000_000)
        left = params.get("left", "false")
        if left not in ("true", "false"):
            raise BadInput(findings=[parameter_finding("left", "invalid", _("Hãy gửi true hoặc false."))])
        rows = Grower.objects.visible_to(request.user).select_related("person", "cooperative").with_land()
        rows = rows.defer("cooperative__location").with_consents().filter(left_on__isnull=left == "false")
        if "cooperative" in params:
            rows = rows.filter(cooperative__slug=params["cooperative"])
        own = set(own_cooperative_ids(request.user).values_list("cooperative_id", flat=True))
        pages = Paginator(rows.order_by("cooperative__slug", "number", "pk"), limit)
        page = pages.page(number) if number <= pages.num_pages else None
        answer = {
            "count": pages.count,
            "page": number,
            "pages": pages.num_pages,
            "growers": [_grower(grower, own) for grower in page] if page else [],
        }
        return Response(answer, headers=_PRIVATE)


def _whole(params: Any, name: str, default: int, maximum: int) -> int:
    text = params.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:12]) <= maximum:
        told = _("Hãy gửi số nguyên từ 1 đến %(maximum)s.") % {"maximum": maximum}
        raise BadInput(findings=[parameter_finding(name, "invalid", told)])
    return int(text)


def _grower(grower: Any, own: set[int]) -> dict[str, Any]:
    """Return a member; to officers what is not opened is null, as is all that no purpose opens."""
    is_own = grower.cooperative_id in own
    opened = opened_by(grower)
    has_hamlet, has_land = is_own or ConsentField.HAMLET in opened, is_own or ConsentField.LAND in opened
    declared = grower.declared_area_ha
    return {
        "id": grower.pk,
        "cooperative": grower.cooperative.slug,
        "number": grower.number,
        "full_name": grower.person.full_name,
        "birth_year": grower.person.birth_year if is_own else None,
        "hamlet": grower.hamlet if has_hamlet else None,
        "declared_area_ha": float(declared) if has_land and declared is not None else None,
        "joined_on": grower.joined_on if is_own else None,
        "left_on": grower.left_on,
        "plots": grower.plot_count if has_land else None,
        "mapped_area_ha": round((grower.mapped_m2 or 0) / 10_000, 4) if has_land else None,
        "consents": sorted(
            consent.purpose for consent in grower.person.live_consents if is_own or consent.purpose == Purpose.DIRECTORY
        ),
    }


# --- Lists of members ------------------------------------------------------------------------------------------------


class GrowerUpload(StrictSerializer):
    """The parts of the upload form."""

    file = serializers.FileField(max_length=255, allow_empty_file=True)
    cooperative = serializers.SlugRelatedField(slug_field="slug", queryset=Cooperative.objects.none())
    evidence = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text=_("Bằng chứng đồng ý chung cho cả tệp")
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            fields["cooperative"].queryset = Cooperative.objects.managed_by(request.user)  # type: ignore[attr-defined]
        return fields


class GrowerAnswer(StrictSerializer):
    """What the columns mean (our field -> heading), the encoding, the evidence of the whole file; it is read again."""

    columns = serializers.DictField(child=serializers.CharField(max_length=200), required=False)
    encoding = serializers.CharField(required=False, allow_blank=True, max_length=30)
    evidence = serializers.CharField(required=False, allow_blank=True, max_length=200)


class GrowerCommit(StrictSerializer):
    """`actions`: row -> add, update or skip, where the proposed action is not wanted."""

    actions = serializers.DictField(child=serializers.ChoiceField((ADD, UPDATE, SKIP)), required=False)


class GrowerImportView(ApiView):
    """Base: lists of cooperatives for which the caller enters data."""

    permission_classes = [IsAuthenticated]

    def grower_import(self, request: Request, pk: Any) -> GrowerImport:
        found = GrowerImport.objects.select_related("job", "cooperative").filter(pk=pk).first()
        if found is None or not can_edit_for_cooperative(request.user, found.cooperative):
            raise Http404
        return found


class GrowerImportListView(GrowerImportView):
    """POST (multipart): upload a list of members; 202 with the import and its job. 409 when it was uploaded before."""

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": GrowerUpload}, responses={202: dict})
    def post(self, request: Request) -> HttpResponse:
        refuse_parameters(request)
        upload = request.FILES.get("file")
        digest = ""
        if upload is not None:
            digest = digest_of(upload.read())
            upload.seek(0)
        body = {name: value for name, value in request.data.items() if name != "file"} | {"file": digest}
        return answer_once(request, purpose="cooperatives.growers", body=body, work=lambda: self._start(request))

    def _start(self, request: Request) -> HttpResponse:
        serializer = GrowerUpload(
            data={name: request.data[name] for name in request.data}, context={"request": request}
        )
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        started = services.start_grower_import(
            given["cooperative"], given["file"], by=request.user, evidence=given.get("evidence", "")
        )
        return _answer(started, status=202)


class GrowerImportDetailView(GrowerImportView):
    """GET: state, counts and rows with findings and proposed actions. PATCH: columns, encoding. DELETE: give up."""

    @extend_schema(responses=dict)
    def get(self, request: Request, pk: Any) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        return _answer(self.grower_import(request, pk), with_rows=True)

    @extend_schema(request=GrowerAnswer, responses={202: dict})
    def patch(self, request: Request, pk: Any) -> HttpResponse:
        serializer = GrowerAnswer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        found = self.grower_import(request, pk)
        return _answer(services.answer_grower_import(found, by=request.user, **serializer.validated_data), status=202)

    @extend_schema(responses={200: dict})
    def delete(self, request: Request, pk: Any) -> HttpResponse:
        return _answer(services.cancel_grower_import(self.grower_import(request, pk), by=request.user))


class GrowerImportCommitView(GrowerImportView):
    """POST: store all rows that are to be added or updated, all or none; 202 with the job."""

    @extend_schema(request=GrowerCommit, responses={202: dict})
    def post(self, request: Request, pk: Any) -> HttpResponse:
        serializer = GrowerCommit(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        actions = serializer.validated_data.get("actions", {})
        wrong = [row for row in actions if not row.isdecimal() or len(row) > 8]
        if wrong:
            raise BadInput(findings=[parameter_finding("actions", "invalid", _("Khóa của actions là số dòng."))])
        found = self.grower_import(request, pk)
        if actions:
            services.choose_rows(found, {int(row): action for row, action in actions.items()}, by=request.user)
        services.commit_grower_import(found, by=request.user)
        found.refresh_from_db()
        return _answer(found, status=202)


def _answer(found: GrowerImport, *, status: int = 200, with_rows: bool = False) -> HttpResponse:
    """Of a row: its number in the file and what is said of it. What stands in its cells the caller has in the file."""
    job = found.job
    summary = found.summary
    answer: dict[str, Any] = {
        "id": str(found.pk),
        "status": found.status,
        "job": f"/api/v1/jobs/{job.pk}/" if job else None,
        "job_status": job.status if job else None,
        "columns": {str(field): heading for field, heading in found.columns.items()},
        "missing": summary.get("missing", []),
        "is_encoding_doubtful": summary.get("is_encoding_doubtful", False),
        "counts": summary.get("counts"),
        "actions": summary.get("actions"),
        "stored": summary.get("stored"),
    }
    failed = found.error_code or (job.error_code if job else "")
    if failed:
        answer["error"] = {"code": failed, "detail": found.error or (job.error if job else "")}
    if with_rows:
        content = content_of(found)
        answer["headings"] = content.get("headings", [])
        answer["rows"] = [
            {
                "row": row["row"],
                "verdict": row["verdict"],
                "action": row["action"],
                "choices": row["choices"],
                "member": row["member"],
                "findings": [
                    {"code": finding["code"], "detail": grower_lists.finding_text(finding)}
                    for finding in row["findings"]
                ],
            }
            for row in content.get("rows", [])
        ]
    # Written out at once: what an Idempotency-Key keeps is the text of the answer.
    response = JsonResponse(answer, status=status, headers=_PRIVATE)
    response["Location"] = f"/api/v1/growers/imports/{found.pk}/"
    return response


urlpatterns: list[URLPattern] = [
    path("growers/", GrowerListView.as_view(), name="grower-list"),
    path("growers/imports/", GrowerImportListView.as_view(), name="grower-import-list"),
    path("growers/imports/<uuid:pk>/", GrowerImportDetailView.as_view(), name="grower-import-detail"),
    path("growers/imports/<uuid:pk>/commit/", GrowerImportCommitView.as_view(), name="grower-import-commit"),
]
