"""Database triggers of our own kind."""

from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.contrib.gis.db.models import GeometryField
from django.db import models


class Frozen(pgtrigger.ReadOnly):
    """Refuses every change of the named `fields`; shapes are compared as bytes.

    A dump is restored with an empty search path, and PostgreSQL then finds no equality of geometries behind
    IS DISTINCT FROM, so that the trigger could not be made again. A cast is found without a search path, and bytes
    are the stricter test: also the order of vertices stays.
    """

    def __init__(self, *, filled_once: Iterable[str] = (), **kwargs: Any) -> None:
        """`filled_once`: fields that may change from NULL to a value, and never after."""
        self.filled_once = frozenset(filled_once)
        super().__init__(**kwargs)

    def get_condition(self, model: Any) -> pgtrigger.Condition:
        """Return the WHEN clause: any of the fields differs."""
        fields = [model._meta.get_field(name) for name in self.fields or ()]
        return pgtrigger.Condition(" OR ".join(_differs(field, field.name in self.filled_once) for field in fields))


def _differs(field: models.Field, is_filled_once: bool) -> str:
    if is_filled_once:
        return f'(OLD."{field.column}" IS NOT NULL AND {_differs(field, False)})'
    cast = "::bytea" if isinstance(field, GeometryField) else ""
    return f'OLD."{field.column}"{cast} IS DISTINCT FROM NEW."{field.column}"{cast}'
