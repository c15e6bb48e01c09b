"""Role by action."""

import pytest

from core.errors import NotAllowed
from products import services
from products.permissions import can_answer_enquiry, can_edit_products, can_read_enquiry

pytestmark = pytest.mark.django_db

EDITORS = {"clerk", "owner", "helper"}
READERS = EDITORS | {"viewer"}
PEOPLE = [
    "clerk", "owner", "helper", "viewer", "neighbour_clerk", "officer", "planner", "administrator", "outsider",
    "anonymous",
]  # fmt: skip


@pytest.mark.parametrize("person", PEOPLE)
def test_who_may_do_what(request, person, cooperative, enquiry):
    user = request.getfixturevalue(person)

    may = {
        "edit": can_edit_products(user, cooperative),
        "read": can_read_enquiry(user, enquiry),
        "answer": can_answer_enquiry(user, enquiry),
    }

    assert may == {"edit": person in EDITORS, "read": person in READERS, "answer": person in EDITORS}


def test_a_disabled_user_may_nothing(clerk, cooperative, enquiry):
    clerk.is_active = False

    assert not can_edit_products(clerk, cooperative)
    assert not can_read_enquiry(clerk, enquiry)


ACTS = {
    "publish": lambda thing, user: services.publish_product(
        thing["cooperative"], kind="processed", name_vi="Mứt", by=user
    ),
    "hide": lambda thing, user: services.set_published(thing["product"], is_published=False, by=user),
    "offer": lambda thing, user: services.add_offer(thing["product"], months=[1], volume_t=1, by=user),
    "end": lambda thing, user: services.end_offer(thing["offer"], by=user),
    "answer": lambda thing, user: services.answer_enquiry(thing["enquiry"], text="Có hàng", by=user),
    "close": lambda thing, user: services.close_enquiry(thing["enquiry"], by=user),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "officer", "outsider"])
def test_services_refuse_whom_the_permission_refuses(
    request, act, person, cooperative, product, offer_factory, enquiry
):
    user = request.getfixturevalue(person)
    things = {"cooperative": cooperative, "product": product, "offer": offer_factory(), "enquiry": enquiry}

    with pytest.raises(NotAllowed):
        ACTS[act](things, user)
