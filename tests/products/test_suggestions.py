"""Suggestions while somebody types: without diacritics, by old names of communes, only what leads somewhere."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.crops import make_variety
from tests.factories.places import make_succession, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def suggested(client):
    """Return a function that asks the API and gives (kind, label, parameters) of each suggestion."""

    def ask(text):
        answer = client.get("/api/v1/suggest/", {"q": text})
        assert answer.status_code == 200, answer.content
        return [(found["kind"], found["label"], found["parameters"]) for found in answer.json()["suggestions"]]

    return ask


@pytest.mark.parametrize("text", ["xoai", "Xoài", "XOÀI", "xoa"])
def test_crop_is_found_whatever_the_diacritics(suggested, product, mango, text):
    assert ("product", mango.name_vi, {"product": mango.slug}) in suggested(text)


def test_crop_that_nobody_sells_is_not_offered(suggested, mango):
    assert [kind for kind, _label, _parameters in suggested("xoai")] == []


def test_variety_brings_its_crop(suggested, product_factory, mango):
    variety = make_variety(mango, slug="cat-chu", name_vi="Cát Chu")
    product_factory(variety=variety)

    assert ("variety", "Cát Chu", {"product": mango.slug, "variety": "cat-chu"}) in suggested("cat ch")


@pytest.mark.parametrize("text", ["xoai cat chu", "Xoài cát", "cat xoai", "mango cat"])
def test_variety_is_found_together_with_its_crop(suggested, product_factory, mango, text):
    product_factory(variety=make_variety(mango, slug="cat-chu", name_vi="Cát Chu"))
    product_factory(variety=make_variety(mango, slug="tuong", name_vi="Tượng da xanh"))

    assert [label for kind, label, _parameters in suggested(text) if kind == "variety"] == ["Cát Chu"]


def test_processed_goods_are_found_by_name(suggested, product_factory):
    product_factory(kind="processed", name_vi="Mứt gừng")

    assert ("name", "Mứt gừng", {"q": "Mứt gừng"}) in suggested("mut gung")


def test_producer_is_found_while_it_sells(suggested, product, neighbour):
    assert ("producer", "Hợp tác xã Của Tôi", {"producer": "htx-cua-toi"}) in suggested("cua toi")
    assert suggested("lang gieng") == []


def test_commune_is_found_by_its_old_name_and_says_so(client, product, commune):
    old = make_unit(code="99900", unit_type="Xã", name_vi="Mỹ Tân", valid_from="2019-01-01", valid_to="2025-07-01")
    make_succession(old, commune)

    (found,) = client.get("/api/v1/suggest/", {"q": "my tan"}).json()["suggestions"]

    assert found["kind"] == "commune"
    assert found["label"] == commune.full_name
    assert "Xã Mỹ Tân" in found["note"]
    assert client.get("/api/v1/products/", found["parameters"] | {"count": "true"}).json()["numberMatched"] == 1


def test_commune_whose_name_another_has_is_asked_for_by_code(suggested, commune, province):
    make_unit(code="99555", unit_type=commune.unit_type, name_vi=commune.name_vi, parent=province)

    found = {parameters["commune"] for kind, _label, parameters in suggested(commune.name_vi) if kind == "commune"}

    assert found == {commune.code, "99555"}


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "'", "<script>", "\\"])
def test_signs_are_only_text(suggested, product, text):
    assert suggested(text) == []


def test_text_that_is_too_long_is_refused(client):
    answer = client.get("/api/v1/suggest/", {"q": "x" * 101})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "max_length"


def test_other_parameters_are_refused(client):
    assert client.get("/api/v1/suggest/", {"q": "x", "product": "xoai"}).status_code == 400


def test_number_of_queries_does_not_grow(suggested, product_factory, mango):
    product_factory(name_vi="Xoài 1", variety=make_variety(mango, slug="xoai-a", name_vi="Xoài A"))

    def asked():
        with CaptureQueriesContext(connection) as queries:
            suggested("xoai")
        return len(queries)

    before = asked()
    for number in range(4):
        product_factory(
            name_vi=f"Xoài {number}0", variety=make_variety(mango, slug=f"x{number}", name_vi=f"Xoài {number}")
        )

    assert asked() == before <= 9
