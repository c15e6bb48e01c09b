"""Bodies of requests: rows A1-A4, A16, A17, A20-A23 of the catalogue."""

import json

import pytest

from core.api.parsers import MAX_DEPTH, is_too_deep, parse_json
from core.errors import BadInput, RuleViolated
from places.models import AdministrativeUnit
from tests.core.conftest import codes_of

pytestmark = [pytest.mark.urls("tests.core.service"), pytest.mark.django_db]

ACT = "/api/v1/act/"


@pytest.mark.parametrize(
    ("case", "body", "status", "code"),
    [
        ("empty", b"", 400, "empty_body"),
        ("blank", b"  \n", 400, "empty_body"),
        ("list", b"[]", 400, "invalid_envelope"),
        ("text", b'"x"', 400, "invalid_envelope"),
        ("cut", b'{"type": "Feature", "prop', 400, "syntax"),
        ("trailing data", b'{"type": "Feature"} x', 400, "syntax"),
        ("bad utf-8", b'{"type": "\xff\xfe"}', 400, "encoding"),
        ("utf-8 bom", b'\xef\xbb\xbf{"type": "Feature"}', 400, "encoding"),
        ("utf-16", '{"type": "Feature"}'.encode("utf-16"), 400, "encoding"),
        ("utf-16 without bom", '{"type": "Feature"}'.encode("utf-16-le"), 400, "encoding"),
    ],
)
def test_a1_body_that_is_no_json_document(case, body, status, code, refused):
    problem = refused(body, status)

    assert codes_of(problem) == [code]
    assert problem["errors"][0]["pointer"] == ""


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"5", b"null", b"true"])
def test_a1_action_body_that_is_no_object(body, refused):
    problem = refused(body, 400, path=ACT, content_type="application/json")

    assert problem["errors"][0]["pointer"] == ""


def test_a1_empty_body_of_an_action(refused):
    assert codes_of(refused(b"", 400, path=ACT, content_type="application/json")) == ["empty_body"]


@pytest.mark.parametrize(
    ("case", "body"),
    [
        ("lists", b"[" * 100_000 + b"]" * 100_000),
        ("unclosed lists", b"[" * 100_000),
        ("objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        ("coordinates", b'{"type":"Polygon","coordinates":' + b"[" * 3_000 + b"]" * 3_000 + b"}"),
    ],
)
def test_a2_deep_nesting(case, body, refused):
    assert codes_of(refused(body, 400)) == ["nesting"]


def test_a2_brackets_inside_strings_do_not_nest():
    text = '{"a": "' + "[{" * 1_000 + '\\"[", "b": [[]]}'

    assert is_too_deep(text) is False
    assert parse_json(text.encode())["b"] == [[]]


@pytest.mark.parametrize(("depth", "too_deep"), [(MAX_DEPTH, False), (MAX_DEPTH + 1, True)])
def test_a2_limit_of_nesting(depth, too_deep):
    assert is_too_deep("[" * depth + "]" * depth) is too_deep


def test_a2_brackets_inside_hostile_quotes_do_not_count():
    text = '"' + '\\"[' * 500_000

    assert is_too_deep(text) is False


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity"])
def test_a4_tokens_that_are_not_json(word, refused):
    body = b'{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[105,%s]]]}}' % word

    problem = refused(body, 400)

    assert problem["errors"] == [
        {
            "code": "not_a_number",
            "detail": problem["errors"][0]["detail"],
            "pointer": "/geometry/coordinates/0/0/1",
        }
    ]


@pytest.mark.parametrize(
    ("case", "properties"),
    [("text", "x"), ("null", None), ("list", []), ("number", 3)],
)
def test_a16_properties_that_are_no_object(case, properties, refused, feature_json):
    problem = refused(feature_json | {"properties": properties}, 400)

    assert problem["errors"][0]["pointer"] == "/properties"


@pytest.mark.parametrize("kind", [None, "feature", "FeatureCollection", 5, ["Feature"]])
def test_a16_type_that_is_not_feature(kind, refused, feature_json):
    assert refused(feature_json | {"type": kind}, 400)["errors"][0]["pointer"] == "/type"


