"""An outline that is public by consent alone: files that stay never hold it, files that are fetched do so until the
consent is withdrawn (F12)."""

import json

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import GEOSGeometry
from django.test import Client
from django.utils.timezone import localdate

from exchange.catalogue import entry
from exchange.models import ExportFormat
from exchange.selection import Selection
from exchange.services import snapshots
from exchange.services.exports import order_export, shape_from
from office.services import run_job
from people.services import give_consent, withdraw_consent

pytestmark = pytest.mark.django_db(transaction=True)  # a file is written by a connection of its own
LAYERS = ("areas", "codes", "products", "offers")


@pytest.fixture(autouse=True)
def house(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)


@pytest.fixture
def alone(area_factory, code_factory, product_factory, offer_factory):
    """An area of one grower, who agreed to show its outline, with a code, a product and an offer."""
    area = area_factory(name="Vùng một hộ", growers=1, lon=105.70)
    grower = area.plots.get().grower
    give_consent(grower.person, "public_outline", text_version="1", channel="paper", evidence="Phiếu 1")
    area.refresh_from_db()
    assert (area.is_outline_public, area.grower_count) == (True, 1)
    code_factory(area=area)
    offer_factory(product=product_factory(area=area))
    return area


def shapes_in(text, area):
    """Return the shapes of a GeoJSON text that lie on the ground of the area."""
    found = [GEOSGeometry(json.dumps(one["geometry"])) for one in json.loads(text)["features"] if one["geometry"]]
    return [shape for shape in found if shape.intersects(area.boundary)]


def test_snapshots_hold_no_place_that_rests_on_a_consent(client, alone, area, code):
    for layer in LAYERS:
        streamed = b"".join(client.get(f"/data/{layer}.geojson").streaming_content)

        snapshot = snapshots.make_snapshot(entry(layer), ExportFormat.GEOJSON, localdate())
        kept = snapshots.path_of(snapshot).read_bytes()

        assert shapes_in(streamed, alone), layer
        assert shapes_in(kept, alone) == [], layer
        assert len(json.loads(kept)["features"]) == len(json.loads(streamed)["features"]), layer
        if layer == "areas":  # what three growers share is public by rule: no consent carries it
            assert shapes_in(kept, area) == shapes_in(streamed, area) != []
    tiles = snapshots.make_snapshot(entry("areas"), ExportFormat.PMTILES, localdate())
    assert tiles.row_count == 2


def ordered(layer):
    selection = Selection.read(entry(layer), AnonymousUser(), {})
    export = order_export(selection, shape_from(selection, format="geojson"), by=AnonymousUser())
    run_job(export.job_id)
    return f"/data/exports/{export.pk}/file", f"/api/v1/exports/{export.pk}/"


def test_files_are_held_back_once_the_consent_is_withdrawn(alone):
    made = {layer: ordered(layer) for layer in (*LAYERS, "units")}
    client = Client()
    before = {layer: b"".join(client.get(file).streaming_content) for layer, (file, _told) in made.items()}

    withdraw_consent(alone.plots.get().grower.person, "public_outline")
    after = {layer: client.get(file) for layer, (file, _told) in made.items()}

    assert all(shapes_in(before[layer], alone) for layer in LAYERS)
    assert {layer: response.status_code for layer, response in after.items()} == {
        **dict.fromkeys(LAYERS, 404), "units": 200,
    }  # fmt: skip
    assert all(client.get(made[layer][1]).json()["file"] is None for layer in LAYERS)
    after["units"].close()
