"""What the database refuses about units."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from places.models import AdministrativeUnit, UnitLevel, UnitSuccession
from tests.factories.places import make_succession
from tests.shapes import bowtie, square

OLD, NEW = date(2025, 3, 12), date(2025, 7, 1)


def test_one_code_may_name_two_units_one_after_the_other(unit_factory):
    unit_factory(code="29884", name_vi="Mỹ Tân", valid_from=OLD, valid_to=NEW)

    unit_factory(code="29884", unit_type="Phường", name_vi="Mỹ Ngãi", valid_from=NEW)

    assert AdministrativeUnit.objects.with_code("29884").count() == 2


@pytest.mark.parametrize(
    ("case", "fields", "constraint"),
    [
        ("in force at once", {"valid_from": date(2026, 1, 1)}, "unit_code_in_force_once"),
        ("same first day", {"valid_from": NEW}, "unit_code"),
        ("ends before it starts", {"code": "29885", "valid_to": date(2024, 1, 1)}, "unit_starts_before_it_ends"),
        ("code with letters", {"code": "29A84"}, "unit_code_is_digits"),
        ("area of nothing", {"code": "29885", "official_area_km2": 0}, "unit_official_area_positive"),
        ("crossing itself", {"code": "29885", "boundary": bowtie(105.6, 10.4)}, "unit_boundary_valid"),
        ("in Europe", {"code": "29885", "boundary": square(10.0, 50.0)}, "unit_boundary_in_country"),
    ],
)
def test_unit_that_cannot_be_is_refused(unit_factory, case, fields, constraint):
    unit_factory(code="29884")

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AdministrativeUnit.objects.create(
            **{"code": "29884", "level": UnitLevel.COMMUNE, "name_vi": "X", "valid_from": NEW} | fields
        )


def test_province_below_a_unit_is_refused(unit_factory, province):
    with pytest.raises(IntegrityError, match="unit_province_has_no_parent"), transaction.atomic():
        unit_factory(level=UnitLevel.PROVINCE, parent=province)


def test_succession_to_itself_is_refused(unit_factory):
    unit = unit_factory()

    with pytest.raises(IntegrityError, match="succession_of_two_units"), transaction.atomic():
        make_succession(unit, unit)


def test_succession_share_above_one_is_refused(unit_factory):
    old, new = unit_factory(), unit_factory()

    with pytest.raises(IntegrityError, match="succession_share_is_a_share"), transaction.atomic():
        make_succession(old, new, share=1.2)

    assert not UnitSuccession.objects.exists()


def test_unit_is_shown_with_type_and_name(unit_factory):
    unit = unit_factory(unit_type="Phường", name_vi="Cao Lãnh")

    assert (str(unit), unit.search_key) == ("Phường Cao Lãnh", "phuong cao lanh")


def test_change_of_a_unit_leaves_history_without_its_outline(commune):
    AdministrativeUnit.objects.filter(pk=commune.pk).update(name_en="Cao Lanh Test")

    labels = list(commune.history.order_by("pgh_id").values_list("pgh_label", "name_en"))

    assert labels == [("insert", ""), ("update", "Cao Lanh Test")]
    assert "boundary" not in {field.name for field in commune.history.model._meta.fields}
