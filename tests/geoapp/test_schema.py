"""The whole OpenAPI document: every address is described, in both languages, and what it says is so."""

import json

import pytest
from django.core.management import call_command
from drf_spectacular.validation import validate_schema

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def schema(client, db):
    return client.get("/api/schema/?format=json").json()


def operations(schema):
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def examples(node):
    if isinstance(node, dict):
        if "example" in node:
            yield node
        for value in node.values():
            yield from examples(value)
    elif isinstance(node, list):
        for value in node:
            yield from examples(value)


def test_it_is_made_without_a_warning(tmp_path, db):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yml"))

    assert (tmp_path / "schema.yml").stat().st_size > 10_000


def test_every_operation_has_words_and_a_name_of_its_own(schema):
    found = operations(schema)

    assert [name for name, operation in found.items() if not operation.get("summary")] == []
    assert [name for name, operation in found.items() if not operation.get("description")] == []
    assert len({operation["operationId"] for operation in found.values()}) == len(found)


def test_each_method_is_told_only_its_own_part(schema):
    paths = schema["paths"]

    assert paths["/api/v1/plots/"]["post"]["summary"] == "Add a plot (a GeoJSON Feature)"
    assert paths["/api/v1/plots/{key}/"]["put"]["description"] == "Change it."
    assert paths["/api/v1/plots/"]["get"]["description"] == "A page of plots one may see."


def test_every_operation_names_its_problems(schema):
    missing = [
        name
        for name, operation in operations(schema).items()
        if "application/problem+json" not in operation["responses"]["400"]["content"]
    ]

    assert missing == []


def test_every_write_says_what_it_takes(schema):
    silent = [
        name
        for name, operation in operations(schema).items()
        if name.startswith(("POST", "PUT", "PATCH")) and "requestBody" not in operation
    ]

    # These steps need no words.
    assert silent == [
        "POST /api/v1/demands/{id}/close/",
        "POST /api/v1/demands/{id}/repost/",
        "POST /api/v1/imports/{id}/undo/",
        "POST /api/v1/requests/{key}/submit/",
        "POST /api/v1/requests/{key}/take-up/",
    ]


def test_examples_of_shapes_are_shapes_of_this_country(schema):
    shapes = [node["example"] for node in examples(schema) if isinstance(node["example"], dict)]

    assert {shape["type"] for shape in shapes} >= {"Polygon", "MultiPolygon"}
    for shape in shapes:
        ring = {"Polygon": lambda c: c[0], "MultiPolygon": lambda c: c[0][0], "Point": lambda c: [c]}[shape["type"]](
            shape["coordinates"]
        )
        assert all(102 < lon < 118 and 6 < lat < 24 for lon, lat in ring), shape
        assert ring[0] == ring[-1]


def test_a_plot_as_sent_needs_its_envelope(schema):
    plot = schema["components"]["schemas"]["Plot"]

    assert plot["required"] == ["type", "geometry", "properties"]
    assert set(plot["properties"]["properties"]["required"]) == {"cooperative", "ref", "crop"}
    assert [kind["properties"]["type"]["enum"] for kind in plot["properties"]["geometry"]["oneOf"]] == [
        ["Polygon"],
        ["MultiPolygon"],
    ]


def test_the_example_of_a_plot_can_be_sent(schema, client, clerk, mango):
    client.force_login(clerk)
    geometry = schema["components"]["schemas"]["Plot"]["properties"]["geometry"]["example"]
    body = {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"ref": "1", "crop": "xoai", "cooperative": "htx-cua-toi"},
    }

    answer = client.post("/api/v1/plots/", json.dumps(body), content_type="application/geo+json")

    assert answer.status_code == 201


@pytest.mark.parametrize(("language", "title"), [("vi", "Thửa canh tác"), ("en", "Plots")])
def test_both_languages_are_valid(language, title, client, db):
    schema = client.get(f"/api/schema/?format=json&lang={language}").json()

    validate_schema(schema)
    assert schema["paths"]["/api/v1/plots/"]["get"]["summary"] == title


def test_unknown_language_is_a_problem(client, db):
    answer = client.get("/api/schema/?lang=xx")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_everybody_gets_the_same_and_may_keep_it(client, clerk):
    anonymous = client.get("/api/schema/?format=json")
    client.force_login(clerk)

    answer = client.get("/api/schema/?format=json")

    assert answer.content == anonymous.content
    assert answer["Cache-Control"].startswith("public, max-age=")
    assert {"Accept", "Accept-Language"} <= {word.strip() for word in answer["Vary"].split(",")}


def test_what_an_enquiry_may_leave_out_may_be_null(schema):
    shown = schema["components"]["schemas"]["EnquiryShown"]["properties"]

    assert [name for name, facts in shown.items() if facts.get("nullable")] == [
        "product", "quantity_t", "delivery_from", "delivery_to", "market", "sent_at", "read_at", "answered_at",
        "closed_at", "expired_at",
    ]  # fmt: skip
