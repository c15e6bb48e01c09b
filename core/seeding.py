"""Reference rows that an administrator may change: shipped once, never written again, also not after a deletion."""

from collections.abc import Iterable
from typing import Any

from django.db import models


def add_missing(model: type[models.Model], key: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> int:
    """Create the rows whose `key` (column names) never stood in the table; return how many.

    What once was is known from the row history (`core.history.keep_history`), so a row that an administrator deleted
    or gave another key stays as it was left.
    """
    history: type[models.Model] = model.history.rel.related_model  # type: ignore[attr-defined]
    known = set(model._default_manager.values_list(*key)) | set(history._default_manager.values_list(*key))
    wanted = (model(**fields) for fields in rows)
    new = [row for row in wanted if tuple(getattr(row, name) for name in key) not in known]
    model._default_manager.bulk_create(new)
    return len(new)
