"""API of what belongs to one request, under /api/v1/requests/<key>/: documents, versions, differences, opinions."""

from dataclasses import asdict
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import holds_at
from casework import services
from casework.differences import Differences, differences, versions_to_compare
from casework.models import CodeRequest, Opinion, RequestDocument, RequestVersion
from casework.permissions import can_read_documents
from codes.models import DocumentKind
from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import BadInput
from core.problems import parameter_finding
from farms.models import Plot
from office.idempotency import answer_once, digest_of
from office.services import document_response


class DocumentUpload(StrictSerializer):
    """The parts of the upload form; `season` is needed for a diary, `plots` (ids) are its plots, all when left out."""

    file = serializers.FileField(max_length=255, allow_empty_file=True)
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    title = serializers.CharField(required=False, allow_blank=True, max_length=160)
    season = serializers.CharField(required=False, allow_blank=True, max_length=40)
    plots = serializers.PrimaryKeyRelatedField(queryset=Plot.objects.none(), many=True, required=False)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        code_request = self.context.get("code_request")
        if code_request is not None:
            fields["plots"].child_relation.queryset = code_request.area.plots.all()  # type: ignore[attr-defined]
        return fields


class DocumentShown(serializers.ModelSerializer):
    """A document of a request; `file` is where its bytes are."""

    name = serializers.CharField(source="document.name")
    size = serializers.IntegerField(source="document.size")
    sha256 = serializers.CharField(source="document.sha256")
    file = serializers.SerializerMethodField()

    class Meta:
        model = RequestDocument
        fields = ("id", "kind", "title", "season", "plots", "name", "size", "sha256", "added_at", "removed_at", "file")

    def get_file(self, document: RequestDocument) -> str:
        return f"/api/v1/requests/{document.code_request_id}/documents/{document.pk}/file/"


class VersionShown(serializers.ModelSerializer):
    """One handing in: the form without persons, the plots and the documents as they were."""

    class Meta:
        model = RequestVersion
        fields = ("number", "at", "area_version", "form", "plots", "documents")


class OpinionBody(StrictSerializer):
    """Whom to ask what; the link goes out by mail and is shown nowhere."""

    office = serializers.CharField(max_length=160)
    email = serializers.EmailField()
    question = serializers.CharField(max_length=4000)


class OpinionShown(serializers.ModelSerializer):
    """An opinion without its link; `openings`: how often the link was opened."""

    openings = serializers.IntegerField(read_only=True)

    class Meta:
        model = Opinion
        fields = (
            "id", "office", "email", "question", "asked_at", "due_on", "revoked_at", "verdict", "answer",
            "answered_at", "openings",
        )  # fmt: skip


class FileView(ApiView):
    """Base: the request with key `key`, for those who see it."""

    permission_classes = [IsAuthenticated]

    def code_request(self, request: Request, key: int) -> CodeRequest:
        rows = CodeRequest.objects.visible_to(request.user).select_related("area", "cooperative", "commune", "scheme")
        return get_object_or_404(rows, pk=key)

    def readable(self, request: Request, key: int) -> CodeRequest:
        """Return the request for one of the two sides that may open its documents; Http404 for everybody else."""
        code_request = self.code_request(request, key)
        if not can_read_documents(request.user, code_request):
            raise Http404
        return code_request


class DocumentListView(FileView):
    """GET: the documents in force. POST (multipart): attach a file to a draft or returned request; 201."""

    parser_classes = [MultiPartParser]

    @extend_schema(responses=DocumentShown(many=True))
    def get(self, request: Request, key: int) -> Response:
        refuse_parameters(request, allowed=("f",))
        rows = self.readable(request, key).documents.filter(removed_at=None)
        return Response(DocumentShown(rows.select_related("document").prefetch_related("plots"), many=True).data)

    @extend_schema(request={"multipart/form-data": DocumentUpload}, responses={201: DocumentShown})
    def post(self, request: Request, key: int) -> HttpResponse:
        refuse_parameters(request)
        upload, digest = request.FILES.get("file"), ""
        if upload is not None:
            digest = digest_of(upload.read())
            upload.seek(0)
        body = {
            name: request.data.getlist(name)  # type: ignore[attr-defined]
            for name in request.data
            if name != "file"
        } | {"file": digest}
        return answer_once(
            request, purpose=f"requests/{key}/documents", body=body, work=lambda: self._add(request, key)
        )

    def _add(self, request: Request, key: int) -> HttpResponse:
        code_request = self.readable(request, key)
        serializer = DocumentUpload(data=request.data, context={"request": request, "code_request": code_request})
        serializer.is_valid(raise_exception=True)
        added = services.add_document(code_request, by=request.user, **serializer.validated_data)
        return _rendered(DocumentShown(added).data, status=201)


class DocumentDetailView(FileView):
    """DELETE: take a document out of a draft or returned request; it stays on record."""

    @extend_schema(responses={200: DocumentShown})
    def delete(self, request: Request, key: int, pk: int) -> Response:
        refuse_parameters(request)
        rows = self.readable(request, key).documents.select_related("code_request", "document")
        return Response(DocumentShown(services.remove_document(get_object_or_404(rows, pk=pk), by=request.user)).data)


