"""The second factor of officers, the fresh session before issue and revoke, sessions that end (rows E10, E17)."""

import datetime as dt
import json
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from accounts.middleware import must_have_second_factor
from accounts.models import OfficerPost
from core.checks import check_second_factor
from tests.people import make_officer, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "một câu đủ dài để nhớ"
OLD = 1_000  # seconds, more than settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


@pytest.fixture(autouse=True)
def as_in_deployment(officers_without_second_factor, settings):
    settings.OFFICERS_NEED_MFA = True
    cache.clear()


def with_password(user):
    user.set_password(PASSWORD)
    user.save()
    return user


def with_second_factor(user):
    TOTP.activate(user, generate_totp_secret())
    return user


@pytest.fixture
def safe_officer(officer):
    """The officer of the commune, with a password and a second factor."""
    return with_second_factor(with_password(officer))


def session_of(user, *, age=0):
    """Return a client whose session proved `age` seconds ago who it is."""
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - age}]
    session.save()
    return client


# --- Who needs a second factor --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "needs"),
    [("officer", True), ("planner", True), ("administrator", True), ("clerk", False), ("outsider", False)],
)
def test_posts_and_staff_need_a_second_factor(request, person, needs):
    assert must_have_second_factor(request.getfixturevalue(person)) is needs


@pytest.mark.parametrize(
    ("fields", "needs"), [({"is_staff": True}, True), ({"is_superuser": True}, True), ({"must_use_mfa": True}, True)]
)
def test_staff_need_it_without_a_post(fields, needs):
    assert must_have_second_factor(make_user(**fields)) is needs


def test_a_post_that_is_over_asks_for_nothing(officer):
    officer.posts.update(valid_to=timezone.localdate())

    assert not must_have_second_factor(officer)


def test_a_demonstration_is_exempt_but_for_those_who_are_named(officer, settings):
    settings.OFFICERS_NEED_MFA = False

    assert not must_have_second_factor(officer)
    officer.must_use_mfa = True
    assert must_have_second_factor(officer)


@pytest.mark.parametrize("path", ["/desk/", "/desk/codes/", "/admin/", "/"])
def test_pages_lead_to_the_set_up(path, administrator):
    client = session_of(with_password(administrator))

    assert client.get(path)["Location"] == "/accounts/2fa/totp/activate/"


def test_a_session_of_the_api_is_refused(officer):
    refused = session_of(with_password(officer)).get("/api/v1/requests/")

    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")


def test_with_a_second_factor_everything_opens(safe_officer, administrator):
    with_second_factor(administrator)

    assert session_of(safe_officer).get("/desk/").status_code == 200
    assert session_of(safe_officer).get("/api/v1/requests/").status_code == 200
    assert session_of(administrator).get("/admin/").status_code == 200


def test_a_token_is_a_credential_of_its_own(officer):
    token = Token.objects.create(user=officer).key

    assert Client().get("/api/v1/requests/", headers={"Authorization": f"Token {token}"}).status_code == 200


@pytest.mark.parametrize(("is_on", "is_demo", "found"), [(True, False, 0), (False, True, 0), (False, False, 1)])
def test_a_deployment_is_told_when_it_is_off(is_on, is_demo, found, settings):
    settings.OFFICERS_NEED_MFA, settings.DEMO = is_on, is_demo

    assert len(check_second_factor()) == found


# --- A fresh session before a code is issued or revoked -------------------------------------------------------------


def approve(client, code_request, number="12/QĐ"):
    return client.post(
        f"/requests/{code_request.pk}/steps/approve/",
        {"approve-document_number": number},
        headers={"Referer": f"http://testserver/desk/{code_request.pk}/"},
    )


def test_a_fresh_session_issues(safe_officer, request_in_review):
    answer = approve(session_of(safe_officer, age=60), request_in_review)

    request_in_review.refresh_from_db()
    assert answer["Location"] == f"/desk/{request_in_review.pk}/"
    assert request_in_review.status == "approved"


