"""Pages and API of cooperatives."""

import pytest
from django.contrib.gis.geos import Point
from django.urls import reverse

from cooperatives.models import Cooperative, Grower
from farms.models import PlotStatus
from tests.factories.people import make_person

pytestmark = pytest.mark.django_db


def test_start_page_leads_from_plots_to_areas(client, clerk, cooperative, plot_factory):
    client.force_login(clerk)
    address = reverse("cooperatives:home")

    before = client.get(address).context["steps"]
    plot_factory()
    after = client.get(address).context["steps"]

    assert [step["is_current"] for step in before] == [True, False, False]
    assert [step["is_current"] for step in after] == [False, True, False]


def test_start_page_counts_what_is_there(client, clerk, plot_factory, grower):
    plot_factory()
    plot_factory(status=PlotStatus.IN_CONFLICT)
    plot_factory(status=PlotStatus.ARCHIVED)
    client.force_login(clerk)

    holdings = client.get(reverse("cooperatives:home")).context["holdings"]

    assert (holdings.plots, holdings.waiting, holdings.growers) == (2, 1, 1)
    assert holdings.area_ha == pytest.approx(2, rel=1e-3)


def test_start_page_of_somebody_without_cooperative_says_what_to_do(client, outsider):
    client.force_login(outsider)

    page = client.get(reverse("cooperatives:home"))

    assert page.status_code == 200
    assert "chưa thuộc hợp tác xã" in page.content.decode()


@pytest.mark.parametrize(
    "name", ["cooperatives:home", "cooperatives:grower-list", "farms:plot-list", "farms:import-new"]
)
def test_pages_of_another_cooperative_are_not_found(client, neighbour_clerk, cooperative, name):
    client.force_login(neighbour_clerk)

    assert client.get(reverse(name), {"cooperative": cooperative.slug}).status_code == 404


@pytest.mark.parametrize("name", ["cooperatives:home", "cooperatives:grower-list", "farms:plot-list"])
def test_pages_ask_for_sign_in(client, db, name):
    assert client.get(reverse(name)).status_code == 302


def test_clerk_adds_a_member(client, clerk, cooperative):
    client.force_login(clerk)
    address = reverse("cooperatives:grower-list")

    bad = client.post(address, {"full_name": "", "cooperative": cooperative.slug})
    good = client.post(address, {"full_name": "Trần Văn Thử", "phone": "0900 000 000", "cooperative": cooperative.slug})

    assert (bad.status_code, good.status_code) == (422, 302)
    assert Grower.objects.get().person.full_name == "Trần Văn Thử"


def test_members_are_found_without_diacritics(client, clerk, grower_factory):
    grower_factory(person=make_person(full_name="Đặng Thị Thử"))
    grower_factory(person=make_person(full_name="Lê Văn Khác"))
    client.force_login(clerk)

    page = client.post(reverse("cooperatives:grower-search"), {"q": "dang thi"}).content.decode()

    assert "Đặng Thị Thử" in page
    assert "Lê Văn Khác" not in page


def test_members_cost_the_same_for_one_and_for_many(client, clerk, grower_factory, django_assert_max_num_queries):
    client.force_login(clerk)
    for _turn in range(30):
        grower_factory()

    with django_assert_max_num_queries(20):
        client.get(reverse("cooperatives:grower-list"))


def test_public_list_shows_organisations_without_persons(client, cooperative_factory):
    cooperative_factory(
        slug="cong-khai", representative="Zzyzx Đại Diện", phone="0000999777", email="z@example.invalid",
        location=Point(105.63, 10.45, srid=4326),
    )  # fmt: skip
    cooperative_factory(slug="ho-rieng", kind="household", name="Hộ Zzyzx Riêng")
    cooperative_factory(slug="cho-duyet", status="pending")

    answer = client.get("/api/v1/cooperatives/")

    [found] = answer.json()["features"]
    assert set(found["properties"]) == {"slug", "kind", "name", "commune", "commune_code", "story"}
    assert found["properties"]["slug"] == "cong-khai"
    assert "Zzyzx" not in answer.content.decode()
    assert "0000999777" not in answer.content.decode()


def test_household_shows_its_holder_but_neither_name_nor_seat_in_the_layer(client, officer, cooperative_factory):
    cooperative_factory(
        slug="ho-rieng", kind="household", name="Hộ Zzyzx Riêng", location=Point(105.63, 10.45, srid=4326)
    )
    client.force_login(officer)

    [found] = client.get("/api/v1/cooperatives/").json()["features"]

    assert (found["geometry"], found["properties"]["name"]) == (None, None)


