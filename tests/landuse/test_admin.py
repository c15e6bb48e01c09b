"""Administration of land use: what goes there is gone from the maps too."""

import pytest

from landuse.models import LandUseLayer
from landuse.services import note_revision
from maps.models import GroundCell, LayerChange

pytestmark = pytest.mark.django_db
LAYERS = "/admin/landuse/landuselayer/"


def test_a_deleted_layer_gives_tiles_a_new_version(admin_client, land_use_layer, parcel_factory):
    parcel_factory()
    note_revision(land_use_layer)
    LayerChange.objects.all().delete()

    answer = admin_client.post(f"{LAYERS}{land_use_layer.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 302
    assert not LandUseLayer.objects.exists()
    assert LayerChange.objects.filter(layer="land-use").exists()


def test_layers_deleted_from_the_list_give_tiles_a_new_version(admin_client, land_use_layer):
    answer = admin_client.post(
        LAYERS, {"action": "delete_selected", "_selected_action": [land_use_layer.pk], "post": "yes"}
    )

    assert answer.status_code == 302
    assert not LandUseLayer.objects.exists()
    assert LayerChange.objects.filter(layer="land-use").exists()


def test_a_deleted_parcel_is_gone_from_far_out_tiles_and_voids_comparisons(
    admin_client, land_use_layer, parcel_factory
):
    parcel = parcel_factory()
    note_revision(land_use_layer)
    assert GroundCell.objects.exists()

    answer = admin_client.post(f"/admin/landuse/landuseparcel/{parcel.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 302
    assert not GroundCell.objects.exists()
    land_use_layer.refresh_from_db()
    assert land_use_layer.revision == 2


def test_parcels_deleted_from_the_list_leave_the_others_counted(admin_client, land_use_layer, parcel_factory):
    gone, stays = parcel_factory("LUC"), parcel_factory("CLN")
    note_revision(land_use_layer)

    answer = admin_client.post(
        "/admin/landuse/landuseparcel/", {"action": "delete_selected", "_selected_action": [gone.pk], "post": "yes"}
    )

    assert answer.status_code == 302
    assert set(GroundCell.objects.values_list("land_use_class", flat=True)) == {stays.land_use_class_id}
