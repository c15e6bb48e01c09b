"""API of demands, under /api/v1/demands/: the same as the pages; every address is 404 unless DEMAND_POSTS is on."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from codes.models import Market
from cooperatives.models import Cooperative
from cooperatives.querysets import own_cooperative_ids
from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from crops.models import Crop
from products.demand_matching import matching_demands
from products.models import Demand, DemandReply, Product
from products.permissions import can_hide_demand
from products.services import demands

MOST = 100


class NewDemandSerializer(StrictSerializer):
    """What a buyer looks for; texts with a phone number, mail or web address are refused (`contact_in_text`)."""

    buyer_name = serializers.CharField(max_length=120)
    product = serializers.SlugRelatedField(slug_field="slug", queryset=Crop.objects.all())
    months = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=12), min_length=1, max_length=12
    )
    quantity_t = serializers.FloatField(min_value=0.001, max_value=1_000_000)
    market = serializers.SlugRelatedField(
        slug_field="code", queryset=Market.objects.all(), required=False, allow_null=True
    )
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class NewReplySerializer(StrictSerializer):
    """An answer for one of one's cooperatives that match."""

    cooperative = serializers.SlugRelatedField(slug_field="slug", queryset=Cooperative.objects.public())
    product = serializers.SlugRelatedField(
        slug_field="slug", queryset=Product.objects.public(), required=False, allow_null=True
    )
    text = serializers.CharField(max_length=2000)


class HideSerializer(StrictSerializer):
    """Why a demand is taken from sight; the buyer reads it."""

    reason = serializers.CharField(max_length=300)


class NothingSerializer(StrictSerializer):
    """No field."""


class DemandReplySerializer(serializers.ModelSerializer):
    """A reply as its buyer and its cooperative see it; who wrote it is not told."""

    cooperative = serializers.CharField(source="cooperative.slug")
    product = serializers.CharField(source="product.slug", default=None, allow_null=True)

    class Meta:
        model = DemandReply
        fields = ("id", "cooperative", "product", "text", "at")


class DemandSerializer(serializers.ModelSerializer):
    """A demand: to its buyer with all replies, to a cooperative with its own. No contact is in it."""

    product = serializers.CharField(source="crop.slug")
    market = serializers.CharField(source="market_id", allow_null=True)
    replies = serializers.SerializerMethodField()

    class Meta:
        model = Demand
        fields = (
            "id", "buyer_name", "product", "months", "quantity_t", "market", "message", "status", "expires_on",
            "hidden_reason", "created_at", "replies",
        )  # fmt: skip

    @extend_schema(responses=DemandReplySerializer(many=True))
    def get_replies(self, demand: Demand) -> list[dict[str, Any]]:
        user = self.context["request"].user
        replies = demand.replies.select_related("cooperative", "product")
        if demand.user_id != user.pk:
            replies = replies.filter(cooperative__in=own_cooperative_ids(user))
        return list(DemandReplySerializer(replies, many=True).data)


class DemandApiView(ApiView):
    """Base: nothing is here unless the installation has switched demands on."""

    permission_classes = [IsAuthenticated]
    throttle_scope = "api"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not settings.DEMAND_POSTS:
            raise Http404
        super().initial(request, *args, **kwargs)

    def get_throttles(self) -> list[Any]:
        if self.request.method == "POST":
            self.throttle_scope = "enquiry"
        return super().get_throttles()

    def shown(self, demand: Any, *, many: bool = False, **kwargs: Any) -> Response:
        """Return demands as this user sees them."""
        return Response(DemandSerializer(demand, many=many, context={"request": self.request}).data, **kwargs)

    def read(self, serializer_class: type[StrictSerializer], request: Request) -> dict[str, Any]:
        """Return the checked body."""
        serializer = serializer_class(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


def _own(request: Request) -> QuerySet[Demand]:
    return Demand.objects.filter(user=request.user.pk).select_related("crop").order_by("-created_at")


class DemandListView(DemandApiView):
    """GET: one's own demands, the newest 100. POST: post one."""

    @extend_schema(responses=DemandSerializer(many=True))
    def get(self, request: Request) -> Response:
        refuse_parameters(request)
        return self.shown(_own(request)[:MOST], many=True)

    @extend_schema(request=NewDemandSerializer, responses={201: DemandSerializer})
    def post(self, request: Request) -> Response:
        data = self.read(NewDemandSerializer, request)
        demand = demands.post_demand(request.user, crop=data.pop("product"), **data)  # type: ignore[arg-type]
        return self.shown(demand, status=status.HTTP_201_CREATED)


class MatchingDemandListView(DemandApiView):
    """GET: open demands that one's cooperatives match, the newest 100."""

    @extend_schema(responses=DemandSerializer(many=True))
    def get(self, request: Request) -> Response:
        refuse_parameters(request)
        found = matching_demands(request.user).select_related("crop").order_by("-created_at")
        return self.shown(found[:MOST], many=True)


class DemandView(DemandApiView):
    """GET: one's own demand, or one that a cooperative of one's own matches."""

    @extend_schema(responses=DemandSerializer)
    def get(self, request: Request, pk: int) -> Response:
        refuse_parameters(request)
        found = _own(request).filter(pk=pk).first()
        return self.shown(found or get_object_or_404(matching_demands(request.user).select_related("crop"), pk=pk))


class DemandCloseView(DemandApiView):
    """POST: take one's own demand from sight."""

    @extend_schema(request=NothingSerializer, responses=DemandSerializer)
    def post(self, request: Request, pk: int) -> Response:
        self.read(NothingSerializer, request)
        return self.shown(demands.close_demand(get_object_or_404(_own(request), pk=pk), by=request.user))  # type: ignore[arg-type]


class DemandRepostView(DemandApiView):
    """POST: show one's own demand for another 30 days, once it is over."""

    @extend_schema(request=NothingSerializer, responses=DemandSerializer)
    def post(self, request: Request, pk: int) -> Response:
        self.read(NothingSerializer, request)
        return self.shown(demands.repost_demand(get_object_or_404(_own(request), pk=pk), by=request.user))  # type: ignore[arg-type]


class DemandReplyView(DemandApiView):
    """POST: answer a demand for a cooperative that matches it."""

    @extend_schema(request=NewReplySerializer, responses={201: DemandSerializer})
    def post(self, request: Request, pk: int) -> Response:
        found = get_object_or_404(matching_demands(request.user).select_related("crop"), pk=pk)
        demands.reply_to_demand(found, by=request.user, **self.read(NewReplySerializer, request))  # type: ignore[arg-type]
        return self.shown(found, status=status.HTTP_201_CREATED)


class DemandHideView(DemandApiView):
    """POST: officers and administrators take a demand from sight, with a reason."""

    @extend_schema(request=HideSerializer, responses=DemandSerializer)
    def post(self, request: Request, pk: int) -> Response:
        if not can_hide_demand(request.user):
            raise Http404
        found = get_object_or_404(Demand, pk=pk)
        hidden = demands.hide_demand(found, by=request.user, **self.read(HideSerializer, request))  # type: ignore[arg-type]
        return self.shown(hidden)
