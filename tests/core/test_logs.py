"""Tokens of addresses stay out of the log."""

import logging

import pytest
from django.conf import settings
from django.test import Client

from core.logs import HideTokens


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (
            "Forbidden (CSRF token missing.): /invitations/abc_DEF-123/",
            "Forbidden (CSRF token missing.): /invitations/…/",
        ),
        ("Gone: /opinions/abc/", "Gone: /opinions/…/"),
        ("Not Found: /enquiries/abc/", "Not Found: /enquiries/…/"),
        ("Not Found: /api/v1/enquiries/by-token/abc/", "Not Found: /api/v1/enquiries/by-token/…/"),
        ("GET /accounts/login/?next=%2Finvitations%2Fabc%2F", "GET /accounts/login/?next=%2Finvitations%2F…%2F"),
        ("Not Found: /enquiries/new/htx-cam/", "Not Found: /enquiries/new/htx-cam/"),
        ("Not Found: /coop/people/invitations/", "Not Found: /coop/people/invitations/"),
    ],
    ids=["invitation", "opinion", "enquiry", "by api", "sign-in", "no token", "list"],
)
def test_a_token_is_not_written(line, written):
    record = logging.LogRecord("django.request", logging.WARNING, "x.py", 1, "%s", (line,), None)

    assert HideTokens().filter(record)
    assert record.getMessage() == written


@pytest.mark.django_db
def test_the_console_hides_what_django_says_of_a_refused_request(caplog):
    Client(enforce_csrf_checks=True).post("/invitations/zjw-token/")

    told = [record for record in caplog.records if HideTokens().filter(record)]
    assert any("/invitations/…/" in record.getMessage() for record in told)
    assert not any("zjw-token" in record.getMessage() for record in told)
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["hide_tokens"]
