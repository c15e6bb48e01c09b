"""API of acts on codes, under /api/v1/codes/<code>/: the steps of a code's life and what a market says of it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.reauthentication import require_recent_sign_in
from codes import numbering, services
from codes.layers import CODES
from codes.models import ProductionAreaCode
from codes.services import Act
from codes.workflow import APPROVAL_TRANSITIONS, CODE_TRANSITIONS, NEEDS_FRESH_SESSION
from core.api.schema import LayerDetailSchema
from core.api.serializers import StrictSerializer
from core.api.views import LayerDetailView
from core.errors import Finding, RuleViolated
from office.idempotency import answer_once

MAX_SUCCESSORS = 50


class ActBody(StrictSerializer):
    """Why, by which document, from which day: `reason_code` is a slug, `effective_on` defaults to today."""

    reason_code = serializers.SlugField(max_length=40, required=False, default="")
    reason = serializers.CharField(max_length=2000)
    document_number = serializers.CharField(max_length=80)
    effective_on = serializers.DateField(required=False, default=None, allow_null=True)
    public_note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class SupersedeBody(ActBody):
    """An act with the codes that replace this one, and those replaced along with it."""

    successors = serializers.ListField(
        child=serializers.CharField(max_length=60), allow_empty=False, max_length=MAX_SUCCESSORS
    )
    also_replaced = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, default=list, max_length=MAX_SUCCESSORS
    )


class MarketActBody(ActBody):
    """An act with the step of the market's word on the code."""

    step = serializers.ChoiceField(choices=sorted(APPROVAL_TRANSITIONS))


def _visible(request: Request, key: str) -> ProductionAreaCode:
    found = numbering.find_code(key)
    rows = ProductionAreaCode.objects.visible_to(request.user).select_related("scheme", "commune")
    return get_object_or_404(rows, pk=found.pk if found else 0)


def act_of(values: dict[str, Any], code: ProductionAreaCode, step: str) -> Act:
    """Return the act that a body describes; raise RuleViolated("reason_code") for an unknown reason."""
    slug, day = values["reason_code"], values["effective_on"] or timezone.localdate()
    chosen = services.reasons_for(code, step).filter(slug=slug).order_by("scheme_id").first() if slug else None
    if slug and chosen is None:
        text = _("Mã lý do này không dùng cho bước này.")
        raise RuleViolated("reason_code", text, findings=[Finding("reason_code", text, "/reason_code")])
    return Act(values["reason"], values["document_number"], day, values["public_note"], chosen)


def _named(typed: list[str], pointer: str) -> list[ProductionAreaCode]:
    codes = {text: numbering.find_code(text) for text in typed}
    findings = [
        Finding("unknown_code", _("Không có mã số: %(codes)s.") % {"codes": text}, f"/{pointer}/{index}")
        for index, text in enumerate(typed)
        if codes[text] is None
    ]
    if findings:
        raise RuleViolated("unknown_code", findings=findings)
    return [code for code in codes.values() if code is not None]


class CodeStepSchema(LayerDetailSchema):
    """Each step has its own name and body."""

    def get_operation_id(self) -> str:
        return f"codes_{self.view.step}"  # type: ignore[attr-defined]

    def get_request_serializer(self) -> Any:
        return _body_of(self.view.step)  # type: ignore[attr-defined]


def _body_of(step: str) -> type[ActBody]:
    return SupersedeBody if step == "supersede" else ActBody


class CodeStepView(LayerDetailView):
    """POST: suspend, restore, renew, supersede or revoke; answers with the code as it then is."""

    layer = CODES
    step = ""
    schema = CodeStepSchema()
    http_method_names = ["post", "options"]

    def post(self, request: Request, key: str) -> HttpResponse:
        if self.step in NEEDS_FRESH_SESSION and request.auth is None:
            require_recent_sign_in(request._request)
        purpose = f"codes/{key}/{self.step}"
        return answer_once(request, purpose=purpose, body=request.data, work=lambda: self._take(request, key))

    def _take(self, request: Request, key: str) -> HttpResponse:
        code = _visible(request, key)
        body = _body_of(self.step)(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        act = act_of(values, code, self.step)
        if self.step == "supersede":
            also = _named(values["also_replaced"], "also_replaced")
            successors = _named(values["successors"], "successors")
            services.supersede_codes([code, *also], successors, act, by=request.user)
        else:
            services.move_code(code, self.step, act, by=request.user)
        return self.feature_answer(request, code.code)


class MarketStepView(LayerDetailView):
    """POST: record what a market says of a code; answers with the code."""

    layer = CODES
    http_method_names = ["post", "options"]

    @extend_schema(request=MarketActBody, operation_id="codes_market")
    def post(self, request: Request, key: str, market: str) -> HttpResponse:
        purpose = f"codes/{key}/markets/{market}"
        return answer_once(request, purpose=purpose, body=request.data, work=lambda: self._take(request, key, market))

    def _take(self, request: Request, key: str, market: str) -> HttpResponse:
        code = _visible(request, key)
        approval = code.approvals.filter(market=market.upper()).first()
        if approval is None:
            raise Http404
        body = MarketActBody(data=request.data)
        body.is_valid(raise_exception=True)
        act = act_of(body.validated_data, code, body.validated_data["step"])
        services.move_market_approval(approval, body.validated_data["step"], act, by=request.user)
        return self.feature_answer(request, code.code)


urlpatterns: list[URLPattern] = [
    *(
        path(f"codes/<str:key>/{step}/", CodeStepView.as_view(step=step), name=f"code-{step}")
        for step in CODE_TRANSITIONS
    ),
    path("codes/<str:key>/markets/<slug:market>/", MarketStepView.as_view(), name="code-market"),
]
