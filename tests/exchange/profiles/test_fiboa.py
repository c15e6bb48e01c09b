"""The fiboa profile: GeoJSON and GeoParquet say the same and keep to the schema."""

import datetime as dt
import json

import jsonschema
import pyarrow.parquet as pq
import pytest
import shapely
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from exchange.catalogue import entry
from exchange.models import ExportFormat, ExportProfile
from exchange.profiles import PROFILES
from exchange.profiles.base import nobody_asks
from exchange.selection import Selection
from tests.exchange.profiles.helpers import schema
from tests.shapes import square

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moment_here")]
FIBOA = PROFILES[ExportProfile.FIBOA]


@pytest.fixture
def plots(plot_factory):
    return [
        plot_factory(
            ref="T-1",
            boundary=square(105.6, 10.45),
            determination="driven",
            determined_on=dt.date(2026, 3, 1),
        ),
        plot_factory(ref="T-2", boundary=square(105.61, 10.45)),
    ]


def select(user, layer="plots", query=""):
    return Selection.read(entry(layer), user, QueryDict(query))


def test_geojson_keeps_to_the_schema_and_tells_what_it_is(planner, plots, tmp_path):
    rows = FIBOA.write(select(planner), ExportFormat.GEOJSON, tmp_path / "f.geojson", nobody_asks)

    document = json.loads((tmp_path / "f.geojson").read_text("utf-8"))
    jsonschema.validate(document, schema("fiboa"))
    first, second = (feature["properties"] for feature in document["features"])
    assert rows == 2 == document["vung_trong"]["row_count"]
    assert (first["determination:method"], first["determination:datetime"]) == ("driven", "2026-03-01T05:00:00Z")
    assert (second["determination:method"], "determination:datetime" in second) == ("unknown", False)
    assert first["metrics:area"] == pytest.approx(plots[0].area_m2)
    assert first["metrics:perimeter"] == pytest.approx(400, rel=0.001)
    assert (first["crop:code"], first["crop:name"]) == ("xoai", "Xoài")


def test_geoparquet_says_the_same(planner, plots, tmp_path):
    FIBOA.write(select(planner), ExportFormat.PARQUET, tmp_path / "f.parquet", nobody_asks)
    FIBOA.write(select(planner), ExportFormat.GEOJSON, tmp_path / "f.geojson", nobody_asks)

    file = pq.ParquetFile(tmp_path / "f.parquet")
    table = file.read()
    features = json.loads((tmp_path / "f.geojson").read_text("utf-8"))["features"]
    for row, feature in zip(table.to_pylist(), features, strict=True):
        shape = shapely.from_wkb(row.pop("geometry"))
        row.pop("bbox")
        assert row.pop("id") == feature["id"]
        drawn = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shapely.normalize(shape).equals_exact(shapely.normalize(drawn), 1e-6)
        moment = row.pop("determination:datetime")
        assert (moment and f"{moment:%Y-%m-%dT%H:%M:%SZ}") == feature["properties"].pop("determination:datetime", None)
        for name in ("metrics:area", "metrics:perimeter"):
            assert row.pop(name) == pytest.approx(feature["properties"].pop(name), rel=1e-6)
        assert {name: value for name, value in row.items() if value is not None} == feature["properties"]


def test_geoparquet_has_the_types_and_the_metadata_that_vecorel_asks_for(planner, plots, tmp_path):
    FIBOA.write(select(planner), ExportFormat.PARQUET, tmp_path / "f.parquet", nobody_asks)

    file = pq.ParquetFile(tmp_path / "f.parquet")
    fields = {field.name: (str(field.type), field.nullable) for field in file.schema_arrow}
    collection = json.loads(file.metadata.metadata[b"collection"])
    geo = json.loads(file.metadata.metadata[b"geo"])
    assert fields["id"] == fields["collection"] == ("string", False)
    assert fields["geometry"] == ("binary", False)
    assert fields["metrics:area"] == ("float", True)
    assert fields["determination:datetime"] == ("timestamp[ms, tz=UTC]", True)
    assert collection["schemas"].keys() == {"vung-trong-plots"}
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    assert geo["columns"]["geometry"]["geometry_types"] == ["MultiPolygon"]


def test_areas_seen_as_a_point_are_left_out_and_told(planner, area_factory, product_factory, tmp_path):
    for name, growers, lon in (("Mở", 3, 105.6), ("Kín", 1, 105.65)):
        area = area_factory(name=f"Vùng {name}", growers=growers, lon=lon)
        product_factory(area=area, name_vi=name)
    visitor = select(AnonymousUser(), "areas")

    rows = FIBOA.write(visitor, ExportFormat.GEOJSON, tmp_path / "f.geojson", nobody_asks)
    (finding,) = FIBOA.check(visitor)

    assert rows == 1
    assert (finding.code, finding.extra["count"]) == ("ground_not_shown", 1)
    assert FIBOA.check(select(planner, "areas")) == []


def test_nothing_to_write_is_an_empty_file(foreign_officer, plots, tmp_path):
    for format, name in ((ExportFormat.GEOJSON, "f.geojson"), (ExportFormat.PARQUET, "f.parquet")):
        assert FIBOA.write(select(foreign_officer), format, tmp_path / name, nobody_asks) == 0

    assert json.loads((tmp_path / "f.geojson").read_text("utf-8"))["features"] == []
    assert pq.read_metadata(tmp_path / "f.parquet").num_rows == 0


def test_code_list_of_crops_has_what_fiboa_asks_for(client, mango):
    answer = client.get("/data/crops.csv")

    lines = answer.content.decode().splitlines()
    assert lines[0].startswith("original_code,original_name,translated_name,")
    assert lines[1].startswith("xoai,Xoài,Mango,")
    assert answer["Content-Type"].startswith("text/csv")
