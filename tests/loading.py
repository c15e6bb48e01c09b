"""Every module is loaded before the first test, as in a running service.

One that is first imported while a test has put another clock in place would keep that clock for all tests after it.
"""

from importlib import import_module

import pytest
from django.conf import settings


@pytest.fixture(scope="session", autouse=True)
def everything_loaded() -> None:
    import_module(settings.ROOT_URLCONF)
