"""API of products, under /api/v1/: products and offers to read, enquiries to send."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from codes.models import Market
from cooperatives.models import Cooperative
from core.api.negotiation import as_json
from core.api.serializers import StrictSerializer
from core.api.views import ApiView, LayerDetailView, LayerListView, refuse_parameters
from core.text import clean_line, clean_lines
from core.throttling import client_address
from office.idempotency import answer_once
from products import services
from products.api_demands import (
    DemandCloseView,
    DemandHideView,
    DemandListView,
    DemandReplyView,
    DemandRepostView,
    DemandView,
    MatchingDemandListView,
)
from products.api_search import FacetsView, SuggestView
from products.api_searches import SearchListView, SearchView
from products.api_seasons import SeasonListView
from products.commune_sums import PRODUCTS_BY_COMMUNE
from products.layers import OFFERS, PRODUCTS
from products.models import Enquiry, Product


def refuse_signs_in_line(value: str) -> None:
    """Raise ValidationError for hidden signs and line breaks in one line of text."""
    clean_line(value)


def refuse_signs(value: str) -> None:
    """Raise ValidationError for hidden signs in a text of several lines."""
    clean_lines(value)


class EnquirySerializer(StrictSerializer):
    """A buyer's enquiry. The answer holds the private address; contacts never come back."""

    cooperative = serializers.SlugRelatedField(slug_field="slug", queryset=Cooperative.objects.public())
    product = serializers.SlugRelatedField(slug_field="slug", queryset=Product.objects.public(), required=False)
    quantity_t = serializers.FloatField(min_value=0.001, max_value=1_000_000, required=False)
    quantity_kg = serializers.FloatField(min_value=1, max_value=1_000_000_000, required=False)
    delivery_from = serializers.DateField(required=False)
    delivery_to = serializers.DateField(required=False)
    wanted_months = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=12), required=False, max_length=12
    )
    market = serializers.SlugRelatedField(slug_field="code", queryset=Market.objects.all(), required=False)
    quality = serializers.CharField(max_length=160, required=False, allow_blank=True, validators=[refuse_signs_in_line])
    message = serializers.CharField(max_length=2000, validators=[refuse_signs])
    buyer_name = serializers.CharField(max_length=120, validators=[refuse_signs_in_line])
    contact = serializers.CharField(max_length=200)
    shares_contact = serializers.BooleanField(default=False)
    consent = serializers.BooleanField()

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        product = data.get("product")
        if product is not None and product.cooperative_id != data["cooperative"].pk:
            raise serializers.ValidationError(
                {"product": _("Sản phẩm không phải của đơn vị này.")}, code="foreign_product"
            )
        if "quantity_kg" in data:
            if "quantity_t" in data:
                told = _("Chỉ ghi quantity_t hoặc quantity_kg.")
                raise serializers.ValidationError({"quantity_kg": told}, code="quantity_twice")
            data["quantity_t"] = data.pop("quantity_kg") / 1000
        return data


class ContactCodeSerializer(StrictSerializer):
    """The one-time code that went to the contact."""

    code = serializers.CharField(max_length=20)


class EnquiryLineSerializer(serializers.Serializer):
    """One line of the conversation."""

    author = serializers.CharField()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class EnquiryShownSerializer(serializers.ModelSerializer):
    """An enquiry as either side sees it; neither side's contact is in it."""

    cooperative = serializers.CharField(source="cooperative.slug")
    product = serializers.CharField(source="product.slug", default=None, allow_null=True)
    market = serializers.CharField(source="market_id", allow_null=True)
    lines = EnquiryLineSerializer(source="messages", many=True)

    class Meta:
        model = Enquiry
        fields = (
            "id", "cooperative", "product", "status", "buyer_name", "quantity_t", "delivery_from", "delivery_to",
            "wanted_months", "market", "quality", "created_at", "sent_at", "read_at", "answered_at", "closed_at",
            "expired_at", "close_reason", "lines",
        )  # fmt: skip


class EnquirySentSerializer(EnquiryShownSerializer):
    """What the buyer gets once: with the private address at which the answer will stand, and where the code goes.

    `demo_code` is empty but in a demonstration, which sends no messages.
    """

    url = serializers.URLField()
    confirm_url = serializers.URLField()
    demo_code = serializers.CharField()

    class Meta(EnquiryShownSerializer.Meta):
        fields = (*EnquiryShownSerializer.Meta.fields, "token", "url", "confirm_url", "demo_code")  # type: ignore[assignment]


class AnswerSerializer(StrictSerializer):
    """The text of an answer."""

    text = serializers.CharField(max_length=2000, validators=[refuse_signs])


def _enquiries(request: Request) -> QuerySet[Enquiry]:
    visible = Enquiry.objects.visible_to(request.user)
    chosen = visible.filter(spam_at=None).select_related("cooperative", "product")
    return chosen.prefetch_related("messages").order_by("-id")


def _by_token(token: str) -> Enquiry:
    return get_object_or_404(Enquiry.objects.select_related("cooperative", "product"), token=token)


