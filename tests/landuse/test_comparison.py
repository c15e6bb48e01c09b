"""What changed between two versions: by class, from class to class, kept until a parcel changes."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import NotAllowed, RuleViolated
from landuse import comparison, reference
from landuse.models import ClassScheme, LandUseParcel, LayerComparison
from landuse.services import note_revision
from office.services import run_job
from tests.shapes import square

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(land_use_layer_factory, parcel_factory):
    """Two hectares of rice and one of perennials; two years later half of the rice is town, and one hectare is gone."""
    before = land_use_layer_factory(as_of=dt.date(2024, 1, 1))
    after = land_use_layer_factory(as_of=dt.date(2026, 1, 1), scheme=before.scheme)
    shapes = [square(105.60 + number / 100, 10.45, side_m=100) for number in range(3)]
    for code, shape in zip(("LUC", "LUC", "CLN"), shapes, strict=True):
        parcel_factory(code, layer=before, boundary=shape)
    parcel_factory("LUC", layer=after, boundary=shapes[0])
    parcel_factory("ODT", layer=after, boundary=shapes[1])
    return before, after


def test_hectares_by_class_and_from_class_to_class(pair):
    result = comparison.compare(*pair)

    by_class = {item.code: (round(item.left_ha, 2), round(item.right_ha, 2)) for item in result.classes}
    assert by_class == {"LUC": (2.0, 1.0), "CLN": (1.0, 0.0), "ODT": (0.0, 1.0)}
    moves = {
        (move.before and move.before.code, move.after and move.after.code): round(move.area_ha, 2)
        for move in result.moves
    }
    assert moves == {("LUC", "ODT"): 1.0, ("CLN", None): 1.0}
    assert result.same_ha == pytest.approx(1.0, abs=0.01)


def test_moves_and_totals_agree(pair):
    result = comparison.compare(*pair)

    gone = sum(move.area_ha for move in result.moves if move.before)
    assert gone + result.same_ha == pytest.approx(result.left_ha, abs=0.001)


def test_result_is_kept_until_a_parcel_changes(pair):
    comparison.compare(*pair)
    with CaptureQueriesContext(
        connection,
    ) as kept:
        comparison.compare(*pair)
    assert not [query for query in kept.captured_queries if "ST_Intersection" in query["sql"]]

    LandUseParcel.objects.filter(layer=pair[1]).first().delete()
    note_revision(pair[1])
    again = comparison.compare(*pair)

    assert LayerComparison.objects.get().right_revision == pair[1].revision == 1
    assert again.right_ha == pytest.approx(1.0, abs=0.01)


def test_too_many_parcels_are_left_to_a_job(pair, planner, monkeypatch):
    monkeypatch.setattr(comparison, "INLINE_PARCELS", 2)

    assert comparison.compare(*pair).moves is None
    job = run_job(comparison.order_comparison(*pair, by=planner).pk)

    assert job.status == "done"
    assert len(comparison.compare(*pair).moves) == 2


def test_what_takes_too_long_is_told_not_waited_for(pair, monkeypatch):
    monkeypatch.setattr(comparison, "TIMEOUT_MS", 1)
    monkeypatch.setattr(comparison.sql, "COMPARE", "SELECT 1, 1, pg_sleep(1) WHERE %(left)s > 0")

    assert comparison.compare(*pair).moves is None
    assert not LayerComparison.objects.exists()


def test_only_stewards_order_and_a_lost_layer_is_told(pair, planner, clerk):
    with pytest.raises(NotAllowed):
        comparison.order_comparison(*pair, by=clerk)
    job = comparison.order_comparison(*pair, by=planner)
    pair[0].parcels.all().delete()
    pair[0].delete()

    assert run_job(job.pk).error_code == "comparison_layer_gone"
    assert RuleViolated("comparison_layer_gone").code == "comparison_layer_gone"


def test_old_and_new_edition_meet_in_the_new_words(land_use_layer_factory, parcel_factory):
    reference.load()
    old, new = (ClassScheme.objects.get(code=code) for code in (reference.UNTIL_2024, reference.SINCE_2024))
    before = land_use_layer_factory(as_of=dt.date(2023, 1, 1), scheme=old)
    after = land_use_layer_factory(as_of=dt.date(2025, 1, 1), scheme=new)
    parcel_factory("BHK", layer=before)
    parcel_factory("HNK", layer=after)

    result = comparison.compare(before, after)

    assert [item.code for item in result.classes] == ["HNK"]
    assert result.moves == ()
    assert result.same_ha == pytest.approx(1.0, abs=0.01)
