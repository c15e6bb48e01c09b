"""The schema flag: a layer that reaches a person cannot be published, whatever way it takes."""

import sys
from dataclasses import replace

import django_filters
import pytest
from django.contrib.postgres.expressions import ArraySubquery
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db.models import Case, CharField, Exists, F, OuterRef, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat, Upper

from codes.layers import AREAS, CODES
from codes.models import ProductionArea
from cooperatives.expressions import public_holder_name
from cooperatives.layers import COOPERATIVES
from cooperatives.models import Cooperative, Grower
from core.filters import BboxFilter, StrictFilterSet, TextSearchFilter
from core.layers import Layer
from core.personal import NO_PERSONS, Columns, Flag
from exchange import privacy
from farms.layers import PLOTS
from maps.layers import AREA_MAP, BY_NAME
from people.models import Person
from products.layers import PRODUCTS


class NoFilters(StrictFilterSet):
    class Meta:
        model = Cooperative
        fields: list[str] = []


def layer(rows, is_public=True, filterset=NoFilters, **fields):
    return Layer(
        name="probe", title="", rows=lambda user: rows.all(), filterset=filterset, fields=fields, is_public=is_public
    )


def test_no_layer_reaches_a_person(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert privacy.leaks() == []


def test_every_column_is_classed_once():
    assert privacy.unclassed() == []


def test_no_layer_is_left_out():
    """Every Layer that any module of ours holds is among those that are checked."""
    apps = {module.__name__.partition(".")[0] for module in privacy.CLASSED_BY}
    modules = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in apps]
    held = {value.name for module in modules for value in vars(module).values() if isinstance(value, Layer)}

    assert held
    assert held <= {checked.name for checked in privacy.layers()}


