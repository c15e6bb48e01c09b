"""The demonstration province: everything the issue promises is in it, and it can be taken out without a trace."""

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from casework.models import CodeRequest, RequestStatus
from codes.models import CodeScheme, ProductionAreaCode
from cooperatives.models import Cooperative, Grower
from demo.accounts import accounts_file
from demo.benchmark import build_benchmark
from demo.cast import id_number, person_name, phone_number
from demo.removal import remove_demo
from demo.story import build_demo
from farms.models import OverlapCase, Plot, PlotSeason
from landuse.models import LandUseLayer
from maps.models import LayerZoom
from places.models import AdministrativeUnit
from products.models import Enquiry, Product

# That schemes were switched on and off again stays in their history: it happened. Where shapes begin (`maps_layerzoom`)
# is decided anew from what is left.
KEPT_ANYWAY = {
    "codes_codeschemehistory",
    "core_requestcount",
    "maps_layerchange",
    "maps_layerzoom",
    "office_outboxmessage",
    "pghistory_context",
}


@pytest.fixture
def reference(db, settings, tmp_path):
    settings.STATE_DIR = tmp_path
    call_command("load_reference_data", verbosity=0)


def _rows_by_table() -> dict[str, int]:
    real = set(connection.introspection.table_names())
    tables = {model._meta.db_table for model in apps.get_models()} & real - KEPT_ANYWAY
    counts = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    return counts


@pytest.mark.slow
def test_demo_holds_what_it_promises_and_goes_without_a_trace(reference, django_capture_on_commit_callbacks):
    before = _rows_by_table()

    build_demo()

    assert AdministrativeUnit.objects.current().communes().count() == 102
    assert Cooperative.objects.filter(status="verified").count() == 12
    assert Cooperative.objects.filter(status__in=("pending", "returned")).count() == 2
    assert PlotSeason.objects.exists()
    assert Grower.objects.count() == 2_000
    assert Plot.objects.filter(ref__startswith="L").count() == 6_000
    assert OverlapCase.objects.open().count() >= 4
    assert ProductionAreaCode.objects.count() == 90
    assert set(ProductionAreaCode.objects.values_list("status", flat=True)) == {"active", "suspended", "revoked"}
    assert ProductionAreaCode.objects.filter(code="VN-XXOR-0017").exists()
    assert ProductionAreaCode.objects.filter(code="99-PUC-XOAI01-000001-CHN").exists()
    assert set(RequestStatus.values) == set(CodeRequest.objects.values_list("status", flat=True))
    assert {"crop", "aquaculture", "livestock", "forestry", "processed"} == set(
        Product.objects.values_list("kind", flat=True)
    )
    assert Enquiry.objects.count() == 6
    assert LandUseLayer.objects.count() == 3
    assert accounts_file().stat().st_mode & 0o777 == 0o600
    LayerZoom.objects.update_or_create(layer="products", defaults={"shapes_from": 16, "densest": 9_000})

    with django_capture_on_commit_callbacks(execute=True):
        remove_demo()

    assert _rows_by_table() == before
    assert set(LayerZoom.objects.values_list("densest", flat=True)) == {0}
    assert not accounts_file().exists()
    assert not CodeScheme.objects.get(slug="nd-38-2026").is_confirmed


@pytest.mark.slow
def test_benchmark_province_is_valid_and_free_of_overlap_above_tolerance(reference):
    stored = build_benchmark(1_000)

    assert stored == Plot.objects.count() == 1_000
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM farms_plot a JOIN farms_plot b ON a.id < b.id AND a.boundary && b.boundary
               WHERE ST_Area(ST_Intersection(a.boundary, b.boundary)::geography) > %s""",
            [settings.OVERLAP_MIN_M2],
        )
        assert cursor.fetchone()[0] == 0
    assert not Plot.objects.filter(grower=None).exists()


def test_invented_persons_are_always_the_same_and_cannot_be_real():
    assert person_name(17) == person_name(17)
    assert phone_number(3).startswith("000")
    assert id_number(3).startswith("000")
    assert len(id_number(3)) == 12
