"""Profiles through the writer that jobs call, read on a connection of its own, in one moment."""

import json
import zipfile

import pyarrow.parquet as pq
import pytest
from django.http import QueryDict

from exchange.catalogue import entry
from exchange.exports.files import write_export
from exchange.models import ExportFormat, ExportProfile
from exchange.selection import Selection
from tests.shapes import square, square_with_hole

pytestmark = pytest.mark.django_db(transaction=True)


def test_profiles_are_written_by_the_jobs_writer(planner, plot_factory, tmp_path):
    plot_factory(ref="T-1", boundary=square_with_hole(105.61, 10.45))
    plot_factory(ref="T-2", boundary=square(105.7, 10.45))
    selection = Selection.read(entry("plots"), planner, QueryDict("crop=xoai"))
    told: list[int] = []

    eudr = write_export(selection, ExportFormat.GEOJSON, ExportProfile.EUDR, tmp_path / "e", told.append)
    fiboa = write_export(selection, ExportFormat.PARQUET, ExportProfile.FIBOA, tmp_path / "f", told.append)

    with zipfile.ZipFile(tmp_path / "e") as archive:
        features = json.loads(archive.read("eudr-1.geojson"))["features"]
        about = json.loads(archive.read("about.json"))
    assert (eudr.row_count, about["row_count"], len(features)) == (2, 2, 3)
    assert about["filter"] == {"crop": "xoai"}
    assert fiboa.row_count == 2 == pq.read_metadata(tmp_path / "f").num_rows
    assert told[-1] == 100
