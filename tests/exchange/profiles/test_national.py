"""Codes for the national database: the facts, the formats, and who gets them."""

import csv
import json

import jsonschema
import pytest
from django.http import QueryDict

from codes.services.certificates import make_certificate
from core.errors import NotAllowed
from exchange.catalogue import entry
from exchange.models import ExportFormat, ExportProfile
from exchange.profiles import PROFILES
from exchange.profiles.base import nobody_asks
from exchange.selection import Selection
from tests.exchange.profiles.helpers import schema, sheets

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moment_here")]
NATIONAL = PROFILES[ExportProfile.NATIONAL]


def select(user, query=""):
    return Selection.read(entry("codes"), user, QueryDict(query))


def properties(path):
    document = json.loads(path.read_text("utf-8"))
    jsonschema.validate(document, schema("national"))
    return document, [feature["properties"] for feature in document["features"]]


def test_json_has_the_facts_of_the_circular(planner, officer, area, code, tmp_path):
    type(area).objects.filter(pk=area.pk).update(expected_output_t=42.5)
    make_certificate(code, by=officer)

    NATIONAL.write(select(planner), ExportFormat.GEOJSON, tmp_path / "f.geojson", nobody_asks)

    document, (facts,) = properties(tmp_path / "f.geojson")
    assert facts["code"] == code.code == document["features"][0]["id"]
    assert (facts["area_name"], facts["crop"], facts["output_t_per_year"]) == (area.name, "Xoài", 42.5)
    assert facts["area_ha"] == pytest.approx(3, rel=0.001)
    assert facts["address"] == f"{code.commune_name}, {code.province_name}"
    assert facts["certificate_version"] == 1
    assert facts["certificate_made_on"] and facts["certificate_signed_on"] is None
    assert facts["holder"] == area.cooperative.name
    assert document["row_count"] == 1


def test_tables_hold_the_same(planner, code, tmp_path):
    for format, name in (
        (ExportFormat.GEOJSON, "f.geojson"),
        (ExportFormat.CSV, "f.csv"),
        (ExportFormat.XLSX, "f.xlsx"),
    ):
        assert NATIONAL.write(select(planner), format, tmp_path / name, nobody_asks) == 1

    _document, (facts,) = properties(tmp_path / "f.geojson")
    with (tmp_path / "f.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    book = sheets(tmp_path / "f.xlsx")
    assert list(row) == list(facts)
    assert row == {name: "" if value is None else str(value) for name, value in facts.items()}
    assert book["Mã số vùng trồng"][1][0] == code.code
    assert ["licence", "internal use only: may hold what is not public"] in book["Về tệp này"]


def test_missing_facts_are_told(planner, code):
    findings = {finding.code: finding.extra for finding in NATIONAL.check(select(planner))}

    assert findings.keys() == {"output_t_per_year_missing", "certificate_version_missing"}
    assert findings["output_t_per_year_missing"]["examples"] == [{"id": code.code}]


def test_offices_get_the_codes_of_their_units(officer, foreign_officer, code, tmp_path):
    counts = [
        NATIONAL.write(select(user), ExportFormat.CSV, tmp_path / "f.csv", nobody_asks)
        for user in (officer, foreign_officer)
    ]

    assert counts == [1, 0]


@pytest.mark.parametrize("person", ["outsider", "clerk", "owner"])
def test_others_get_nothing(request, person, code, tmp_path):
    user = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        NATIONAL.write(select(user), ExportFormat.CSV, tmp_path / "f.csv", nobody_asks)
