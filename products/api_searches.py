"""API of saved searches, under /api/v1/searches/: each user sees and changes only one's own."""

from typing import Any

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from products.models import SavedSearch
from products.search_words import row_of
from products.services import searches


class NewSearchSerializer(StrictSerializer):
    """`query`: the product map's filters as they stand in an address, such as `product=xoai&month=5`."""

    name = serializers.CharField(max_length=80)
    query = serializers.CharField(max_length=2_000, allow_blank=True)
    is_mailed = serializers.BooleanField(default=True)


class ChangedSearchSerializer(StrictSerializer):
    """What can be changed of a search; what is left out stays."""

    name = serializers.CharField(max_length=80, required=False)
    is_mailed = serializers.BooleanField(required=False)


class SearchSerializer(serializers.Serializer):
    """A saved search; `count` is what it finds today, null with `problems` when its filters hold no longer."""

    id = serializers.IntegerField(source="search.pk")
    name = serializers.CharField(source="search.name")
    query = serializers.CharField(source="search.query")
    is_mailed = serializers.BooleanField(source="search.is_mailed")
    mailed_at = serializers.DateTimeField(source="search.mailed_at", allow_null=True)
    count = serializers.IntegerField(allow_null=True)
    problems = serializers.ListField(source="errors", child=serializers.CharField())


class SearchListView(ApiView):
    """GET: one's own saved searches. POST: save one."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=SearchSerializer(many=True))
    def get(self, request: Request) -> Response:
        refuse_parameters(request)
        own = SavedSearch.objects.filter(user=request.user.pk).order_by("name")
        return Response(SearchSerializer([row_of(search) for search in own], many=True).data)

    @extend_schema(request=NewSearchSerializer, responses={201: SearchSerializer})
    def post(self, request: Request) -> Response:
        serializer = NewSearchSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        params = QueryDict(data.pop("query").removeprefix("?"))
        search = searches.save_search(request.user, params=params, **data)  # type: ignore[arg-type]
        return Response(SearchSerializer(row_of(search)).data, status=status.HTTP_201_CREATED)


class SearchView(ApiView):
    """GET, PATCH, DELETE: one of one's own searches."""

    permission_classes = [IsAuthenticated]

    def _own(self, request: Request, pk: int) -> SavedSearch:
        return get_object_or_404(SavedSearch, pk=pk, user=request.user.pk)

    @extend_schema(responses=SearchSerializer)
    def get(self, request: Request, pk: int) -> Response:
        refuse_parameters(request)
        return Response(SearchSerializer(row_of(self._own(request, pk))).data)

    @extend_schema(request=ChangedSearchSerializer, responses=SearchSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        search = self._own(request, pk)
        serializer = ChangedSearchSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        changes: dict[str, Any] = dict(serializer.validated_data)
        changed = searches.change_search(search, by=request.user, **changes)  # type: ignore[arg-type]
        return Response(SearchSerializer(row_of(changed)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        searches.delete_search(self._own(request, pk), by=request.user)  # type: ignore[arg-type]
        return Response(status=status.HTTP_204_NO_CONTENT)
