"""API of the office, under /api/v1/: the state of a job."""

from typing import Any

from django.http import Http404
from django.urls import path
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
    """GET: state and progress of a job of one's own. DELETE: cancel it."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=JobSerializer)
    def get(self, request: Request, pk: Any) -> Response:
        refuse_parameters(request, allowed=("f",))
        return _answer(self._job(request, pk))

    @extend_schema(responses={200: JobSerializer})
    def delete(self, request: Request, pk: Any) -> Response:
        return _answer(services.cancel_job(self._job(request, pk), by=request.user))

    def _job(self, request: Request, pk: Any) -> Job:
        job = Job.objects.visible_to(request.user).filter(pk=pk).first()
        if job is None:
            raise Http404
        return job


def _answer(job: Job) -> Response:
    return Response(JobSerializer(job).data, headers={"Cache-Control": "private, no-store"})


urlpatterns = [path("jobs/<uuid:pk>/", JobView.as_view(), name="api-job")]
