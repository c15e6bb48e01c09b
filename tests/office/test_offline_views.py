"""Which public pages a visitor's browser may keep as last seen; nothing of a signed-in user."""

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from office.middleware import HEADER
from office.offline import view_pattern

pytestmark = pytest.mark.django_db
META = '<meta name="offline-copy"'


@pytest.mark.parametrize("name", ["home", "maps:land-use", "maps:code-map", "maps:seasons"])
def test_a_visitor_may_keep_public_pages(client, name):
    response = client.get(reverse(name))

    assert (response.status_code, response[HEADER]) == (200, "keep")
    assert META in response.content.decode()


def test_a_producer_page_is_kept_too(client, cooperative, product_factory):
    product_factory()

    assert client.get(f"/p/{cooperative.slug}/")[HEADER] == "keep"


@pytest.mark.parametrize("name", ["home", "maps:land-use", "maps:code-map", "maps:seasons"])
def test_nothing_of_a_signed_in_user_is_kept(clerk, name):
    client = Client()
    client.force_login(clerk)

    response = client.get(reverse(name))

    assert HEADER not in response
    assert META not in response.content.decode()


@pytest.mark.parametrize("path", ["/accounts/login/", "/verify/", "/no-such-page/", "/maps/layers.json"])
def test_other_addresses_are_not_kept(client, path):
    assert HEADER not in client.get(path)


def test_fragments_and_mistakes_are_not_kept(client):
    fragment = client.get("/", headers={"HX-Request": "true"})
    mistake = client.get("/?month=13")

    assert (HEADER in fragment, mistake.status_code, HEADER in mistake) == (False, 400, False)


def test_patterns_say_which_paths():
    assert re.match(view_pattern("home"), "/") and not re.match(view_pattern("home"), "/p/htx/")
    assert re.match(view_pattern("products:producer"), "/p/htx-xoai/")
    assert not re.match(view_pattern("products:producer"), "/p/htx-xoai/photos/")
    assert all(view_pattern(name).endswith("$") for name in django_settings.OFFLINE_VIEWS)
