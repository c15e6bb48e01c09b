"""API of the exchange, under /api/v1/: exports that are made by a job."""

from typing import Any

from django.conf import settings
from django.db.models import Choices
from django.http import Http404, HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.negotiation import as_json
from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import BadInput, Finding, TooManyRequests
from core.throttling import caller_of, count_request
from exchange.catalogue import entry
from exchange.models import Export, ExportFormat, ExportProfile
from exchange.selection import Selection
from exchange.services.exports import cancel_export, file_of, order_export, shape_from
from office.idempotency import answer_once

MOST_LISTED = 100
_MOST_VALUES = 500
_PRIVATE = {"Cache-Control": "private, no-store"}


@extend_schema_field({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}})
class QueryField(serializers.Field):
    """Parameters as in the address of the layer: a name with one text or a list of them."""

    default_error_messages = {"invalid": _("Cần một đối tượng: tên tham số và chữ, hoặc danh sách chữ.")}

    def to_internal_value(self, data: Any) -> QueryDict:
        if not isinstance(data, dict) or len(data) > _MOST_VALUES:
            self.fail("invalid")
        query = QueryDict(mutable=True)
        for name, values in data.items():
            texts = [values] if isinstance(values, str) else values
            if not isinstance(texts, list) or len(texts) > _MOST_VALUES:
                self.fail("invalid")
            if not all(isinstance(text, str) for text in texts):
                self.fail("invalid")
            query.setlist(name, texts)
        return query

    def to_representation(self, value: Any) -> Any:
        return dict(value)


def _one_of(choices: type[Choices]) -> dict[str, Any]:
    known = ", ".join(str(value) for value in choices.values if value)
    return {
        "invalid_choice": format_lazy("{told} {known}.", told=_("Không có lựa chọn này. Các lựa chọn:"), known=known)
    }


class ExportOrderSerializer(StrictSerializer):
    """A layer, the parameters of its filters, area, fields and CRS as in its address, and the form of the file."""

    layer = serializers.CharField(max_length=40)
    format = serializers.ChoiceField(choices=ExportFormat.choices, error_messages=_one_of(ExportFormat))
    profile = serializers.ChoiceField(
        choices=ExportProfile.choices, required=False, error_messages=_one_of(ExportProfile)
    )
    query = QueryField(required=False)
    personal = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=10)
    purpose = serializers.CharField(max_length=160, required=False, allow_blank=True)


class ExportSerializer(serializers.ModelSerializer):
    """An export: what was asked for, how far it is, and where the file lies while it is kept."""

    status = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    error_code = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField()
    size = serializers.SerializerMethodField()
    sha256 = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = (
            "id",
            "layer",
            "format",
            "profile",
            "query",
            "columns",
            "crs",
            "personal",
            "status",
            "progress",
            "error_code",
            "error",
            "row_count",
            "requested_at",
            "written_at",
            "expires_at",
            "url",
            "file",
            "size",
            "sha256",
        )
        read_only_fields = fields

    def get_status(self, export: Export) -> str:
        return str(export.job.status) if export.job else "done"

    def get_progress(self, export: Export) -> int:
        return export.job.progress if export.job else 100

    def get_error_code(self, export: Export) -> str:
        return export.job.error_code if export.job else ""

    def get_error(self, export: Export) -> str:
        return export.job.error if export.job else ""

    def get_url(self, export: Export) -> str:
        return f"{settings.PUBLIC_URL}{export.get_absolute_url()}"

    def get_file(self, export: Export) -> str | None:
        """The address of the file; null before it is there and after it is gone."""
        if self._document(export) is None:
            return None
        return f"{settings.PUBLIC_URL}{reverse('exchange:export-file', args=[export.pk])}"

    def get_size(self, export: Export) -> int | None:
        document = self._document(export)
        return document.size if document is not None else None

    def get_sha256(self, export: Export) -> str | None:
        document = self._document(export)
        return document.sha256 if document is not None else None

    def _document(self, export: Export) -> Any:
        is_over = export.expires_at is not None and export.expires_at < timezone.now()
        document = None if is_over else file_of(export, self.context["user"])
        return document if document is not None and document.file else None


class ExportListView(ApiView):
    """GET: one's newest exports. POST: order one; 202 with its address, which tells the progress.

    Visitors may order public layers; the answer's address is the only way to their file.
    """

    def get_permissions(self) -> list[Any]:
        return [IsAuthenticated()] if self.request.method == "GET" else [AllowAny()]

    @extend_schema(responses=ExportSerializer(many=True))
    def get(self, request: Request) -> Response:
        refuse_parameters(request, allowed=("f",))
        rows = Export.objects.of(request.user).select_related("job", "document").order_by("-requested_at")
        shown = ExportSerializer(rows[:MOST_LISTED], many=True, context={"user": request.user})
        return Response({"exports": shown.data}, headers=_PRIVATE)

    @extend_schema(request=ExportOrderSerializer, responses={202: ExportSerializer})
    def post(self, request: Request) -> HttpResponse:
        refuse_parameters(request)
        sent = ExportOrderSerializer(data=request.data, context={"request": request})
        sent.is_valid(raise_exception=True)
        wait = count_request("takeaway", caller_of(request._request))  # an order that can't be read takes no place
        if wait:
            raise TooManyRequests(retry_after=wait)
        return answer_once(
            request, purpose="exchange.export", body=request.data, work=lambda: _ordered(request, sent.validated_data)
        )


def _ordered(request: Request, asked: dict[str, Any]) -> HttpResponse:
    found = entry(asked["layer"])
    if found is None or not found.may_export(request.user):
        detail = _("Không có lớp này, hoặc bạn không được xuất nó.")
        raise BadInput(findings=[Finding("unknown_layer", detail, "/layer")])
    selection = Selection.read(found, request.user, asked.get("query") or QueryDict())
    shape = shape_from(
        selection,
        format=asked["format"],
        profile=asked.get("profile", ""),
        personal_fields=asked.get("personal", []),
        purpose=asked.get("purpose", ""),
    )
    export = order_export(selection, shape, by=request.user)
    shown = ExportSerializer(export, context={"user": request.user}).data
    return HttpResponse(
        as_json(shown).encode(),
        status=202,
        content_type="application/json",
        headers=_PRIVATE | {"Location": reverse("api-export", args=[export.pk])},
    )


class ExportView(ApiView):
    """GET: an export, with its file when it is done. DELETE: call it off while it waits or runs."""

    permission_classes = [AllowAny]

    @extend_schema(responses=ExportSerializer)
    def get(self, request: Request, pk: Any) -> Response:
        refuse_parameters(request, allowed=("f",))
        return self._shown(request, self._export(request, pk))

    @extend_schema(responses={200: ExportSerializer})
    def delete(self, request: Request, pk: Any) -> Response:
        refuse_parameters(request)
        export = self._export(request, pk)
        cancel_export(export, by=request.user)
        return self._shown(request, self._export(request, pk))

    def _export(self, request: Request, pk: Any) -> Export:
        export = Export.objects.visible_to(request.user).select_related("job", "document").filter(pk=pk).first()
        if export is None:
            raise Http404
        return export

    def _shown(self, request: Request, export: Export) -> Response:
        return Response(ExportSerializer(export, context={"user": request.user}).data, headers=_PRIVATE)


urlpatterns = [
    path("exports/", ExportListView.as_view(), name="api-exports"),
    path("exports/<uuid:pk>/", ExportView.as_view(), name="api-export"),
]
