"""Proof that the two ways to write a feature agree: PostGIS text (pages, exports) and the djangorestframework-gis
serializer (writes). Every layer with a serializer has one test that calls `assert_same_feature`."""

import json
from typing import Any

import pytest
from rest_framework.renderers import JSONRenderer

from core.layers import Layer
from core.sql import feature_text


def assert_same_feature(layer: Layer, serializer: type[Any], user: Any, key: Any) -> None:
    """Fail unless both features of the row with this key are equal: members, property names, values, geometry."""
    rows = layer.one(user, key)
    by_database = json.loads(feature_text(layer, rows) or "null")
    by_serializer = json.loads(JSONRenderer().render(serializer(rows.get()).data))

    assert by_database is not None, "the user does not see this row"
    assert set(by_database["properties"]) == set(layer.fields) == set(by_serializer["properties"])
    assert _different(by_database["properties"], by_serializer["properties"]) == {}
    assert by_database["id"] == by_serializer["id"]
    assert by_database["type"] == by_serializer["type"] == "Feature"
    _assert_same_geometry(by_database["geometry"], by_serializer["geometry"])


def _different(left: dict[str, Any], right: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (left[name], right[name]) for name in left if not _is_same(left[name], right[name])}


def _is_same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, int | float):
        return left == pytest.approx(right, rel=1e-9)
    return bool(left == right)


def _assert_same_geometry(left: dict[str, Any] | None, right: dict[str, Any] | None) -> None:
    if left is None or right is None:
        assert left == right
        return
    assert left["type"] == right["type"]
    for ours, theirs in zip(_numbers(left["coordinates"]), _numbers(right["coordinates"]), strict=True):
        assert abs(ours - theirs) < 1.01e-7  # the last of seven decimals may be rounded either way


def _numbers(value: Any) -> list[float]:
    return [value] if isinstance(value, int | float) else [number for item in value for number in _numbers(item)]