GROWERS = Grower.objects.filter(cooperative=OuterRef("pk"))
WAYS = {
    "column": (Cooperative.objects, "phone", "cooperatives.Cooperative.phone"),
    "join": (Grower.objects, "person__full_name", "people.Person.full_name"),
    "account": (ProductionArea.objects, "created_by__full_name", "accounts.User.full_name"),
    "key-to-a-person": (Grower.objects, "person_id", "cooperatives.Grower.person"),
    "function": (Cooperative.objects, Upper(F("representative")), "cooperatives.Cooperative.representative"),
    "text": (
        Cooperative.objects,
        Concat(Value("Tel. "), F("phone"), output_field=CharField()),
        "cooperatives.Cooperative.phone",
    ),
    "subquery": (Cooperative.objects, Subquery(GROWERS.values("person__address")[:1]), "people.Person.address"),
    "list": (Cooperative.objects, ArraySubquery(GROWERS.values("number")), "cooperatives.Grower.number"),
    "whole-row": (Cooperative.objects, Exists(GROWERS.filter(person__sex="f")), "people.Person.sex"),
    "condition": (
        Grower.objects,
        Case(When(person__birth_year__lt=1960, then=Value("old")), default=Value("young")),
        "people.Person.birth_year",
    ),
    "annotation": (
        Cooperative.objects.annotate(shown=Subquery(GROWERS.values("person__full_name")[:1])),
        "shown",
        "people.Person.full_name",
    ),
    "raw": (Cooperative.objects, RawSQL("phone", []), "phone"),
    "history": (
        Cooperative.history.rel.related_model.objects,
        "proof_id",
        "cooperatives.CooperativeHistory.proof",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_personal_columns_are_found_whatever_the_way(way):
    rows, source, column = WAYS[way]
    for is_public in (True, False):
        found = privacy.leaks_of(layer(rows, is_public, shown=source))

        assert column in {leak.column for leak in found if leak.flag is Flag.PERSONAL}, way


def test_land_of_a_household_is_for_those_with_the_right():
    assert privacy.leaks_of(PLOTS) == []

    found = privacy.leaks_of(replace(PLOTS, is_public=True))

    assert {leak.flag for leak in found} == {Flag.RESTRICTED}
    assert "farms.Plot.boundary" in {leak.column for leak in found}


def test_name_of_a_holder_needs_its_guard():
    bare = privacy.leaks_of(layer(ProductionArea.objects, holder="cooperative__name"))
    guarded = privacy.leaks_of(layer(ProductionArea.objects, holder=public_holder_name("cooperative")))
    narrowed = privacy.leaks_of(
        layer(ProductionArea.objects.exclude(cooperative__kind="household"), holder="cooperative__name")
    )
    other = privacy.leaks_of(layer(ProductionArea.objects.filter(is_active=True), holder="cooperative__name"))

    assert [leak.column for leak in bare] == ["cooperatives.Cooperative.name"]
    assert guarded == narrowed == []
    assert [leak.flag for leak in other] == [Flag.GUARDED]


def test_outlines_of_areas_need_their_guard():
    assert privacy.leaks_of(AREAS) == privacy.leaks_of(CODES) == []

    found = privacy.leaks_of(replace(AREAS, geometry="boundary", mercator="boundary_3857"))

    assert {(leak.where, leak.column) for leak in found} == {
        ("geometry", "codes.ProductionArea.boundary"),
        ("mercator", "codes.ProductionArea.boundary_3857"),
    }


def test_shapes_of_tiles_need_it_too():
    source = AREA_MAP.sources[1]
    bare = replace(AREA_MAP, sources=(replace(source, extra={"outline": F("boundary")}),))

    assert [leak.column for leak in privacy.leaks_of_tiles(bare)] == ["codes.ProductionArea.boundary"]
    assert privacy.leaks_of_tiles(BY_NAME["products"]) == []


class Probing(StrictFilterSet):
    q = TextSearchFilter(fields=("name_of_nobody", "phone"))
    tax = django_filters.CharFilter(field_name="tax_number")
    bbox = BboxFilter(field_name="location")

    class Meta:
        model = Cooperative
        fields: list[str] = []


def test_filters_that_find_a_person_by_asking_are_leaks():
    rows = Cooperative.objects.annotate(name_of_nobody=Value("", CharField()))

    found = privacy.leaks_of(layer(rows, filterset=Probing))

    assert {leak.where: leak.column for leak in found} == {
        "filter q": "cooperatives.Cooperative.phone",
        "filter tax": "cooperatives.Cooperative.tax_number",
        "filter bbox": "cooperatives.Cooperative.location",
    }


def test_keys_and_orders_are_looked_at():
    found = privacy.leaks_of(
        replace(layer(Person.objects, is_public=False), key="id_number_digest", order="-search_key")
    )

    assert {leak.where for leak in found} == {"key", "order"}


@pytest.fixture
def classed(monkeypatch):
    """Change how the columns of a model are classed, for one test."""

    def change(label, columns):
        changed = {name: known for name, known in privacy.registry().items() if name != label}
        monkeypatch.setattr(privacy, "registry", lambda: changed | ({label: columns} if columns else {}))

    return change


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (None, "cooperatives.Membership is not in cooperatives/personal.py"),
        (
            Columns(personal=("user", "id", "role", "created_at")),
            "cooperatives.Membership.cooperative is classed 0 times",
        ),
        (
            Columns(open=("role",), restricted=("id", "cooperative", "created_at"), personal=("user", "role")),
            "cooperatives.Membership.role is classed 2 times",
        ),
        (
            Columns(open=("id", "cooperative", "role", "created_at", "user")),
            "cooperatives.Membership.user leads to a person and is open",
        ),
        (NO_PERSONS, "cooperatives.Membership.user tells of persons: class the columns of this model one by one"),
        (
            Columns(restricted=("id", "cooperative", "role", "created_at", "nickname"), personal=("user",)),
            "cooperatives.Membership.nickname is classed, but there is no such column",
        ),
    ],
    ids=["forgotten-model", "forgotten-column", "twice", "person-open", "no-persons", "unknown-column"],
)
def test_columns_classed_wrongly_are_named(classed, columns, message):
    classed("cooperatives.Membership", columns)

    assert message in privacy.unclassed()


def test_column_that_nobody_has_classed_leaves_by_no_layer(classed):
    known = privacy.registry()["cooperatives.Cooperative"]
    classed("cooperatives.Cooperative", replace(known, open=tuple(name for name in known.open if name != "kind")))

    found = privacy.leaks_of(COOPERATIVES)

    assert "cooperatives.Cooperative.kind" in {leak.column for leak in found}
    assert "products" not in {leak.layer for leak in found}


def test_check_stops_a_layer_that_reaches_a_person(monkeypatch):
    broken = replace(PRODUCTS, fields={**PRODUCTS.fields, "phone": "cooperative__phone"})
    monkeypatch.setattr(privacy, "layers", lambda: [broken])

    with pytest.raises(SystemCheckError, match=r"exchange\.E002\) layer products: field phone reaches the personal"):
        call_command("check")


def test_check_stops_a_column_that_nobody_has_classed(classed):
    classed("people.Consent", None)

    with pytest.raises(SystemCheckError, match=r"exchange\.E001\) people\.Consent is not in people/personal\.py"):
        call_command("check")
