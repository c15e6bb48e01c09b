"""Signing in and out, guessing, redirects, the second factor (rows F1, F2, F4, F7)."""

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.people import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "một câu đủ dài để nhớ"


@pytest.fixture(autouse=True)
def fresh_counts(db):
    cache.clear()


@pytest.fixture
def person():
    user = make_user(username="nguoi.dung", email="nguoi.dung@example.test")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client, password=PASSWORD, login="nguoi.dung", **fields):
    return client.post("/accounts/login/", {"login": login, "password": password}, **fields)


def is_signed_in(client):
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("login", ["nguoi.dung", "nguoi.dung@example.test"])
def test_sign_in_by_name_or_mail(login, client, person):
    answer = sign_in(client, login=login)

    assert answer["Location"] == "/"
    assert is_signed_in(client)


def test_disabled_user_stays_out_and_is_put_out(client, person):
    sign_in(client)
    person.is_active = False
    person.save()

    assert client.get("/coop/enquiries/").status_code == 302
    sign_in(Client())
    assert not is_signed_in(Client())


NEW_ACCOUNT = {
    "full_name": "Người Mới",
    "username": "nguoi-moi",
    "email": "moi@example.invalid",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


def test_an_account_is_made_and_has_no_rights(client):
    client.post("/accounts/signup/", NEW_ACCOUNT)

    made = User.objects.get(username="nguoi-moi")
    assert (made.full_name, made.is_staff, made.posts.count(), made.memberships.count()) == ("Người Mới", False, 0, 0)
    assert is_signed_in(client)


def test_an_account_needs_a_full_name(client):
    client.post("/accounts/signup/", NEW_ACCOUNT | {"full_name": " "})

    assert not User.objects.filter(username="nguoi-moi").exists()


def test_nobody_makes_an_account_where_that_is_closed(client, settings):
    settings.SIGNUP_OPEN = False

    answer = client.post("/accounts/signup/", NEW_ACCOUNT)

    assert "Chưa mở đăng ký" in answer.content.decode()
    assert not User.objects.filter(username="nguoi-moi").exists()


def test_sign_out_only_by_post(client, person):
    sign_in(client)

    client.get("/accounts/logout/")
    assert is_signed_in(client)

    client.post("/accounts/logout/")
    assert not is_signed_in(client)


def test_sign_in_changes_the_session(client, person):
    client.get("/accounts/login/")
    client.session["x"] = 1
    before = client.session.session_key

    sign_in(client)

    assert client.session.session_key != before


@pytest.mark.parametrize(
    "target",
    ["//evil.test", "/\\evil.test", "javascript:alert(1)", "https://evil.test/", "http:///evil.test", "\t//evil.test"],
)
def test_foreign_next_leads_home(target, client, person):
    answer = client.post("/accounts/login/", {"login": "nguoi.dung", "password": PASSWORD, "next": target})

    assert answer["Location"] == "/"
    assert client.post("/i18n/setlang/", {"language": "en", "next": target})["Location"] == "/"


def test_own_next_is_followed(client, person):
    answer = client.post("/accounts/login/", {"login": "nguoi.dung", "password": PASSWORD, "next": "/coop/products/"})

    assert answer["Location"] == "/coop/products/"


def test_guessing_is_stopped_for_the_user_at_that_address(client, person):
    answers = [sign_in(client, "sai").status_code for _number in range(6)]

    assert answers == [200] * 5 + [429]
    assert sign_in(client).status_code == 429
    assert int(sign_in(client)["Retry-After"]) > 0
    assert sign_in(Client(REMOTE_ADDR="192.0.2.9")).status_code == 302  # elsewhere the user is not locked out


def test_forged_forwarding_does_not_help_to_guess(client, person):
    answers = [sign_in(client, "sai", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}").status_code for number in range(6)]

    assert answers[-1] == 429


def test_an_office_behind_one_address_is_not_locked_but_a_spray_is(client, person):
    for number in range(20):
        assert sign_in(client, "sai", login=f"dong.nghiep.{number}").status_code == 200
    assert sign_in(client).status_code == 302  # a colleague's right password still works
    client.logout()

    answers = {sign_in(client, "sai", login=f"la.{number}").status_code for number in range(60)}

    assert 429 in answers


def test_unknown_and_known_users_get_the_same_answer(client, person):
    known, unknown = sign_in(client, "sai"), sign_in(client, "sai", login="khong.co")

    assert known.context["form"].errors == unknown.context["form"].errors
    resets = [
        client.post("/accounts/password/reset/", {"email": mail})["Location"]
        for mail in ("nguoi.dung@example.test", "khong.co@example.test")
    ]
    assert resets[0] == resets[1]


@pytest.mark.parametrize("origin", [None, "https://evil.test"])
def test_post_without_token_or_from_elsewhere_is_refused(origin, person):
    client = Client(enforce_csrf_checks=True)
    headers = {"Origin": origin} if origin else {}

    answer = client.post("/accounts/login/", {"login": "nguoi.dung", "password": PASSWORD}, headers=headers)

    assert answer.status_code == 403
    assert not is_signed_in(client)


def test_session_alone_does_not_write_to_the_api(clerk, cooperative):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk)

    answer = client.post("/api/v1/requests/", json.dumps({}), content_type="application/json")

    assert answer.status_code == 403


def test_administration_has_no_sign_in_of_its_own(client, person):
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "nguoi.dung", "password": PASSWORD}).status_code == 302
    assert not is_signed_in(client)


# --- The second factor --------------------------------------------------------------------------------------------


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_second_factor_is_asked_for(client, person):
    secret = generate_totp_secret()
    TOTP.activate(person, secret)

    assert sign_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_signed_in(client)

    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})

    assert is_signed_in(client)


def test_who_must_have_a_second_factor_can_only_set_one_up(client, person):
    person.must_use_mfa = True
    person.save()
    sign_in(client)

    assert client.get("/coop/enquiries/")["Location"] == "/accounts/2fa/totp/activate/"
    refused = client.get("/api/v1/enquiries/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")

    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(page.context["form"].secret)})

    assert Authenticator.objects.filter(user=person, type="totp").exists()
    assert client.get("/coop/enquiries/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/password/change/",
        "/accounts/logout/",
        "/accounts/email/",
    ],
)
def test_pages_of_the_account_stand_in_our_shell(path, client, person):
    sign_in(client)

    text = client.get(path, follow=True).content.decode()

    assert 'class="site-header"' in text
    assert 'id="main"' in text


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"])
def test_pages_of_the_entrance_stand_in_our_shell(path, client):
    text = client.get(path).content.decode()

    assert "page--entrance" in text
    assert 'class="site-header"' in text
