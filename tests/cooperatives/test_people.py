"""Roles, invitations, several organisations, and "by X for Y"."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from casework.permissions import can_edit_request, can_start_request
from codes.permissions import can_change_area, can_form_area
from cooperatives import services
from cooperatives.models import Cooperative, Invitation, MemberRole, Membership
from cooperatives.permissions import (
    can_edit_for_cooperative,
    can_edit_registration,
    can_manage_people,
    can_read_registration,
    can_see_people,
    can_verify_cooperative,
)
from core.errors import NotAllowed, RuleViolated, WrongState
from farms.permissions import can_add_plot, can_change_plot
from office.models import Job
from office.services import deliver_outbox, run_job, start_job
from products.permissions import can_edit_products
from tests.factories.cooperatives import make_membership
from tests.people import make_user
from tests.shapes import square

pytestmark = pytest.mark.django_db


def link_in_mail():
    deliver_outbox()
    return re.search(r"/invitations/([^/\s]+)/", mail.outbox[-1].body)[1]


@pytest.fixture
def invitation(cooperative, owner):
    return services.invite(cooperative, email="Moi@Example.invalid", role=MemberRole.CLERK, by=owner)


# --- Role × action -----------------------------------------------------------------------------------------------

ROLES = ("owner", "clerk", "helper", "viewer", "neighbour_clerk", "officer", "outsider", "anonymous")
EDITING = {"owner", "clerk", "helper"}
MATRIX = {
    "see people": (can_see_people, EDITING | {"viewer"}),
    "enter data": (can_edit_for_cooperative, EDITING),
    "manage people": (can_manage_people, {"owner"}),
    "correct registration": (can_edit_registration, {"owner"}),
    "read registration": (can_read_registration, EDITING | {"officer"}),
    "verify": (can_verify_cooperative, {"officer"}),
    "add plots": (can_add_plot, EDITING),
    "form areas": (can_form_area, EDITING),
    "edit products": (can_edit_products, EDITING),
}


@pytest.mark.parametrize("action", list(MATRIX))
@pytest.mark.parametrize("person", ROLES)
def test_role_and_action(request, cooperative, person, action):
    Cooperative.objects.filter(pk=cooperative.pk).update(status="pending")
    cooperative.refresh_from_db()
    can, allowed = MATRIX[action]

    assert can(request.getfixturevalue(person), cooperative) is (person in allowed)


@pytest.mark.parametrize("person", ROLES)
def test_role_and_things_of_the_cooperative(request, person, draft_request, plot_factory):
    user = request.getfixturevalue(person)
    area, plot = draft_request.area, plot_factory()

    may = [
        can_change_plot(user, plot),
        can_change_area(user, area),
        can_start_request(user, area),
        can_edit_request(user, draft_request),
    ]

    assert may == [person in EDITING] * 4


@pytest.mark.parametrize(
    ("name", "method", "body"),
    [
        ("cooperatives:grower-list", "post", {"full_name": "X"}),
        ("cooperatives:people", "post", {"email": "a@example.invalid", "role": "clerk"}),
        ("products:product-list", "post", {"kind": "other", "name_vi": "X"}),
    ],
)
def test_a_viewer_writes_nothing_by_pages(client, viewer, cooperative, name, method, body):
    client.force_login(viewer)

    answer = client.post(reverse(name), body | {"cooperative": cooperative.slug})

    assert answer.status_code in (302, 422)  # refused pages lead back with a message
    assert (cooperative.growers.count(), cooperative.products.count(), Invitation.objects.count()) == (0, 0, 0)


# --- Invitations -------------------------------------------------------------------------------------------------


def test_invited_by_mail_accepts_once(client, cooperative, invitation, owner):
    token = link_in_mail()
    newcomer = make_user(email="khac@example.invalid")
    client.force_login(newcomer)
    address = reverse("cooperatives:invitation", args=[token])

    shown = client.get(address)
    answer = client.post(address)

    invitation.refresh_from_db()
    assert mail.outbox[-1].to == ["moi@example.invalid"]
    assert "moi@example.invalid" in shown.content.decode()
    assert "khac@example.invalid" in shown.content.decode()
    assert shown["Referrer-Policy"] == "same-origin"
    assert answer.status_code == 302
    assert Membership.objects.get(user=newcomer).role == MemberRole.CLERK
    assert (invitation.accepted_by, owner.notices.get().kind) == (newcomer, "cooperatives.invitation_accepted")
    client.force_login(make_user())
    assert client.post(address).status_code == 410


def test_no_token_is_kept(invitation):
    token = link_in_mail()

    invitation.refresh_from_db()
    stored = Invitation.objects.filter(pk=invitation.pk).values_list()[0]
    assert token not in map(str, stored)
    assert invitation.token_digest == services.people.digest_of_token(token)


def test_anonymous_reader_is_sent_to_sign_in_or_sign_up_with_the_way_back(client, invitation):
    address = reverse("cooperatives:invitation", args=[link_in_mail()])

    page = client.get(address).content.decode()
    client.post(address)

    assert f"{reverse('account_login')}?next={address}" in page
    assert f"{reverse('account_signup')}?next={address}" in page
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


@pytest.mark.parametrize("fate", ["cancelled", "old", "resent", "unknown"])
def test_a_link_that_no_longer_opens(client, invitation, owner, fate):
    token = link_in_mail()
    if fate == "cancelled":
        services.cancel_invitation(invitation, by=owner)
    elif fate == "old":
        Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    elif fate == "resent":
        services.resend_invitation(invitation, by=owner)
    else:
        token = "x" * 22
    client.force_login(make_user())

    answer = client.post(reverse("cooperatives:invitation", args=[token]))

    assert answer.status_code in (404, 410)
    assert "không còn dùng được" in answer.content.decode()
    assert Membership.objects.count() == 1


def test_invitation_lasts_fourteen_days(invitation):
    assert invitation.expires_at - invitation.created_at == pytest.approx(
        dt.timedelta(days=14), abs=dt.timedelta(seconds=5)
    )


def test_inviting_the_same_address_again_is_one_invitation_with_a_new_link(cooperative, owner, invitation):
    first = link_in_mail()

    again = services.invite(cooperative, email="moi@example.invalid", role=MemberRole.VIEWER, by=owner)

    second = link_in_mail()
    again.refresh_from_db()
    assert (Invitation.objects.count(), again.role) == (1, "viewer")
    assert services.people.invitation_of(first) is None
    assert services.people.invitation_of(second) == again


def test_who_works_there_already_is_not_invited(cooperative, owner, clerk):
    clerk.email = "clerk@example.invalid"
    clerk.save()

    with pytest.raises(RuleViolated):
        services.invite(cooperative, email="CLERK@example.invalid", role="clerk", by=owner)


@pytest.mark.parametrize("person", ["clerk", "helper", "viewer", "officer", "outsider"])
def test_only_owners_invite_and_change_roles(request, person, cooperative, invitation):
    user, membership = request.getfixturevalue(person), cooperative.memberships.get(role="owner")

    for act in (
        lambda: services.invite(cooperative, email="x@example.invalid", role="owner", by=user),
        lambda: services.resend_invitation(invitation, by=user),
        lambda: services.cancel_invitation(invitation, by=user),
        lambda: services.change_role(membership, "viewer", by=user),
        lambda: services.remove_member(membership, by=user),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_accepting_never_lowers_an_owner(cooperative, owner, invitation):
    token = link_in_mail()

    services.accept_invitation(token, by=owner)

    assert cooperative.memberships.get(user=owner).role == MemberRole.OWNER


def test_who_was_taken_out_does_not_come_back_by_the_old_link(cooperative, owner, invitation):
    token, newcomer = link_in_mail(), make_user()
    services.remove_member(services.accept_invitation(token, by=newcomer), by=owner)

    with pytest.raises(WrongState):
        services.accept_invitation(token, by=newcomer)


def test_an_owner_who_was_taken_out_does_not_come_back_by_a_link_of_his_own(cooperative, owner):
    second = make_membership(cooperative, make_user(), MemberRole.OWNER)
    kept = services.invite(cooperative, email="khac@example.invalid", role=MemberRole.CLERK, by=owner)
    services.invite(cooperative, email="toi@example.invalid", role=MemberRole.OWNER, by=second.user)
    token = link_in_mail()

    services.remove_member(second, by=owner)

    with pytest.raises(WrongState):
        services.accept_invitation(token, by=second.user)
    kept.refresh_from_db()
    assert kept.cancelled_at is None


def test_the_last_owner_stays(cooperative, owner):
    membership = cooperative.memberships.get(user=owner)

    with pytest.raises(WrongState):
        services.remove_member(membership, by=owner)
    with pytest.raises(WrongState):
        services.change_role(membership, MemberRole.CLERK, by=owner)

    make_membership(cooperative, make_user(), MemberRole.OWNER)
    services.remove_member(membership, by=owner)
    assert not cooperative.memberships.filter(user=owner).exists()


def test_people_page_manages_roles(client, cooperative, owner, clerk, invitation):
    client.force_login(owner)
    membership = cooperative.memberships.get(user=clerk)

    page = client.get(reverse("cooperatives:people")).content.decode()
    client.post(reverse("cooperatives:member-role", args=[membership.pk]), {"role": "viewer"})
    client.post(reverse("cooperatives:invitation-resend", args=[invitation.pk]))
    client.post(reverse("cooperatives:invitation-cancel", args=[invitation.pk]))

    membership.refresh_from_db()
    invitation.refresh_from_db()
    assert "moi@example.invalid" in page
    assert membership.role == "viewer"
    assert invitation.cancelled_at is not None
    client.post(reverse("cooperatives:member-remove", args=[membership.pk]))
    assert cooperative.memberships.count() == 1


def test_people_of_another_cooperative_are_not_found(client, neighbour_clerk, cooperative, owner):
    client.force_login(neighbour_clerk)
    membership = cooperative.memberships.get(user=owner)

    answer = client.post(reverse("cooperatives:member-remove", args=[membership.pk]))

    assert answer.status_code == 404


# --- Several organisations ---------------------------------------------------------------------------------------


def test_the_session_remembers_the_cooperative_and_the_address_still_wins(client, clerk, cooperative, neighbour):
    make_membership(neighbour, clerk)
    client.force_login(clerk)
    home = reverse("cooperatives:home")

    first = client.get(home).context["cooperative"]
    client.post(reverse("cooperatives:switch"), {"to": neighbour.slug})

    assert first == cooperative
    assert client.get(home).context["cooperative"] == neighbour
    assert client.get(reverse("codes:area-list")).context["cooperative"] == neighbour
    assert client.get(reverse("products:product-list")).context["cooperative"] == neighbour
    assert client.get(home, {"cooperative": cooperative.slug}).context["cooperative"] == cooperative
    assert client.get(home).context["cooperative"] == neighbour


def test_nobody_switches_to_a_cooperative_of_others(client, clerk, neighbour):
    client.force_login(clerk)

    assert client.post(reverse("cooperatives:switch"), {"to": neighbour.slug}).status_code == 404


def test_who_left_the_chosen_cooperative_sees_another(client, clerk, cooperative, neighbour):
    make_membership(neighbour, clerk)
    client.force_login(clerk)
    client.post(reverse("cooperatives:switch"), {"to": neighbour.slug})
    Membership.objects.filter(cooperative=neighbour).delete()

    assert client.get(reverse("cooperatives:home")).context["cooperative"] == cooperative


# --- "By X for Y" ------------------------------------------------------------------------------------------------


def _last_context(plot):
    return plot.history.select_related("pgh_context").order_by("-pgh_id")[0].pgh_context.metadata


@pytest.mark.parametrize(("person", "is_recorded"), [("helper", True), ("clerk", False)])
def test_the_history_says_for_whom_a_helper_acted(request, client, person, is_recorded, cooperative, plot_factory):
    plot, user = plot_factory(), request.getfixturevalue(person)
    client.force_login(user)

    client.post(reverse("farms:plot-archive", args=[plot.pk]), {"reason": "sold"})

    context = _last_context(plot)
    assert context["user"] == user.pk
    assert context.get("on_behalf_of") == ([cooperative.pk] if is_recorded else None)


def test_the_api_says_it_too(client, helper, cooperative, mango):
    client.force_login(helper)
    body = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [list(map(list, square(105.62, 10.45, side_m=100)[0][0]))]},
        "properties": {"ref": "T1", "crop": mango.slug, "cooperative": cooperative.slug},
    }

    answer = client.post("/api/v1/plots/", body, content_type="application/json")

    assert answer.status_code == 201, answer.content
    assert _last_context(cooperative.plots.get())["on_behalf_of"] == [cooperative.pk]


def test_jobs_keep_it(helper, cooperative, plot_factory, monkeypatch):
    plot = plot_factory()
    seen = {}

    def handler(job):
        type(plot).objects.filter(pk=plot.pk).update(tree_count=7)
        seen.update(_last_context(plot))
        return {}

    monkeypatch.setattr("office.services.jobs.handler_of", lambda kind: handler)
    job = start_job("farms.read_import", {}, by=helper)

    run_job(job.pk)

    assert Job.objects.get(pk=job.pk).status == "done"
    assert (seen["user"], seen["on_behalf_of"]) == (helper.pk, [cooperative.pk])


def test_a_request_says_who_acted_for_the_cooperative(client, helper, officer, draft_request):
    from casework import services as casework
    from casework.timeline import timeline_of

    casework.withdraw_request(draft_request, by=helper)

    event = draft_request.events.last()
    assert event.details == {"on_behalf_of": draft_request.cooperative_id}
    assert timeline_of(draft_request, with_names=False)[0]["by"] == f"{helper} thay mặt {draft_request.cooperative}"
