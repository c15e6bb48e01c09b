"""What the tests of profiles share."""

from typing import Any, Self

import pytest
from django.db import connection

from exchange.exports.copying import Moment


class _Here(Moment):
    """A moment on the test's own connection, which sees what the test has stored and not committed."""

    def __init__(self) -> None:
        self.own = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


@pytest.fixture
def moment_here(monkeypatch: Any) -> None:
    """Profiles read in the test's transaction; `test_moments` reads through a connection of its own."""
    for module in ("eudr",):
        monkeypatch.setattr(f"exchange.profiles.{module}.Moment", _Here)