@pytest.mark.parametrize("query", ["q=zzyzx", "bbox=105.6,10.4,105.7,10.5"])
def test_filters_do_not_tell_what_a_household_hides(client, planner, cooperative_factory, query):
    cooperative_factory(
        slug="ho-rieng", kind="household", name="Hộ Zzyzx Riêng", location=Point(105.63, 10.45, srid=4326)
    )
    client.force_login(planner)

    assert client.get("/api/v1/cooperatives/").json()["numberReturned"] == 1
    assert client.get(f"/api/v1/cooperatives/?{query}").json()["numberReturned"] == 0


@pytest.mark.parametrize(
    ("query", "count"), [("q=CUA TOI", 1), ("kind=firm", 0), ("commune=99", 2), ("bbox=0,0,1,1", 0)]
)
def test_filters(client, cooperative, neighbour, query, count):
    assert client.get(f"/api/v1/cooperatives/?{query}").json()["numberReturned"] == count


def test_officer_verifies_a_registration_and_it_becomes_public(client, officer, cooperative_factory):
    waiting = cooperative_factory(status="pending", name="HTX Chờ", slug="htx-cho")
    client.force_login(officer)
    page = client.get(reverse("cooperatives:registration-list"))

    answer = client.post(reverse("cooperatives:registration-verify", args=[waiting.pk]))

    waiting.refresh_from_db()
    assert "HTX Chờ" in page.content.decode()
    assert (answer.status_code, waiting.status) == (302, "verified")


def test_officer_sends_a_registration_back_with_a_reason(client, officer, cooperative_factory):
    waiting = cooperative_factory(status="pending", slug="htx-cho")
    client.force_login(officer)

    client.post(reverse("cooperatives:registration-return", args=[waiting.pk]), {"reason": "Thiếu giấy"})

    waiting.refresh_from_db()
    assert waiting.status == "returned"


@pytest.mark.parametrize("person", ["clerk", "planner", "foreign_officer", "outsider"])
def test_registrations_of_others_are_not_found(request, client, person, cooperative_factory):
    waiting = cooperative_factory(status="pending", slug="htx-cho", name="HTX Chờ")
    client.force_login(request.getfixturevalue(person))

    shown = client.get(reverse("cooperatives:registration-list")).content.decode()

    assert "HTX Chờ" not in shown
    assert client.post(reverse("cooperatives:registration-verify", args=[waiting.pk])).status_code == 404


def test_administrator_adds_a_cooperative_with_an_address_of_its_own(admin_client, commune):
    nobody = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    for _turn in range(2):
        admin_client.post(
            reverse("admin:cooperatives_cooperative_add"),
            {"kind": "cooperative", "name": "HTX Đồng Mới", "commune": commune.pk, **nobody},
        )

    made = Cooperative.objects.filter(name="HTX Đồng Mới").order_by("slug")

    assert [one.slug for one in made] == ["htx-dong-moi", "htx-dong-moi-2"]
    assert {one.search_key.strip() for one in made} == {"htx dong moi"}


def test_a_member_agrees_on_paper_and_withdraws_and_the_outline_follows(client, clerk, area_factory):
    area = area_factory(growers=1)
    grower = area.plots.get().grower
    address = reverse("cooperatives:grower-consent", args=[grower.pk])
    client.force_login(clerk)

    given = {"do": "give", "purposes": ["public_outline"], "channel": "paper", "on": "2026-09-01"}
    refused = client.post(address, given | {"evidence": " "})
    area.refresh_from_db()
    assert (refused.status_code, area.is_outline_public) == (422, False)

    client.post(address, given | {"evidence": "Phiếu 12, tủ 3"})
    area.refresh_from_db()
    assert area.is_outline_public

    client.post(address, {"do": "withdraw", "purposes": ["public_outline"]})
    area.refresh_from_db()
    assert not area.is_outline_public


@pytest.mark.parametrize(("person", "status"), [("neighbour_clerk", 404), ("officer", 404), ("viewer", 302)])
def test_nobody_else_records_a_members_consent(request, client, person, status, grower):
    client.force_login(request.getfixturevalue(person))

    answer = client.post(
        reverse("cooperatives:grower-consent", args=[grower.pk]),
        {"do": "give", "evidence": "Phiếu 1", "purposes": ["directory"], "channel": "paper", "on": "2026-09-01"},
    )

    assert answer.status_code == status
    assert not grower.person.consents.exists()
