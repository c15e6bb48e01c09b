"""Registration, members."""

import pytest

from cooperatives import services
from cooperatives.models import Cooperative, CooperativeStatus, Grower, MemberRole
from core.errors import NotAllowed, RuleViolated, WrongState
from office.models import Notice
from people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def registered(outsider, commune):
    return services.register_cooperative(by=outsider, kind="cooperative", name="HTX Xoài Thử", commune=commune)


def test_registered_cooperative_waits_and_has_an_owner(registered, outsider):
    membership = registered.memberships.get()

    assert (registered.status, registered.slug) == (CooperativeStatus.PENDING, "htx-xoai-thu")
    assert (membership.user, membership.role) == (outsider, MemberRole.OWNER)
    assert not Cooperative.objects.public().exists()


def test_same_name_gets_another_address(registered, outsider, commune):
    second = services.register_cooperative(
        by=outsider, kind="cooperative", name="HTX Xoài Thử", commune=commune, despite_duplicates=True
    )

    assert second.slug == "htx-xoai-thu-2"


def test_address_of_a_household_does_not_spell_its_name(outsider, commune):
    household = services.register_cooperative(by=outsider, kind="household", name="Hộ Bà Tư", commune=commune)

    assert "tu" not in household.slug.removeprefix("ho-")
    assert "ba" not in household.slug.split("-")


def test_stranger_can_not_register(anonymous, commune):
    with pytest.raises(NotAllowed):
        services.register_cooperative(by=anonymous, kind="cooperative", name="X", commune=commune)


def test_officer_verifies_once(registered, officer, outsider):
    verified = services.verify_cooperative(registered, by=officer)

    assert verified.status == CooperativeStatus.VERIFIED
    assert Notice.objects.get().user == outsider
    with pytest.raises(WrongState):
        services.verify_cooperative(registered, by=officer)


def test_officer_returns_with_a_reason(registered, officer):
    with pytest.raises(RuleViolated):
        services.return_cooperative(registered, " ", by=officer)

    returned = services.return_cooperative(registered, "Thiếu giấy", by=officer)

    assert returned.status == CooperativeStatus.RETURNED
    assert "Thiếu giấy" in Notice.objects.get().text


@pytest.mark.parametrize("person", ["clerk", "owner", "foreign_officer", "planner", "outsider"])
def test_who_may_not_verify(request, person, registered):
    with pytest.raises(NotAllowed):
        services.verify_cooperative(registered, by=request.getfixturevalue(person))


def test_members_are_numbered_on(clerk, cooperative):
    numbers = [
        services.add_grower(cooperative, by=clerk, full_name=f"Người {n}", number=given).number
        for n, given in enumerate(("", "041", "", "A7", ""))
    ]

    assert numbers == ["001", "041", "042", "A7", "043"]


def test_number_is_taken_once_and_leaves_no_person(clerk, cooperative):
    services.add_grower(cooperative, by=clerk, full_name="Một", number="7")

    with pytest.raises(RuleViolated):
        services.add_grower(cooperative, by=clerk, full_name="Hai", number="7")

    assert (Grower.objects.count(), Person.objects.count()) == (1, 1)


@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "officer", "outsider"])
def test_who_may_not_add_members(request, person, cooperative):
    with pytest.raises(NotAllowed):
        services.add_grower(cooperative, by=request.getfixturevalue(person), full_name="X")


def test_phone_is_kept_encrypted(clerk, cooperative):
    grower = services.add_grower(cooperative, by=clerk, full_name="X", phone="0900 000 123")

    assert grower.person.phone == "0900000123"
    assert b"0900000123" not in bytes(grower.person.phone_encrypted)