def test_an_old_session_gives_its_password_and_nothing_typed_is_lost(safe_officer, request_in_review):
    client = session_of(safe_officer, age=OLD)

    asked = approve(client, request_in_review, "77/QĐ-UBND")
    request_in_review.refresh_from_db()
    assert asked["Location"].startswith("/accounts/reauthenticate/?next=")
    assert request_in_review.status == "in_review"

    assert client.post(asked["Location"], {"password": "sai"}).status_code == 200
    request_in_review.refresh_from_db()
    assert request_in_review.status == "in_review"

    done = client.post(asked["Location"], {"password": PASSWORD})
    request_in_review.refresh_from_db()
    assert done["Location"] == f"/desk/{request_in_review.pk}/"
    assert request_in_review.status == "approved"
    assert request_in_review.codes.get().events.get().document_number == "77/QĐ-UBND"


def test_other_steps_of_an_old_session_go_on(safe_officer, submitted_request):
    session_of(safe_officer, age=OLD).post(f"/requests/{submitted_request.pk}/steps/take_up/")

    submitted_request.refresh_from_db()
    assert submitted_request.status == "in_review"


def act_of(step):
    return {
        f"{step}-reason": "Cho mượn mã",
        f"{step}-document_number": "9/QĐ",
        f"{step}-effective_on": timezone.localdate().isoformat(),
        f"{step}-public_note": "Thu hồi do cho mượn mã.",
    }


def test_an_old_session_does_not_revoke(safe_officer, code):
    client = session_of(safe_officer, age=OLD)

    asked = client.post(f"/desk/codes/{code.pk}/steps/revoke/", act_of("revoke"))

    code.refresh_from_db()
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert code.status == "active"