class DocumentFileView(FileView):
    """GET: the file as a download, also one that was taken out later."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, key: int, pk: int) -> HttpResponse:
        refuse_parameters(request)
        rows = self.readable(request, key).documents.select_related("document")
        return document_response(get_object_or_404(rows, pk=pk).document)  # type: ignore[return-value]


class VersionListView(FileView):
    """GET: what was handed in, each time, oldest first."""

    @extend_schema(responses=VersionShown(many=True))
    def get(self, request: Request, key: int) -> Response:
        refuse_parameters(request, allowed=("f",))
        versions = self.readable(request, key).versions.defer("boundary").order_by("number")
        return Response(VersionShown(versions, many=True).data)


class DifferenceView(FileView):
    """GET: what changed from version `old` to version `new`, by default between the last two; ground as GeoJSON."""

    @extend_schema(
        parameters=[OpenApiParameter("old", int), OpenApiParameter("new", int)], responses={200: OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, key: int) -> Response:
        refuse_parameters(request, allowed=("old", "new", "f"))
        versions = list(self.readable(request, key).versions.defer("boundary").order_by("number"))
        known = {str(version.number) for version in versions}
        asked = {name: request.query_params[name] for name in ("old", "new") if name in request.query_params}
        wrong = [name for name, number in asked.items() if number not in known]
        if wrong:
            raise BadInput(
                findings=[
                    parameter_finding(name, "unknown_version", _("Hồ sơ không có lần nộp này.")) for name in wrong
                ]
            )
        pair = versions_to_compare(versions, asked.get("old"), asked.get("new"))
        return Response(as_document(differences(*pair)) if pair else {"old": None, "new": None})


def as_document(found: Differences) -> dict[str, Any]:
    """Return differences as JSON."""
    return {
        "old": found.old.number,
        "new": found.new.number,
        "fields": [{"name": one.name, "old": one.old, "new": one.new} for one in found.fields],
        "plots": [asdict(one) | {"difference_m2": one.difference_m2} for one in found.plots],
        "documents": [{"kind": one.kind, "title": one.title} for one in found.documents],
        "ground": [asdict(one) for one in found.ground],
    }


class OpinionListView(FileView):
    """GET: the opinions asked for, for officers. POST: ask another office by a link in a mail; 201."""

    @extend_schema(responses=OpinionShown(many=True))
    def get(self, request: Request, key: int) -> Response:
        refuse_parameters(request, allowed=("f",))
        return Response(OpinionShown(self.opinions(request, key), many=True).data)

    @extend_schema(request=OpinionBody, responses={201: OpinionShown})
    def post(self, request: Request, key: int) -> HttpResponse:
        refuse_parameters(request)
        return answer_once(
            request, purpose=f"requests/{key}/opinions", body=request.data, work=lambda: self._ask(request, key)
        )

    def opinions(self, request: Request, key: int) -> Any:
        """Return the opinions of a request of the officer's units; its cooperative does not read them."""
        code_request = self.code_request(request, key)
        if not holds_at(request.user, "casework.view_request", code_request.commune):
            raise Http404
        rows = code_request.opinions.select_related("code_request__commune", "code_request__cooperative")
        return rows.annotate(openings=Count("visits"))

    def _ask(self, request: Request, key: int) -> HttpResponse:
        body = OpinionBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        made = services.ask_opinion(self.code_request(request, key), **body.validated_data, by=request.user)
        return _rendered(OpinionShown(self.opinions(request, key).get(pk=made.pk)).data, status=201)


class OpinionDetailView(OpinionListView):
    """DELETE: take the question back; its link stops to open."""

    http_method_names = ["delete", "options"]

    @extend_schema(responses={200: OpinionShown})
    def delete(self, request: Request, key: int, pk: int) -> Response:
        refuse_parameters(request)
        opinion = get_object_or_404(self.opinions(request, key), pk=pk)
        services.revoke_opinion(opinion, by=request.user)
        return Response(OpinionShown(self.opinions(request, key).get(pk=pk)).data)


def _rendered(data: Any, *, status: int) -> HttpResponse:
    """Return the answer as `answer_once` keeps it."""
    return HttpResponse(JSONRenderer().render(data), status=status, content_type="application/json")


urlpatterns: list[URLPattern] = [
    path("requests/<int:key>/documents/", DocumentListView.as_view(), name="request-documents"),
    path("requests/<int:key>/documents/<int:pk>/", DocumentDetailView.as_view(), name="request-document"),
    path("requests/<int:key>/documents/<int:pk>/file/", DocumentFileView.as_view(), name="request-document-file"),
    path("requests/<int:key>/versions/", VersionListView.as_view(), name="request-versions"),
    path("requests/<int:key>/differences/", DifferenceView.as_view(), name="request-differences"),
    path("requests/<int:key>/opinions/", OpinionListView.as_view(), name="request-opinions"),
    path("requests/<int:key>/opinions/<int:pk>/", OpinionDetailView.as_view(), name="request-opinion"),
]
