"""The OpenAPI description comes from the same layers and filters that answer."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

pytestmark = [pytest.mark.urls("tests.core.service"), pytest.mark.django_db]


@pytest.fixture
def schema():
    return SchemaGenerator(urlconf="tests.core.service").get_schema(request=None, public=True)


def test_schema_is_valid_openapi(schema):
    validate_schema(schema)


def test_list_names_every_parameter(schema):
    parameters = {item["name"]: item for item in schema["paths"]["/api/v1/units/"]["get"]["parameters"]}

    assert set(parameters) == {
        "bbox", "q", "level", "any_level", "km2_min", "km2_max", "from_day", "limit", "cursor", "count", "f",
    }  # fmt: skip
    assert parameters["level"]["schema"]["enum"] == ["province", "district", "commune", "hamlet"]
    assert parameters["from_day"]["schema"]["format"] == "date"
    assert parameters["km2_min"]["schema"]["type"] == "number"
    assert parameters["any_level"]["schema"]["type"] == "array"


def test_features_are_described_by_the_layer(schema):
    answer = schema["paths"]["/api/v1/units/"]["get"]["responses"]["200"]["content"]["application/geo+json"]["schema"]
    feature = schema["components"]["schemas"]["UnitsFeature"]

    assert answer["properties"]["features"]["items"] == {"$ref": "#/components/schemas/UnitsFeature"}
    properties = feature["properties"]["properties"]["properties"]
    assert properties["code"] == {"type": "string"}
    assert properties["valid_from"] == {"type": "string", "format": "date"}
    assert properties["area_km2"] == {"type": "number", "nullable": True}
    assert properties["parent_code"]["nullable"] is True
    assert properties["is_schematic"] == {"type": "boolean"}
    assert feature["properties"]["id"] == {"type": "integer"}


def test_every_operation_names_its_problems(schema):
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/api/v1/"):
                content = operation["responses"]["400"]["content"]
                assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}, (
                    path,
                    method,
                )


def test_changes_ask_for_if_match(schema):
    headers = [item["name"] for item in schema["paths"]["/api/v1/units/{key}/"]["patch"]["parameters"]]

    assert "If-Match" in headers
