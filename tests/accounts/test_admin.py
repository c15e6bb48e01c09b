"""Administration: opens for administrators only, loads nothing from elsewhere, lets nobody act around the services."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.urls import reverse

from people.models import Person
from tests.factories.people import make_person
from tests.people import make_user

pytestmark = pytest.mark.django_db
FOREIGN = re.compile(r"""(?:src|href|action|url\()\s*=?\s*["']?((?:https?:)?//[^"' )>]+)""", re.I)


@pytest.fixture
def admin_client(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def stock(area, submitted_request, code, product, enquiry, plot, parcel_factory, certificate_factory):
    """A row of most kinds."""
    parcel_factory()
    certificate_factory()
    make_person()


def test_pages_open_and_load_nothing_from_a_foreign_host(admin_client, stock):
    opened = 0
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths = [reverse(f"{name}_changelist")]
        row = model._default_manager.first()
        if row is not None:
            paths.append(reverse(f"{name}_change", args=[row.pk]))
        if model_admin.has_add_permission(admin_request(admin_client)):
            paths.append(reverse(f"{name}_add"))
        for path in paths:
            answer = admin_client.get(path)
            assert answer.status_code == 200, path
            foreign = [url for url in FOREIGN.findall(answer.content.decode()) if "//localhost" not in url]
            assert foreign == [], path
            opened += 1

    assert opened > 20
    assert FOREIGN.findall(admin_client.get("/admin/").content.decode()) == []


def admin_request(client):
    return client.get("/admin/").wsgi_request


def test_second_factors_are_taken_away_there_and_their_secrets_stay_secret(admin_client, officer):
    factor = Authenticator.objects.create(user=officer, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    path = reverse("admin:mfa_authenticator_change", args=[factor.pk])

    shown = admin_client.get(path)
    added = admin_client.get(reverse("admin:mfa_authenticator_add"))
    changed = admin_client.post(path, {"user": officer.pk, "type": "totp", "data": "{}"})
    removed = admin_client.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"})

    assert shown.status_code == 200
    assert "JBSWY3DPEHPK3PXP" not in shown.content.decode()
    assert (added.status_code, changed.status_code, removed.status_code) == (403, 403, 302)
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("person", ["officer", "planner", "clerk", "outsider", "anonymous"])
def test_administration_is_closed_to_others(request, person, client):
    user = request.getfixturevalue(person)
    if user.is_authenticated:
        client.force_login(user)

    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/accounts/user/").status_code == 302


def test_status_and_code_cannot_be_typed(admin_client, stock):
    for model, model_admin in admin.site._registry.items():
        row = model._default_manager.first()
        if row is None or model._meta.app_label not in ("codes", "casework", "products", "cooperatives", "farms"):
            continue
        page = admin_client.get(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
        )
        fields = (
            set(page.context["adminform"].form.fields)
            if model_admin.has_change_permission(page.wsgi_request, row)
            else set()
        )

        if model._meta.label in ("codes.ProductionAreaCode", "casework.CodeRequest", "products.Enquiry"):
            assert fields & {"code", "status", "receipt", "serial"} == set(), model._meta.label
        if model._meta.label in ("cooperatives.Cooperative", "farms.Plot", "codes.MarketApproval"):
            assert "status" not in fields, model._meta.label


def test_numbers_of_persons_are_never_whole(admin_client):
    person = make_person(full_name="Người Kín Đáo", phone="0000123789", id_number="000111222333")

    page = admin_client.get(f"/admin/people/person/{person.pk}/change/").content.decode()
    listed = admin_client.get("/admin/people/person/?q=nguoi kin").content.decode()

    assert "•••• 789" in page
    assert "•••• 333" in page
    assert "Người Kín Đáo" in listed
    for secret in ("0000123789", "000111222333", "123789", "222333"):
        assert secret not in page + listed


def test_persons_cannot_be_changed_there(admin_client):
    person = make_person(full_name="Người Kín Đáo")

    answer = admin_client.post(f"/admin/people/person/{person.pk}/change/", {"full_name": "Khác"})

    assert answer.status_code == 403
    assert Person.objects.get().full_name == "Người Kín Đáo"


def test_accounts_are_disabled_not_deleted(admin_client, outsider):
    assert admin_client.get(f"/admin/accounts/user/{outsider.pk}/delete/").status_code == 403


def test_administrator_makes_an_account_and_gives_it_a_post(admin_client, commune):
    admin_client.post(
        "/admin/accounts/user/add/",
        {
            "username": "can.bo", "full_name": "Cán Bộ", "usable_password": "true",
            "password1": "một câu đủ dài để nhớ", "password2": "một câu đủ dài để nhớ",
            "posts-TOTAL_FORMS": "0", "posts-INITIAL_FORMS": "0",
        },
    )  # fmt: skip
    from accounts.models import User

    made = User.objects.get(username="can.bo")
    admin_client.post(
        "/admin/accounts/officerpost/add/",
        {"user": made.pk, "role": "officer", "unit": commune.pk, "valid_from": "01/07/2025"},
    )

    assert made.posts.get().unit == commune
    assert made.check_password("một câu đủ dài để nhớ")


def test_staff_cannot_make_themselves_superusers(client):
    from django.contrib.auth.models import Permission

    staff = make_user(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    client.force_login(staff)

    page = client.get(f"/admin/accounts/user/{staff.pk}/change/")

    assert page.status_code == 200
    assert not {"is_superuser", "is_staff", "must_use_mfa"} & set(page.context["adminform"].form.fields)
