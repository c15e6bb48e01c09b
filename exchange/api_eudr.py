"""API of the EUDR check, under /api/v1/eudr-checks/: a file, or a selection of ours. Nothing is kept."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.parsers import StrictJSONParser
from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import RuleViolated
from exchange.api import QueryField
from exchange.catalogue import entry
from exchange.eudr_checks import MAX_UPLOAD_BYTES, Check, check_file, check_selection, too_large
from exchange.profiles.eudr import EUDR
from exchange.selection import Selection
from geofiles.eudr import SEVERITIES

_PRIVATE = {"Cache-Control": "private, no-store"}


class RawGeoJSONParser(BaseParser):
    """`application/geo+json` as it came: the check reads the bytes itself, faults and all."""

    media_type = "application/geo+json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        body: bytes = stream.read(MAX_UPLOAD_BYTES + 1)
        if len(body) > MAX_UPLOAD_BYTES:
            raise too_large()
        return body


class EudrSelection(StrictSerializer):
    """Rows of ours: the layer, and parameters as in its address."""

    layer = serializers.ChoiceField(choices=[(name, name) for name in EUDR.layers])
    query = QueryField(required=False)


class EudrPlace(serializers.Serializer):
    """One occurrence of a fault."""

    feature = serializers.CharField(help_text=_("Số thứ tự trong tệp, từ 1; của dữ liệu trong hệ thống: khóa"))
    name = serializers.CharField()
    pointer = serializers.CharField(help_text="JSON pointer")
    point = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="[lon, lat]")
    detail = serializers.CharField()


class EudrGroup(serializers.Serializer):
    """All occurrences of a kind of fault; `places` has the first twenty."""

    code = serializers.ChoiceField(choices=sorted({*SEVERITIES, "ground_not_shown"}))
    severity = serializers.ChoiceField(choices=["refused", "mendable", "notice"])
    detail = serializers.CharField()
    count = serializers.IntegerField()
    places = EudrPlace(many=True)


class EudrReport(serializers.Serializer):
    """The verdict: `taken`, `mendable` (our export or the corrected file is taken) or `refused`."""

    verdict = serializers.ChoiceField(choices=["taken", "mendable", "refused"])
    rows = serializers.IntegerField()
    size = serializers.IntegerField(allow_null=True, help_text="bytes")
    files = serializers.IntegerField(allow_null=True, help_text=_("Số phần GeoJSON mà tệp xuất sẽ có"))
    findings = EudrGroup(many=True)


class EudrCheckView(ApiView):
    """POST: what TRACES would refuse of a GeoJSON (`application/geo+json`, or multipart `file`), or of rows of ours
    (`application/json`: `layer`, `query`). 200 whatever is found; 404 for a layer that the caller may not take out."""

    parser_classes = [RawGeoJSONParser, StrictJSONParser, MultiPartParser]
    permission_classes = [AllowAny]
    throttle_scope = "verify_file"

    @extend_schema(
        request={
            "application/json": EudrSelection,
            "application/geo+json": {"type": "object"},
            "multipart/form-data": inline_serializer("EudrUpload", {"file": serializers.FileField()}),
        },
        responses=EudrReport,
    )
    def post(self, request: Request) -> Response:
        refuse_parameters(request, allowed=("f",))
        return Response(as_json(self._check(request)), headers=_PRIVATE)

    def _check(self, request: Request) -> Check:
        kind = request.content_type or ""
        if kind.startswith(RawGeoJSONParser.media_type):
            body: Any = request.data
            return check_file(body or b"")  # without a body nothing is parsed
        if kind.startswith("multipart/"):
            upload = request.FILES.get("file")
            if upload is None:
                raise RuleViolated("no_file", _("Hãy gửi tệp trong phần “file”."))
            if (upload.size or 0) > MAX_UPLOAD_BYTES:
                raise too_large()
            return check_file(upload.read())
        asked = EudrSelection(data=request.data)
        asked.is_valid(raise_exception=True)
        found = entry(asked.validated_data["layer"])
        if found is None or not found.may_export(request.user):
            raise Http404
        return check_selection(Selection.read(found, request.user, asked.validated_data.get("query", {})))


def as_json(check: Check) -> dict[str, Any]:
    """Return the report as JSON-able data."""
    return {
        "verdict": check.verdict,
        "rows": check.rows,
        "size": check.size,
        "files": check.files,
        "findings": [
            {
                "code": group.code,
                "severity": group.severity,
                "detail": group.detail,
                "count": group.count,
                "places": [
                    {
                        "feature": place.feature,
                        "name": place.name,
                        "pointer": place.pointer,
                        "point": list(place.point) if place.point else None,
                        "detail": place.detail,
                    }
                    for place in group.places
                ],
            }
            for group in check.groups
        ],
    }


urlpatterns = [path("eudr-checks/", EudrCheckView.as_view(), name="api-eudr-checks")]
