"""Reads of units: by day, tree, point and name."""

from datetime import date

import pytest

from places.models import AdministrativeUnit, UnitLevel
from tests.factories.places import make_succession
from tests.shapes import middle_of, square, square_east_of

OLD, NEW = date(2025, 3, 12), date(2025, 7, 1)


@pytest.fixture
def reform(unit_factory, province):
    """Xã Mỹ Tân and xã Tân Nghĩa went into phường Mỹ Ngãi, whose code was Mỹ Tân's."""
    my_tan = unit_factory(code="29884", name_vi="Mỹ Tân", valid_from=OLD, valid_to=NEW)
    tan_nghia = unit_factory(code="30091", name_vi="Tân Nghĩa", valid_from=OLD, valid_to=NEW)
    my_ngai = unit_factory(code="29884", unit_type="Phường", name_vi="Mỹ Ngãi", valid_from=NEW, parent=province)
    make_succession(my_tan, my_ngai)
    make_succession(tan_nghia, my_ngai)
    return my_tan, tan_nghia, my_ngai


@pytest.mark.parametrize(
    ("case", "day", "name"),
    [
        ("eve of the reform", date(2025, 6, 30), "Mỹ Tân"),
        ("day of the reform", NEW, "Mỹ Ngãi"),
        ("today", None, "Mỹ Ngãi"),
    ],
)
def test_code_means_what_it_meant_that_day(reform, case, day, name):
    units = AdministrativeUnit.objects.with_code("29884")

    found = units.on(day) if day else units.current()

    assert [unit.name_vi for unit in found] == [name]


def test_within_unit_takes_the_unit_and_all_below_it(unit_factory, province, commune):
    hamlet = unit_factory(level=UnitLevel.HAMLET, parent=commune)
    unit_factory(level=UnitLevel.COMMUNE, parent=unit_factory(level=UnitLevel.PROVINCE))

    found = AdministrativeUnit.objects.within_unit(province)

    assert set(found) == {province, commune, hamlet}


def test_within_units_is_one_query_and_a_subquery_for_others(
    unit_factory, province, commune, django_assert_num_queries
):
    inside = AdministrativeUnit.objects.within_units([province.pk])

    with django_assert_num_queries(1):
        children = list(AdministrativeUnit.objects.filter(parent__in=inside))

    assert children == [commune]


def test_within_no_units_finds_nothing(province):
    assert not AdministrativeUnit.objects.within_units([]).exists()


def test_point_lies_in_the_unit_around_it_only(unit_factory):
    west = unit_factory(boundary=square(105.60, 10.40, 1000))
    unit_factory(boundary=square_east_of(west.boundary))

    found = AdministrativeUnit.objects.containing(middle_of(west.boundary))

    assert list(found) == [west]


def test_point_on_the_border_gives_both_units_in_order_of_code(unit_factory):
    west = unit_factory(code="90800", boundary=square(105.60, 10.40, 1000))
    east = unit_factory(code="90700", boundary=square_east_of(west.boundary))
    border = middle_of(west.boundary)
    border.x = west.boundary.extent[2]

    found = AdministrativeUnit.objects.containing(border)

    assert list(found) == [east, west]


@pytest.mark.parametrize("text", ["my ngai", "MỸ NGÃI", "Phường Mỹ Ngãi", "mỹ tân", "tan nghia", "xã Tân Nghĩa"])
def test_search_leads_from_old_and_new_names_to_the_unit_of_today(reform, text):
    found = AdministrativeUnit.objects.search(text).current()

    assert [unit.name_vi for unit in found] == ["Mỹ Ngãi"]


def test_search_goes_through_several_reforms(reform, unit_factory):
    my_tan = reform[0]
    older = unit_factory(name_vi="Mỹ Cổ", valid_from=date(2000, 1, 1), valid_to=OLD)
    make_succession(older, my_tan)

    found = AdministrativeUnit.objects.search("my co").current()

    assert [unit.name_vi for unit in found] == ["Mỹ Ngãi"]


def test_search_puts_the_unit_of_that_name_first(unit_factory):
    unit_factory(code="90001", name_vi="Mỹ Thọ Trung")
    unit_factory(code="90002", name_vi="Mỹ Thọ")

    found = AdministrativeUnit.objects.search("my tho")

    assert [unit.code for unit in found] == ["90002", "90001"]


@pytest.mark.parametrize("text", ["", "  ", "%", "_"])
def test_search_without_words_finds_nothing(reform, text):
    assert not AdministrativeUnit.objects.search(text).exists()


def test_successors_of_a_past_unit_are_those_in_force(reform):
    my_tan, _, my_ngai = reform

    assert list(AdministrativeUnit.objects.current_successors_of(my_tan)) == [my_ngai]
    assert list(AdministrativeUnit.objects.current_successors_of(my_ngai)) == [my_ngai]


def test_list_without_shapes_does_not_load_outlines(commune, django_assert_num_queries):
    unit = AdministrativeUnit.objects.without_shapes().get(pk=commune.pk)

    with django_assert_num_queries(1):
        assert unit.boundary == commune.boundary
