"""Tables from files, gzipped or not."""

import gzip

import pytest

from geofiles import tables
from geofiles.errors import UnreadableFile
from geofiles.tables import read_table, vertex_counts

POINTS = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"01"},'
    '"geometry":{"type":"LineString","coordinates":[[105.6,10.4],[105.7,10.4],[105.7,10.5]]}}]}'
)


def test_csv_comes_back_as_text_with_blanks_as_none(tmp_path):
    path = tmp_path / "units.csv"
    path.write_text("\ufeffcode,name\n01,Hà Nội\n02,\n", encoding="utf-8")

    batch = read_table(path)

    assert (batch.column("code"), batch.column("name")) == (["01", "02"], ["Hà Nội", None])
    assert batch.wkb() == [None, None]
    assert vertex_counts(batch) == [0, 0]


def test_gzipped_geojson_is_read_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "line.geojson.gz"
    path.write_bytes(gzip.compress(POINTS.encode()))

    batch = read_table(path)

    assert (batch.column("code"), batch.crs, vertex_counts(batch)) == (["01"], "EPSG:4326", [3])
    assert [entry.name for entry in tmp_path.iterdir()] == ["line.geojson.gz"]


@pytest.mark.parametrize(
    ("case", "name", "content", "reason"),
    [
        ("not gzip", "a.csv.gz", b"code\n1\n", "not_gzip"),
        ("cut off", "a.csv.gz", gzip.compress(b"code\n" + b"1\n" * 5000, mtime=0)[:-20], "not_gzip"),
        ("not UTF-8", "a.csv", "code,name\n01,H\u00e0\n".encode("latin-1"), "not_csv"),
        ("open quote", "a.csv", b'code,name\n01,"x\n', "not_csv"),
        ("no header", "a.csv", b"", "no_features"),
        ("column twice", "a.csv", b"code,code\n1,2\n", "repeated_column"),
        ("short row", "a.csv", b"code,name\n1\n", "uneven_row"),
    ],
)
def test_table_that_cannot_be_read_says_why(tmp_path, case, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UnreadableFile) as error:
        read_table(path)

    assert error.value.params["reason"] == reason


def test_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_UNPACKED_BYTES", 1000)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"code\n" + b"1\n" * 5000))

    with pytest.raises(UnreadableFile) as error:
        read_table(path)

    assert error.value.params["reason"] == "too_large"
