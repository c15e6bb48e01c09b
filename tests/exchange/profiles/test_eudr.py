"""The EUDR profile: what it writes the checker takes, and what it says is so."""

import json
import zipfile

import jsonschema
import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.http import QueryDict

from core.errors import NotAllowed, RuleViolated
from exchange.catalogue import entry
from exchange.models import ExportFormat, ExportProfile
from exchange.profiles import PROFILES
from exchange.profiles.base import nobody_asks
from exchange.profiles.eudr import _Parts, report
from exchange.selection import Selection
from geofiles import eudr
from tests.exchange.profiles.helpers import schema
from tests.factories.cooperatives import make_cooperative
from tests.shapes import square, square_with_hole

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moment_here")]
EUDR = PROFILES[ExportProfile.EUDR]


def select(user, layer="plots", query=""):
    return Selection.read(entry(layer), user, QueryDict(query))


def written(selection, path, format=ExportFormat.GEOJSON):
    """Return the documents of the file and what it says of itself."""
    rows = EUDR.write(selection, format, path, nobody_asks)
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name != "about.json")
        about = json.loads(archive.read("about.json"))
        documents = [archive.read(name) for name in names]
    assert about["row_count"] == rows
    return documents, about


def jagged(lon, lat):
    """A square of 100 m with vertices 1 cm apart in one corner."""
    (ring,) = square(lon, lat)[0].coords
    near = [(ring[0][0] + step * 1e-7, ring[0][1]) for step in (2, 1, 0)]
    return MultiPolygon(Polygon([*near, *ring[1:-1], near[0]]), srid=4326)


def test_file_is_what_the_checker_and_the_schema_take(planner, plot_factory, tmp_path):
    plot_factory(ref="T-1", boundary=jagged(105.6, 10.45))
    plot_factory(ref="T-2", boundary=square_with_hole(105.61, 10.45))

    (document,), about = written(select(planner), tmp_path / "f.zip")

    assert eudr.check(document)["counts"] == {}
    whole = json.loads(document)
    jsonschema.validate(whole, schema("eudr"))
    assert set(whole) == {"type", "features"}
    assert [feature["properties"]["ProductionPlace"].split(",")[0] for feature in whole["features"]] == [
        "T-1", "T-2", "T-2",
    ]  # fmt: skip
    assert (about["row_count"], about["features"], about["files"]) == (2, 3, 1)
    assert {finding["code"] for finding in about["findings"]} == {"duplicate_vertices", "hole"}


def test_ground_stays_the_same_where_holes_are_cut_open(planner, plot_factory, tmp_path):
    plot = plot_factory(boundary=square_with_hole(105.61, 10.45))

    (document,), _about = written(select(planner), tmp_path / "f.zip")

    pieces = [GEOSGeometry(json.dumps(feature["geometry"])) for feature in json.loads(document)["features"]]
    whole = pieces[0].union(pieces[1])
    assert len(pieces) == 2
    assert all(piece.num_interior_rings == 0 for piece in pieces)
    assert whole.sym_difference(plot.boundary).area < 0.005 * plot.boundary.area  # the grid is 11 cm
    assert pieces[0].intersection(pieces[1]).area == 0


def test_several_parts_without_holes_stay_one_feature(planner, plot_factory, tmp_path):
    plot_factory(boundary=MultiPolygon(*square(105.61, 10.45), *square(105.62, 10.45), srid=4326))

    (document,), _about = written(select(planner), tmp_path / "f.zip")

    (feature,) = json.loads(document)["features"]
    assert feature["geometry"]["type"] == "MultiPolygon"


def test_coordinates_have_six_decimals_and_rings_run_as_rfc_7946_asks(planner, plot_factory, tmp_path):
    plot_factory(boundary=square(105.6123456789, 10.4512345678))

    (document,), _about = written(select(planner), tmp_path / "f.zip")

    (ring,) = json.loads(document)["features"][0]["geometry"]["coordinates"]
    assert all(round(number, 6) == number for position in ring for number in position)
    assert Polygon(ring).exterior_ring.is_counterclockwise


