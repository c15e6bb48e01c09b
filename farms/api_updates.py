"""API: many plots changed at once, by a FeatureCollection in which each feature says which version it changes."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from cooperatives.models import Cooperative
from core.api.geometry import require_polygon
from core.api.views import refuse_parameters
from core.errors import BadInput, DomainError, Finding, PreconditionMissing, RuleViolated
from farms import services
from farms.api_imports import import_answer
from farms.models import Plot
from office.idempotency import answer_once

MAX_FEATURES = 5_000
MAX_FINDINGS = 20
MEMBERS = frozenset({"type", "id", "if_match", "geometry", "properties", "bbox"})

# An example for the description of the API.
BODY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {
            "type": "array",
            "maxItems": MAX_FEATURES,
            "items": {
                "type": "object",
                "required": ["type", "id", "if_match"],
                "properties": {
                    "type": {"type": "string", "enum": ["Feature"]},
                    "id": {"type": "integer", "description": "id of the plot"},
                    "if_match": {"type": "integer", "description": "`version` of the plot as it was read"},
                    "geometry": {"type": "object", "nullable": True, "description": "absent or null: stays"},
                    "properties": {"type": "object", "nullable": True, "description": "only what changes"},
                },
            },
        },
    },
}


def update_plots(request: Request) -> HttpResponse:
    """Check the collection and queue the change; 202 with the import (kind `update`) and its job.

    400 for what is no FeatureCollection, 413 by size, 422 with a pointer per faulty feature, 428 where a feature does
    not say its version. A version that is no longer the plot's is a finding of that row in the report.
    """
    refuse_parameters(request)
    body = request.data
    return answer_once(request, purpose="farms.update_plots", body=body, work=lambda: _start(request, body))


def _start(request: Request, body: Any) -> HttpResponse:
    features = _features_of(body)
    _refuse(_faults(features))
    missing = [
        Finding("if_match_missing", _("Thiếu if_match: phiên bản của thửa lúc bạn đọc."), f"/features/{place}/if_match")
        for place, feature in enumerate(features)
        if "if_match" not in feature
    ]
    if missing:
        detail = _("Mỗi đối tượng phải có if_match: version của thửa lúc bạn đọc.")
        raise PreconditionMissing(detail=detail, findings=missing[:MAX_FINDINGS])
    versions = {feature["id"]: feature["if_match"] for feature in features}
    cooperative = _cooperative_of(request, features)
    sent = [{name: value for name, value in feature.items() if name != "if_match"} for feature in features]
    content = json.dumps({"type": "FeatureCollection", "features": sent}).encode()
    plot_import = services.start_update(cooperative, content, by=request.user, versions=versions)
    return import_answer(plot_import, status=202)


def _features_of(body: Any) -> list[Any]:
    is_collection = isinstance(body, dict) and body.get("type") == "FeatureCollection"
    if not is_collection or not isinstance(body.get("features"), list):
        raise BadInput("not_a_collection", _("Cần một FeatureCollection."))
    features: list[Any] = body["features"]
    if not features:
        raise RuleViolated("no_features", _("Không có đối tượng nào."))
    if len(features) > MAX_FEATURES:
        detail = _("Mỗi lần tối đa %(most)s đối tượng.") % {"most": MAX_FEATURES}
        raise RuleViolated("too_many_features", detail, findings=[Finding("too_many_features", detail, "/features")])
    return features


def _refuse(faults: Iterator[Finding]) -> None:
    found = [finding for finding, _place in zip(faults, range(MAX_FINDINGS), strict=False)]
    if found:
        raise RuleViolated("invalid", findings=found)


def _faults(features: list[Any]) -> Iterator[Finding]:
    seen: set[int] = set()
    for place, feature in enumerate(features):
        pointer = f"/features/{place}"
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            yield Finding("not_a_feature", _("Cần một Feature."), pointer)
            continue
        for name in sorted(set(feature) - MEMBERS):
            yield Finding("unknown_field", _("Không có trường này."), f"{pointer}/{name[:100]}")
        yield from _faults_of_key(feature, seen, pointer)
        if feature.get("geometry") is not None:
            try:
                require_polygon(feature["geometry"], f"{pointer}/geometry")
            except DomainError as error:
                yield from error.findings
        if not isinstance(feature.get("properties") or {}, dict):
            yield Finding("not_a_dict", _("properties phải là một đối tượng."), f"{pointer}/properties")


def _faults_of_key(feature: dict[str, Any], seen: set[int], pointer: str) -> Iterator[Finding]:
    key = feature.get("id")
    if not _is_count(key):
        yield Finding("invalid", _("id phải là số của thửa."), f"{pointer}/id")
    elif key in seen:
        yield Finding("repeated", _("Thửa này đã có trong danh sách."), f"{pointer}/id")
    else:
        seen.add(key)  # type: ignore[arg-type]
    if "if_match" in feature and not _is_count(feature["if_match"]):
        yield Finding("invalid", _("if_match phải là version của thửa, một số nguyên."), f"{pointer}/if_match")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _cooperative_of(request: Request, features: list[dict[str, Any]]) -> Cooperative:
    """Return the one cooperative all these plots belong to; 422 naming plots that are unknown or of several."""
    visible = Plot.objects.visible_to(request.user).filter(pk__in=[feature["id"] for feature in features])
    owners = dict(visible.values_list("pk", "cooperative"))
    _refuse(
        Finding("unknown_plot", _("Không có thửa này, hoặc bạn không được xem."), f"/features/{place}/id")
        for place, feature in enumerate(features)
        if feature["id"] not in owners
    )
    if len(set(owners.values())) > 1:
        detail = _("Các thửa phải cùng một hợp tác xã; hãy gửi riêng từng hợp tác xã.")
        raise RuleViolated("several_cooperatives", detail)
    return Cooperative.objects.get(pk=next(iter(owners.values())))