class EnquiryListView(ApiView):
    """POST: send an enquiry without an account. GET: those to one's own cooperatives, the newest 100."""

    throttle_scope = "api"

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self.request.method == "POST" else [IsAuthenticated()]

    def get_throttles(self) -> list[Any]:
        if self.request.method == "POST":
            self.throttle_scope = "enquiry"
        return super().get_throttles()

    @extend_schema(responses=EnquiryShownSerializer(many=True))
    def get(self, request: Request) -> Response:
        refuse_parameters(request)
        return Response(EnquiryShownSerializer(_enquiries(request)[:100], many=True).data)

    @extend_schema(request=EnquirySerializer, responses={201: EnquirySentSerializer})
    def post(self, request: Request) -> HttpResponse:
        return answer_once(request, purpose="enquiries", body=request.data, work=lambda: self._send(request))  # type: ignore[arg-type]

    def _send(self, request: Request) -> HttpResponse:
        serializer = EnquirySerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        enquiry, code = services.ask(
            data.pop("cooperative"),
            has_consented=data.pop("consent"),
            address=client_address(request),  # type: ignore[arg-type]
            **data,
        )
        private = request.build_absolute_uri(reverse("products:enquiry", args=[enquiry.token]))
        confirm = request.build_absolute_uri(f"/api/v1/enquiries/{enquiry.token}/confirm/")
        own = {"token": enquiry.token, "url": private, "confirm_url": confirm, "demo_code": code}
        answer = as_json({**EnquiryShownSerializer(enquiry).data, **own})
        response = HttpResponse(answer.encode(), status=status.HTTP_201_CREATED, content_type="application/json")
        response["Location"], response["Cache-Control"] = private, "private, no-store"
        return response


class EnquiryConfirmView(ApiView):
    """POST: prove the contact by the code that went to it; the enquiry reaches the cooperative only then."""

    permission_classes = [AllowAny]
    throttle_scope = "enquiry_code"

    @extend_schema(request=ContactCodeSerializer, responses=EnquiryShownSerializer)
    def post(self, request: Request, token: str) -> Response:
        enquiry = _by_token(token)
        serializer = ContactCodeSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        services.confirm_enquiry(enquiry, code=serializer.validated_data["code"])
        return Response(EnquiryShownSerializer(_by_token(token)).data, headers={"Cache-Control": "private, no-store"})


class EnquiryView(ApiView):
    """GET: one enquiry to one's own cooperative."""

    @extend_schema(responses=EnquiryShownSerializer)
    def get(self, request: Request, pk: int) -> Response:
        refuse_parameters(request)
        return Response(EnquiryShownSerializer(get_object_or_404(_enquiries(request), pk=pk)).data)


class EnquiryAnswerView(ApiView):
    """POST: answer an enquiry on behalf of the cooperative."""

    @extend_schema(request=AnswerSerializer, responses={201: EnquiryShownSerializer})
    def post(self, request: Request, pk: int) -> Response:
        enquiry = get_object_or_404(_enquiries(request), pk=pk)
        serializer = AnswerSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        services.answer_enquiry(enquiry, text=serializer.validated_data["text"], by=request.user)
        return Response(EnquiryShownSerializer(_enquiries(request).get(pk=pk)).data, status=status.HTTP_201_CREATED)


class BuyerEnquiryView(ApiView):
    """GET: the buyer's own view of an enquiry, by its secret token."""

    permission_classes = [AllowAny]

    @extend_schema(responses=EnquiryShownSerializer)
    def get(self, request: Request, token: str) -> Response:
        refuse_parameters(request)
        return Response(EnquiryShownSerializer(_by_token(token)).data, headers={"Cache-Control": "private, no-store"})


urlpatterns = [
    path("facets/", FacetsView.as_view()),
    path("suggest/", SuggestView.as_view()),
    path("products/", LayerListView.as_view(layer=PRODUCTS)),
    path("products/<int:key>/", LayerDetailView.as_view(layer=PRODUCTS)),
    path("offers/", LayerListView.as_view(layer=OFFERS)),
    path("offers/<int:key>/", LayerDetailView.as_view(layer=OFFERS)),
    path("products-by-commune/", LayerListView.as_view(layer=PRODUCTS_BY_COMMUNE)),
    path("products-by-commune/<str:key>/", LayerDetailView.as_view(layer=PRODUCTS_BY_COMMUNE)),
    path("seasons/", SeasonListView.as_view()),
    path("demands/", DemandListView.as_view()),
    path("demands/matching/", MatchingDemandListView.as_view()),
    path("demands/<int:pk>/", DemandView.as_view()),
    path("demands/<int:pk>/close/", DemandCloseView.as_view()),
    path("demands/<int:pk>/repost/", DemandRepostView.as_view()),
    path("demands/<int:pk>/replies/", DemandReplyView.as_view()),
    path("demands/<int:pk>/hide/", DemandHideView.as_view()),
    path("searches/", SearchListView.as_view()),
    path("searches/<int:pk>/", SearchView.as_view()),
    path("enquiries/", EnquiryListView.as_view()),
    path("enquiries/<int:pk>/", EnquiryView.as_view()),
    path("enquiries/<int:pk>/answer/", EnquiryAnswerView.as_view()),
    path("enquiries/by-token/<str:token>/", BuyerEnquiryView.as_view()),
    path("enquiries/<str:token>/confirm/", EnquiryConfirmView.as_view()),
]
