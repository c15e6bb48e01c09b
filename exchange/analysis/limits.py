"""How long a question may take: a million plots laid over former districts need more than a page usually gets."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from core.replicas import connection

LONG_MS = 40_000  # below the time that gunicorn gives a request (ops/service.py)


@contextmanager
def with_time(*, is_long: bool) -> Iterator[None]:
    """Give the queries of this block `LONG_MS` each; others keep the role's own limit. One transaction: one moment."""
    with transaction.atomic(using=connection.alias):
        if is_long:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LONG_MS)])
        yield
