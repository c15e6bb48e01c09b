"""API of the office, under /api/v1/: the state of a job."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import path
from django.utils.module_loading import import_string
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ApiView, refuse_parameters
from office import services
from office.models import Job


class JobSerializer(serializers.ModelSerializer):
    """What the starter of a job may know of it."""

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "status",
            "progress",
            "step",
            "result",
            "error_code",
            "error",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields


class JobView(ApiView):
    """GET: state and progress of a job of one's own; of imports also `counts`, `errors`, `warnings`.

    DELETE: cancel it.
    """

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=JobSerializer)
    def get(self, request: Request, pk: Any) -> Response:
        refuse_parameters(request, allowed=("f",))
        job = self._job(request, pk)
        return _answer(job, report_of(job, request._request))

    @extend_schema(responses={200: JobSerializer})
    def delete(self, request: Request, pk: Any) -> Response:
        return _answer(services.cancel_job(self._job(request, pk), by=request.user))

    def _job(self, request: Request, pk: Any) -> Job:
        job = Job.objects.visible_to(request.user).filter(pk=pk).first()
        if job is None:
            raise Http404
        return job


@cache
def _reports() -> dict[str, str]:
    return dict(import_string(settings.JOB_REPORTS))


def report_of(job: Job, request: HttpRequest) -> dict[str, Any]:
    """Return what the app that did the job tells of its outcome, by `geoapp.wiring.JOB_REPORTS`; {} for most kinds."""
    report = _reports().get(job.kind)
    return import_string(report)(job, request) if report else {}


def _answer(job: Job, report: dict[str, Any] | None = None) -> Response:
    return Response(JobSerializer(job).data | (report or {}), headers={"Cache-Control": "private, no-store"})


urlpatterns = [path("jobs/<uuid:pk>/", JobView.as_view(), name="api-job")]