def test_the_time_out_is_a_setting(safe_officer, request_in_review, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 10

    assert approve(session_of(safe_officer, age=60), request_in_review)["Location"].startswith("/accounts/reauth")


def api_approve(code_request, client=None, **headers):
    return (client or Client()).post(
        f"/api/v1/requests/{code_request.pk}/approve/",
        json.dumps({"document_number": "1/QĐ"}),
        content_type="application/json",
        headers=headers,
    )


def test_the_api_says_that_the_session_is_old(safe_officer, request_in_review):
    refused = api_approve(request_in_review, session_of(safe_officer, age=OLD))

    request_in_review.refresh_from_db()
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert refused.json()["code"] == "reauthentication_required"
    assert request_in_review.status == "in_review"


def test_the_api_issues_for_a_fresh_session_and_for_a_token(safe_officer, request_in_review):
    token = Token.objects.create(user=safe_officer).key

    assert api_approve(request_in_review, session_of(safe_officer, age=60)).status_code == 200
    again = api_approve(request_in_review, Authorization=f"Token {token}")
    assert again.status_code == 200
    assert request_in_review.codes.count() == 1


def test_records_of_another_user_do_not_count(safe_officer, request_in_review, clerk):
    client = session_of(safe_officer)
    session = client.session
    session["account_authentication_methods_user"] = str(clerk.pk)
    session.save()

    assert approve(client, request_in_review)["Location"].startswith("/accounts/reauthenticate/")


# --- E10: replay after sign-out; E17: rights that end while a session is open ---------------------------------------


def test_a_request_captured_before_sign_out_opens_nothing_afterwards(safe_officer, request_in_review):
    client = session_of(safe_officer)
    captured = client.cookies["sid"].value
    client.post("/accounts/logout/")
    replay = Client()
    replay.cookies["sid"] = captured

    page = approve(replay, request_in_review)
    answer = api_approve(request_in_review, replay)

    request_in_review.refresh_from_db()
    assert page["Location"].startswith("/accounts/login/")
    assert answer.status_code in (401, 403)
    assert request_in_review.status == "in_review"


def test_a_request_replayed_after_its_work_is_done_does_nothing(safe_officer, request_in_review):
    token = Token.objects.create(user=safe_officer).key
    headers = {"Authorization": f"Token {token}", "Idempotency-Key": "mot-lan"}
    first = api_approve(request_in_review, **headers)

    again = api_approve(request_in_review, **headers)

    assert (first.status_code, again.status_code) == (200, 200)
    assert request_in_review.codes.count() == 1
    request_in_review.refresh_from_db()
    assert request_in_review.events.filter(transition="approve").count() == 1


def test_a_deleted_token_opens_nothing(safe_officer, request_in_review):
    token = Token.objects.create(user=safe_officer)
    header = f"Token {token.key}"
    token.delete()

    assert api_approve(request_in_review, Authorization=header).status_code == 401


@pytest.mark.parametrize("ending", ["post over", "post elsewhere", "role changed"])
def test_a_post_that_ends_ends_the_right_at_once(ending, safe_officer, request_in_review, province, unit_factory):
    client, post = session_of(safe_officer), OfficerPost.objects.get(user=safe_officer)
    assert client.get(f"/desk/{request_in_review.pk}/").status_code == 200
    if ending == "post over":
        post.valid_to = timezone.localdate()
    elif ending == "post elsewhere":
        post.unit = unit_factory(parent=province)
    else:
        post.role = "planner"
    post.save()

    answers = [approve(client, request_in_review).status_code, api_approve(request_in_review, client).status_code]

    request_in_review.refresh_from_db()
    assert answers[1] in (403, 404)
    assert request_in_review.status == "in_review"
    assert client.get(f"/desk/{request_in_review.pk}/").status_code == (200 if ending == "role changed" else 404)


def test_a_disabled_officer_is_out_with_the_next_request(safe_officer, request_in_review):
    client = session_of(safe_officer)
    token = Token.objects.create(user=safe_officer).key
    safe_officer.is_active = False
    safe_officer.save()

    assert client.get("/desk/")["Location"].startswith("/accounts/login/")
    assert api_approve(request_in_review, client).status_code in (401, 403)
    assert api_approve(request_in_review, Authorization=f"Token {token}").status_code == 401
    request_in_review.refresh_from_db()
    assert request_in_review.status == "in_review"


def test_a_changed_password_ends_every_session(safe_officer):
    client = session_of(safe_officer)
    safe_officer.set_password("một câu khác cũng dài")
    safe_officer.save()

    assert client.get("/desk/")["Location"].startswith("/accounts/login/")


# --- E5, E7: roles and places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["clerk", "owner", "viewer", "outsider", "neighbour_clerk"])
def test_who_is_no_officer_neither_issues_nor_revokes(
    request, person, request_in_review, code_factory, area_factory, caplog
):
    code = code_factory(area=area_factory(lat=10.47))
    client = Client()
    client.force_login(request.getfixturevalue(person))

    page = approve(client, request_in_review)
    api = api_approve(request_in_review, client)
    htmx = client.post(
        f"/requests/{request_in_review.pk}/steps/approve/",
        {"approve-document_number": "1"},
        headers={"HX-Request": "true"},
    )
    revoke = client.post(f"/desk/codes/{code.pk}/steps/revoke/", act_of("revoke"))
    admin = client.get(f"/admin/codes/productionareacode/{code.pk}/change/")

    request_in_review.refresh_from_db()
    code.refresh_from_db()
    assert (request_in_review.status, code.status) == ("in_review", "active")
    assert api.status_code in (403, 404)
    assert htmx.status_code in (403, 404)
    assert revoke.status_code == 404
    assert admin["Location"].startswith("/admin/login/")
    assert page.status_code in (302, 404)  # back with a message, or unknown to this person
    assert any(f"/requests/{request_in_review.pk}/" in record.getMessage() for record in caplog.records)


def test_an_officer_of_another_commune_sees_and_does_nothing(province, unit_factory, request_in_review, code_factory):
    code = code_factory()
    other = with_second_factor(make_officer(unit_factory(parent=province)))
    client = session_of(other)

    assert client.get(f"/desk/{request_in_review.pk}/").status_code == 404
    assert approve(client, request_in_review).status_code == 404
    assert api_approve(request_in_review, client).status_code == 404
    assert client.get(f"/desk/codes/{code.pk}/").status_code == 404
    assert client.post(f"/desk/codes/{code.pk}/steps/revoke/", act_of("revoke")).status_code == 404
    code.refresh_from_db()
    assert code.status == "active"


def test_posts_begin_on_their_day(province):
    user = make_user()
    OfficerPost.objects.create(
        user=user, role="officer", unit=province, valid_from=timezone.localdate() + dt.timedelta(days=1)
    )

    assert not must_have_second_factor(user)
