"""SQL of exports."""

from typing import Any

READ_ONLY_SNAPSHOT = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
NO_TIME_LIMIT = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"


def features(inner: str, params: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return a query with one text column: a comma and a feature. The reader drops the first comma; numbering the
    rows to leave it out would cost half as much again."""
    return f"SELECT ',' || f.feature FROM ({inner}) AS f", params


def copy_out(query: str) -> str:
    """Return the COPY of `query`, unescaped: JSON text holds neither U+0001 nor U+0002 nor a line break."""
    return f"COPY ({query}) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
