"""What the tests of profiles share."""

from typing import Any, Self

import pytest
from django.db import connections

from exchange.exports.copying import Moment


class _Here(Moment):
    """A moment on the test's own connection, which sees what the test has stored and not committed."""

    def __init__(self) -> None:
        self.own = connections["default"]

    def __enter__(self) -> Self:
        self.own.inc_thread_sharing()
        return self

    def __exit__(self, *exception: object) -> None:
        self.own.dec_thread_sharing()


@pytest.fixture
def moment_here(monkeypatch: Any) -> None:
    """Profiles read in the test's transaction; `test_moments` reads through a connection of its own."""
    for module in ("eudr", "fiboa", "national", "buyers"):
        monkeypatch.setattr(f"exchange.profiles.{module}.Moment", _Here)
