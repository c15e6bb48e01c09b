"""Units in the administration pages."""

import pytest

from places.models import AdministrativeUnit
from tests.factories.places import make_succession

LIST = "/admin/places/administrativeunit/"


def test_list_finds_units_without_diacritics(admin_client, commune, province):
    page = admin_client.get(LIST, {"q": "cao lanh"}).content.decode()

    assert "Cao Lãnh Thử" in page
    assert "Thử Nghiệm" not in page


def test_code_dates_tree_and_outline_cannot_be_edited(admin_client, commune):
    admin_client.post(
        f"{LIST}{commune.pk}/change/",
        {
            "name_en": "Test",
            "code": "11111",
            "valid_from": "2020-01-01",
            "name_vi": "Khác",
            "boundary": "",
            "source": "x",
        },
    )

    after = AdministrativeUnit.objects.get(pk=commune.pk)
    assert (after.name_en, after.source) == ("Test", "x")
    assert (after.code, after.valid_from, after.name_vi) == (commune.code, commune.valid_from, commune.name_vi)
    assert after.boundary == commune.boundary


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_units_are_neither_added_nor_deleted_by_hand(admin_client, commune, page):
    answer = admin_client.get(LIST + page.format(pk=commune.pk))

    assert answer.status_code == 403


def test_succession_is_listed_and_opened(admin_client, unit_factory, commune):
    succession = make_succession(unit_factory(name_vi="Xưa"), commune)

    listed = admin_client.get("/admin/places/unitsuccession/", {"q": "xua"})
    opened = admin_client.get(f"/admin/places/unitsuccession/{succession.pk}/change/")

    assert "Xưa" in listed.content.decode()
    assert opened.status_code == 200
