"""Provisional parcel codes of plots: at once, by the job, and what is likely the same."""

import pytest

from farms import services
from farms.models import Plot
from farms.receivers import AT_ONCE, FILL_CODES
from farms.services import parcel_codes
from geofiles import parcel_code
from office.models import Job
from tests.shapes import square

pytestmark = pytest.mark.django_db
HERE = square(105.63, 10.45, side_m=100)


def code_of(boundary):
    return parcel_code.geohash_of(bytes(boundary.wkb), "EPSG:5897")


def test_single_plot_has_its_code_at_once_without_a_version_of_its_own(cooperative, clerk, mango):
    plot = services.add_plot(cooperative, HERE, by=clerk, ref="T-1", crop=mango)

    assert plot.provisional_parcel_code == code_of(HERE)
    assert plot.parcel_code == ""
    assert (plot.version, plot.history.count()) == (1, 1)


def test_moved_plot_gets_another_code(cooperative, clerk, mango):
    plot = services.add_plot(cooperative, HERE, by=clerk, ref="T-1", crop=mango)
    there = square(105.64, 10.46, side_m=100)

    moved = services.change_plot(plot, by=clerk, boundary=there)

    assert moved.provisional_parcel_code == code_of(there)


def test_bulk_write_leaves_the_codes_to_one_job(cooperative, mango, plot_factory, work_off):
    from core.changes import announce
    from farms.changes import PlotsArrived

    plots = [plot_factory() for _turn in range(AT_ONCE + 1)]
    Plot.objects.filter(pk=plots[0].pk).update(provisional_parcel_code="w3g5jrk65gg1")  # of where it was before

    announce(PlotsArrived(plots=Plot.objects.all()))
    announce(PlotsArrived(plots=Plot.objects.all()))

    assert Job.objects.filter(kind=FILL_CODES).count() == 1
    assert not Plot.objects.exclude(provisional_parcel_code="").exists()

    work_off()

    stored = Plot.objects.get(pk=plots[0].pk)
    assert stored.provisional_parcel_code == code_of(stored.boundary)
    assert not Plot.objects.filter(provisional_parcel_code="").exists()
    assert stored.history.count() == 1


def test_job_goes_over_all_in_batches(plot_factory, monkeypatch):
    monkeypatch.setattr(parcel_codes, "BATCH", 2)
    for _turn in range(5):
        plot_factory()
    job = Job.objects.create(kind=FILL_CODES)

    assert parcel_codes.fill_codes(job) == {"filled": 5}
    assert parcel_codes.fill_codes(job) == {"filled": 0}


def test_likely_same_needs_place_and_area(cooperative, neighbour, clerk, neighbour_clerk, mango):
    mine = services.add_plot(cooperative, HERE, by=clerk, ref="T-1", crop=mango)
    same = services.add_plot(
        neighbour, square(105.630002, 10.450002, side_m=100), by=neighbour_clerk, ref="A", crop=mango
    )
    smaller = square(105.63 + 0.0001, 10.45 + 0.0001, side_m=78)
    services.add_plot(neighbour, square(105.65, 10.45, side_m=100), by=neighbour_clerk, ref="C", crop=mango)
    other = Plot.objects.create(
        cooperative=neighbour, crop=mango, commune=mine.commune, ref="B", boundary=smaller,
        provisional_parcel_code=mine.provisional_parcel_code,
    )  # fmt: skip

    found = list(parcel_codes.likely_same(mine))

    assert found == [same]
    assert list(parcel_codes.likely_same(other)) == []


def test_plot_without_a_code_is_like_none(plot):
    assert not parcel_codes.likely_same(plot).exists()


def test_likely_same_uses_the_index(cooperative, clerk, mango):
    from django.db import connection

    plot = services.add_plot(cooperative, HERE, by=clerk, ref="T-1", crop=mango)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = parcel_codes.likely_same(plot).explain()

    assert "plot_provisional_code_prefix" in plan


def test_page_shows_the_code_as_provisional_and_asks_about_a_twin(
    client, cooperative, neighbour, clerk, neighbour_clerk, mango
):
    mine = services.add_plot(cooperative, HERE, by=clerk, ref="T-1", crop=mango)
    client.force_login(clerk)
    alone = client.get(mine.get_absolute_url()).content.decode()
    services.add_plot(
        neighbour, square(105.630002, 10.450002, side_m=100), by=neighbour_clerk, ref="THUA-LA", crop=mango
    )

    beside = client.get(mine.get_absolute_url()).content.decode()

    assert "Mã định danh tạm tính" in alone
    assert mine.provisional_parcel_code in alone
    assert "gần như trùng" not in alone
    assert "gần như trùng" in beside
    assert "THUA-LA" not in beside