def test_household_is_not_named(planner, commune, plot_factory, tmp_path):
    household = make_cooperative(commune, kind="household", name="Hộ Bà Riêng Tư", slug="ho-rieng")
    plot_factory(cooperative=household)

    (document,), about = written(select(planner), tmp_path / "f.zip")

    properties = json.loads(document)["features"][0]["properties"]
    assert properties.keys() == {"ProducerCountry", "ProductionPlace"}
    assert "Riêng Tư" not in json.dumps(about, ensure_ascii=False)
    assert [finding["code"] for finding in about["findings"]] == ["no_producer"]


def test_area_whose_outline_is_hidden_is_left_out_and_told(area_factory, product_factory, tmp_path):
    open_area = area_factory(name="Vùng mở", lon=105.6)
    hidden = area_factory(name="Vùng một hộ", growers=1, lon=105.63)
    for one in (open_area, hidden):
        product_factory(area=one, name_vi=one.name)

    (document,), about = written(select(AnonymousUser(), "areas"), tmp_path / "f.zip")

    places = [feature["properties"]["ProductionPlace"] for feature in json.loads(document)["features"]]
    assert [place.split(",")[0] for place in places] == ["Vùng mở"]
    (finding,) = [one for one in about["findings"] if one["code"] == "ground_not_shown"]
    assert finding["severity"] == "refused"
    assert [example["id"] for example in finding["examples"]] == [str(hidden.pk)]
    assert about["rows_left_out"] == 1


def test_report_counts_rows_and_names_examples(planner, plot_factory):
    for number in range(3):
        plot_factory(ref=f"L-{number}", boundary=square_with_hole(105.6 + 0.01 * number, 10.45))
    plot_factory(ref="G-1", boundary=square(105.7, 10.45))
    plot_factory(ref="G-2", boundary=square(105.7, 10.45))

    told = report(select(planner))

    by_code = {finding.code: finding.extra for finding in told.findings}
    assert (told.rows, told.left_out, told.files) == (5, 0, 1)
    assert (by_code["hole"]["count"], by_code["hole"]["amount"]) == (3, 3)
    assert [example["place"].split(",")[0] for example in by_code["same_ground_twice"]["examples"]] == ["G-1", "G-2"]
    assert by_code["hole"]["examples"][0]["point"] == pytest.approx([105.6, 10.45], abs=0.001)


def test_filters_and_rights_are_those_of_the_selection(planner, foreign_officer, plot_factory, tmp_path):
    plot_factory(ref="T-8"), plot_factory(ref="T-9")

    (document,), about = written(select(planner, query="q=T-9"), tmp_path / "f.zip")
    nothing, empty = written(select(foreign_officer), tmp_path / "g.zip")

    assert len(json.loads(document)["features"]) == 1
    assert about["filter"] == {"q": "T-9"}
    assert (nothing, empty["row_count"], empty["files"]) == ([], 0, 0)


def test_full_file_is_followed_by_another(tmp_path):
    feature = b'{"type":"Feature","geometry":null,"properties":{}}'
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        parts = _Parts(archive, limit=200)
        for _number in range(5):
            parts.add(feature)
        parts.close()

    with zipfile.ZipFile(tmp_path / "f.zip") as archive:
        sizes = [len(archive.read(name)) for name in archive.namelist()]
        counts = [len(json.loads(archive.read(name))["features"]) for name in archive.namelist()]
    assert max(sizes) <= 200
    assert counts == [3, 2]


@pytest.mark.parametrize(
    ("layer", "format", "query", "code"),
    [
        ("units", ExportFormat.GEOJSON, "", "profile_not_for_layer"),
        ("plots", ExportFormat.GPKG, "", "profile_not_for_format"),
        ("plots", ExportFormat.GEOJSON, "crs=EPSG:5897", "profile_needs_wgs84"),
    ],
)
def test_what_the_profile_is_not_for_is_refused(planner, tmp_path, layer, format, query, code):
    with pytest.raises(RuleViolated) as refused:
        EUDR.write(select(planner, layer, query), format, tmp_path / "f.zip", nobody_asks)

    assert refused.value.code == code


def test_national_profile_is_for_offices_only(outsider, tmp_path):
    with pytest.raises(NotAllowed):
        PROFILES[ExportProfile.NATIONAL].write(
            select(outsider, "codes"), ExportFormat.CSV, tmp_path / "f.csv", nobody_asks
        )
