"""Layers written batch by batch, and rows read from a copy: what each format keeps."""

import io
import json
import zipfile
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
import shapely
from pyarrow import parquet

from geofiles.copied import Column, read_copied, schema_of, with_looked_up
from geofiles.errors import GeoFileError, UnreadableFile
from geofiles.layer_files import LayerFile, write_flatgeobuf, write_geopackage, write_geoparquet, write_workbook
from geofiles.lists import sheets_of
from geofiles.sandbox import read_file
from geofiles.shapefile_out import short_names, write_zipped_shapefile

COLUMNS = (
    Column("id", "integer"),
    Column("name", "text"),
    Column("area_ha", "number"),
    Column("is_coded", "boolean"),
    Column("issued_on", "day"),
    Column("updated_at", "moment"),
    Column("codes", "texts"),
    Column("months", "integers"),
)
SQUARE = shapely.to_wkb(shapely.box(105.63, 10.45, 105.631, 10.451), byte_order=1)
POINT = shapely.to_wkb(shapely.Point(105.7, 10.4), byte_order=1)
MOMENT = datetime(2026, 7, 1, 17, 30, tzinfo=UTC)
ROWS = [
    (1, 'Xoài "Cát",\nHòa Lộc', 1.25, True, date(2026, 7, 1), MOMENT, ["VN-1", "VN-2"], [3, 4], SQUARE),
    (2, "", None, False, None, None, [], [], None),
    (3, None, 0.5, None, date(1999, 12, 31), MOMENT, None, None, POINT),
]
AS_CSV = (
    '1,"Xoài ""Cát"",\nHòa Lộc",1.25,t,2026-07-01,2026-07-01T17:30:00Z,VN-1\x1fVN-2,3\x1f4,' + SQUARE.hex() + "\n"
    '2,"",,f,,,"","",\n'
    "3,,0.5,,1999-12-31,2026-07-01T17:30:00Z,,," + POINT.hex().upper() + "\n"
)
WRITERS = {
    "gpkg": write_geopackage,
    "fgb": write_flatgeobuf,
    "parquet": write_geoparquet,
    "zip": write_zipped_shapefile,
}


def copied(text, columns=COLUMNS, *, has_shape=True):
    return list(read_copied(io.BytesIO(text.encode()), columns, has_shape=has_shape))


def layer_file(**fields):
    head = {"licence": "CC BY 4.0", "source": "thử"}
    return LayerFile("areas", "Vùng trồng", schema_of(COLUMNS, has_shape=True), head=head, **fields)


def test_copy_is_read_as_it_was_written():
    (batch,) = copied(AS_CSV)

    batch.validate(full=True)
    assert [tuple(row.values()) for row in batch.to_pylist()] == ROWS


def test_copy_without_rows_or_without_shapes():
    assert copied("") == []
    (batch,) = copied("7\n8\n", [Column("id", "integer")], has_shape=False)
    assert batch.to_pylist() == [{"id": 7}, {"id": 8}]


def test_many_rows_come_in_batches_and_lose_nothing():
    text = "".join(f"{number},{'x' * 400},{POINT.hex()}\n" for number in range(60_000))

    batches = copied(text, [Column("id", "integer"), Column("name", "text")])

    assert len(batches) > 1
    assert [value for batch in batches for value in batch.column(0).to_pylist()] == list(range(60_000))
    assert {value for batch in batches for value in batch.column(2).to_pylist()} == {POINT}


def test_copy_of_something_else_is_an_error():
    with pytest.raises(pa.ArrowInvalid):
        copied("one,two\n", [Column("id", "integer")], has_shape=False)


def test_kind_that_there_is_not():
    with pytest.raises(ValueError, match="money"):
        Column("price", "money")


def test_values_are_joined_by_key_and_the_key_goes():
    (batch,) = copied(AS_CSV)

    joined = with_looked_up(batch, "id", {"who": {1: "Lan", 9: "Mai"}})

    assert joined.schema.names[-2:] == ["who", "geometry"]
    assert "id" not in joined.schema.names
    assert joined.column("who").to_pylist() == ["Lan", None, None]


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:5897"])
@pytest.mark.parametrize("suffix", WRITERS)
def test_file_holds_rows_and_shapes(suffix, crs, tmp_path):
    path = tmp_path / f"areas.{suffix}"

    WRITERS[suffix](layer_file(crs=crs), iter(copied(AS_CSV)), path)

    batch = read_file(path, layer="areas_polygon") if suffix == "zip" else read_file(path)
    place = batch.column("id").index(1)
    assert batch.column("name")[place].startswith('Xoài "Cát"')
    assert batch.crs == crs
    west, south = shapely.from_wkb(SQUARE).bounds[:2]
    assert batch.in_wgs84().geometries[place].bounds[:2] == pytest.approx((west, south), abs=1e-8)
    # The point, and the row without a shape, are in a shapefile of their own; FlatGeobuf has no row without a shape.
    assert len(batch) == {"zip": 1, "fgb": 2}.get(suffix, 3)