@pytest.mark.parametrize("missing", ["type", "properties"])
def test_a16_missing_member(missing, refused, feature_json):
    del feature_json[missing]

    assert refused(feature_json, 400)["errors"][0]["pointer"] == f"/{missing}"


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/octet-stream",
        "application/json; charset=utf-16",
        "",
    ],
)
def test_a17_a23_other_content_types(content_type, refused, feature_json):
    refused(feature_json, 415, content_type=content_type)


@pytest.mark.parametrize(
    "content_type", ["application/geo+json", "application/json", "application/json; charset=UTF-8"]
)
def test_a23_json_content_types(content_type, send, feature_json):
    answer = send(feature_json, content_type=content_type)

    assert answer.status_code == 201, answer.content
    assert AdministrativeUnit.objects.get().code == "99123"


def test_a20_duplicate_key_is_told_with_its_pointer(refused):
    problem = refused(b'{"type":"Feature","properties":{"code":"99001","code":"99002"},"geometry":null}', 400)

    assert codes_of(problem) == ["duplicate_key"]
    assert problem["errors"][0]["pointer"] == "/properties"


@pytest.mark.parametrize(("where", "pointer"), [("properties", "/properties/colour"), ("feature", "/colour")])
def test_a20_unknown_key(where, pointer, refused, feature_json):
    (feature_json if where == "feature" else feature_json["properties"])["colour"] = "red"

    problem = refused(feature_json, 422)

    assert codes_of(problem) == ["unknown_field"]
    assert problem["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("digits", [5_000, 400, 26, 20])
def test_a21_integer_beyond_64_bits(digits, refused):
    body = b'{"reason": "x", "unit": ' + b"9" * digits + b"}"

    problem = refused(body, 400, path=ACT, content_type="application/json")

    assert problem["errors"][0]["pointer"] == "/unit"


def test_a21_truth_value_as_id(refused):
    problem = refused({"reason": "x", "unit": True}, 400, path=ACT, content_type="application/json")

    assert problem["errors"][0]["pointer"] == "/unit"


@pytest.mark.parametrize(("field", "value"), [("id", 7), ("is_schematic", True), ("parent_code", "99")])
def test_a22_read_only_property(field, value, refused, feature_json):
    feature_json["properties"][field] = value

    problem = refused(feature_json, 422)

    assert codes_of(problem) == ["read_only"]
    assert problem["errors"][0]["pointer"] == f"/properties/{field}"


@pytest.mark.parametrize("field", ["status", "owner", "approved_by", "level", "valid_to"])
def test_a22_field_outside_the_serializer(field, refused, feature_json):
    feature_json["properties"][field] = "x"

    assert codes_of(refused(feature_json, 422)) == ["unknown_field"]


def test_a22_id_of_the_feature_itself(refused, feature_json):
    assert refused(feature_json | {"id": 7}, 422)["errors"][0]["pointer"] == "/id"


def test_geometry_among_properties(refused, feature_json):
    feature_json["properties"]["boundary"] = feature_json.pop("geometry")

    assert refused(feature_json, 422)["errors"][0]["pointer"] == "/properties/boundary"


def test_every_wrong_field_is_told_at_once(refused, feature_json):
    feature_json["properties"] = {"code": "x" * 50, "valid_from": "yesterday"}

    problem = refused(feature_json, 422)

    assert {error["pointer"] for error in problem["errors"]} == {
        "/properties/code",
        "/properties/name",
        "/properties/valid_from",
    }


@pytest.mark.parametrize("text", ["1e999", "-1e400", "1" * 400 + ".5"])
def test_number_that_overflows(text):
    with pytest.raises(RuleViolated) as caught:
        parse_json(f'{{"a": [{text}]}}'.encode())

    assert caught.value.findings[0].pointer == "/a/0"


def test_all_refused_values_are_listed_up_to_a_limit():
    with pytest.raises(BadInput) as caught:
        parse_json(json.dumps([float("nan")] * 50).encode())

    assert len(caught.value.findings) == 20
    assert caught.value.findings[3].pointer == "/3"


def test_pointer_escapes_keys():
    with pytest.raises(BadInput) as caught:
        parse_json(b'{"a/b~c": NaN}')

    assert caught.value.findings[0].pointer == "/a~1b~0c"


def test_plain_values_are_read_as_they_are():
    assert parse_json('{"a": [1, 2.5, true, null, "ừ"], "b": -9223372036854775808}'.encode()) == {
        "a": [1, 2.5, True, None, "ừ"],
        "b": -(2**63),
    }
