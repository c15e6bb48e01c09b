"""Settings that are made from one variable."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

SHOW = """
import json
from geoapp import settings as s
names = ("BACKEND", "HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
print(json.dumps([getattr(s, f"EMAIL_{name}") for name in names]))
"""
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp+tls://clerk:p%40ss@mail.example:587",
            [SMTP, "mail.example", 587, "clerk", "p@ss", True, False],
        ),
        ("smtp+ssl://clerk:x@mail.example:465", [SMTP, "mail.example", 465, "clerk", "x", False, True]),
        ("", ["django.core.mail.backends.filebased.EmailBackend", "localhost", 25, "", "", False, False]),
    ],
    ids=["starttls", "tls", "none: files"],
)
def test_one_address_says_how_mail_leaves(url, expected):
    environment = {name: value for name, value in os.environ.items() if name != "EMAIL_URL"}
    environment |= {"EMAIL_URL": url} if url else {}

    shown = subprocess.run(
        [sys.executable, "-c", SHOW], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )

    assert json.loads(shown.stdout) == expected
