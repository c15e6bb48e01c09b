"""Parts of a data set: their names and their order."""

import pyarrow as pa
import pytest

from geofiles.partitions import write_partitions

SCHEMA = pa.schema([("commune_code", pa.string()), ("geometry", pa.binary())])


def written(values, folder):
    batch = pa.RecordBatch.from_pydict({"commune_code": values, "geometry": [None] * len(values)}, schema=SCHEMA)
    batches = iter([batch.slice(0, 2), batch.slice(2)])
    return write_partitions(batches, folder, schema=SCHEMA, key="commune", column="commune_code", head={})


def test_part_goes_on_over_the_end_of_a_batch(tmp_path):
    parts = written(["1", "2", "2", "2", "3"], tmp_path)

    assert [(part.path, part.rows) for part in parts] == [
        ("commune=1/part-0.parquet", 1),
        ("commune=2/part-0.parquet", 3),
        ("commune=3/part-0.parquet", 1),
    ]


def test_rows_out_of_order_are_refused(tmp_path):
    with pytest.raises(ValueError, match="commune=1 comes twice"):
        written(["1", "2", "1"], tmp_path)


def test_rows_without_a_value_and_odd_values_have_parts_of_their_own(tmp_path):
    parts = written(["../x", "a=b/c", None], tmp_path)

    assert [part.path for part in parts] == [
        "commune=..%2Fx/part-0.parquet",
        "commune=a%3Db%2Fc/part-0.parquet",
        "commune=__HIVE_DEFAULT_PARTITION__/part-0.parquet",
    ]
    assert all((tmp_path / part.path).resolve().is_relative_to(tmp_path) for part in parts)


def test_no_rows_make_a_manifest_and_nothing_else(tmp_path):
    assert write_partitions(iter([]), tmp_path, schema=SCHEMA, key="commune", column="commune_code", head={}) == ()
    assert [path.name for path in tmp_path.iterdir()] == ["_manifest.json"]