def test_geoparquet_says_what_the_specification_asks_for(tmp_path):
    path = tmp_path / "a.parquet"

    write_geoparquet(layer_file(crs="EPSG:5897"), iter(copied(AS_CSV)), path)

    metadata = parquet.read_metadata(path).metadata
    geo = json.loads(metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    assert (geo["version"], column["encoding"]) == ("1.1.0", "WKB")
    assert column["geometry_types"] == ["Point", "Polygon"]
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 5897}
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    table = parquet.read_table(path)
    boxes = [box for box in table.column("bbox").to_pylist() if box]
    assert column["bbox"] == [min(b["xmin"] for b in boxes), min(b["ymin"] for b in boxes),
                              max(b["xmax"] for b in boxes), max(b["ymax"] for b in boxes)]  # fmt: skip
    assert table.column("months").to_pylist() == [[3, 4], [], None]
    assert json.loads(metadata[b"vung_trong"])["licence"] == "CC BY 4.0"


def test_geoparquet_in_wgs84_leaves_the_crs_to_the_default(tmp_path):
    path = tmp_path / "a.parquet"

    write_geoparquet(layer_file(), iter(copied(AS_CSV)), path)

    assert "crs" not in json.loads(parquet.read_metadata(path).metadata[b"geo"])["columns"]["geometry"]


def test_shapefile_tells_its_limits(tmp_path):
    path, long = tmp_path / "a.zip", "Vĩnh " * 100
    schema = schema_of([Column("cooperative", "text"), Column("cooperative_name", "text")], has_shape=True)
    batch = pa.RecordBatch.from_arrays([pa.array([long]), pa.array(["b"]), pa.array([POINT])], schema=schema)

    write_zipped_shapefile(LayerFile("c", "Lớp", schema, head={"licence": "x"}), iter([batch]), path)

    archive = zipfile.ZipFile(path)
    assert archive.read("fields.csv").decode("utf-8-sig").split() == [
        "field_in_file,field", "cooperativ,cooperative", "cooperat_2,cooperative_name",
    ]  # fmt: skip
    assert "licence: x" in archive.read("readme.txt").decode()
    kept = read_file(path).column("cooperativ")[0]
    assert long.startswith(kept)
    assert 200 < len(kept.encode()) <= 254 or len(kept) == 63


def test_short_names_are_never_alike():
    names = [f"a_long_name_{number}" for number in range(12)] + ["A_LONG_NAME", "đất", "ừ"]

    short = short_names(names)

    assert all(len(value) <= 10 and value.isascii() for value in short.values())
    assert len({value.lower() for value in short.values()}) == len(names)


def test_layer_without_shapes_makes_no_shapefile(tmp_path):
    schema = schema_of([Column("id", "integer")], has_shape=False)

    with pytest.raises(GeoFileError, match="without_shapes"):
        write_zipped_shapefile(LayerFile("t", "T", schema), iter([]), tmp_path / "t.zip")


def test_table_without_shapes_goes_into_the_others(tmp_path):
    columns = [Column("id", "integer")]
    file = LayerFile("t", "T", schema_of(columns, has_shape=False))

    write_geoparquet(file, iter(copied("5\n", columns, has_shape=False)), tmp_path / "t.parquet")
    write_workbook(file, iter(copied("5\n", columns, has_shape=False)), tmp_path / "t.xlsx")

    assert parquet.read_table(tmp_path / "t.parquet").to_pylist() == [{"id": 5}]
    assert b"geo" not in parquet.read_metadata(tmp_path / "t.parquet").metadata
    assert sheets_of(tmp_path / "t.xlsx")[1][0][1][0] == ["id"]


def test_workbook_shows_local_time_and_a_point(tmp_path):
    path = tmp_path / "a.xlsx"

    write_workbook(layer_file(crs="EPSG:5897"), iter(copied(AS_CSV)), path)

    rows = dict(sheets_of(path)[1])["Vùng trồng"]
    first = dict(zip(rows[0], rows[1], strict=False))
    assert first["updated_at"] == "2026-07-02 00:30:00"
    assert first["months"] == "3, 4"
    assert float(first["x"]) == pytest.approx(568_900, abs=1_000)


@pytest.mark.parametrize("suffix", WRITERS)
def test_what_the_source_raises_comes_through(suffix, tmp_path):
    def broken():
        yield from copied(AS_CSV)
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        WRITERS[suffix](layer_file(), broken(), tmp_path / f"a.{suffix}")


def test_place_that_cannot_be_written_to(tmp_path):
    with pytest.raises(UnreadableFile):
        write_geopackage(layer_file(), iter(copied(AS_CSV)), tmp_path / "no" / "such" / "a.gpkg")
