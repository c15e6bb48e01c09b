"""Row history of business tables by statement-level database triggers, so that bulk writes and raw SQL leave it too."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pghistory
from django.conf import settings
from django.contrib.gis.db.models import GeometryField
from django.db import models
from django.utils.module_loading import import_string

ModelT = TypeVar("ModelT", bound=type[models.Model])


def keep_history(*, exclude: Iterable[str] = (), unindexed: Iterable[str] = ()) -> Callable[[ModelT], ModelT]:
    """Class decorator: every insert, update and delete of the model leaves a row in `<Model>History`.

    The history table is lean: no spatial index, no generated column, and none of the fields named in `exclude`
    (personal data, which must be erasable). `unindexed`: foreign keys by which nobody looks into the history; an index
    on each would cost every bulk write.
    """

    def decorate(model: ModelT) -> ModelT:
        local = model._meta.local_fields
        left_out = {field.name for field in local if isinstance(field, models.GeneratedField)} | set(exclude)
        geometries = {
            field.name: type(field)(srid=field.srid, null=field.null, spatial_index=False)
            for field in local
            if isinstance(field, GeometryField) and field.name not in left_out
        }
        lean_keys = {
            field.name: _unindexed(field)
            for field in local
            if field.name in set(unindexed) and isinstance(field, models.ForeignKey)
        }
        pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            exclude=sorted(left_out),
            attrs=geometries | lean_keys,
            obj_field=pghistory.ObjForeignKey(related_name="history"),
            level=pghistory.Statement,
            model_name=f"{model.__name__}History",
        )(model)
        return model

    return decorate


def acting_for(user: Any) -> dict[str, list[int]]:
    """Return `{"on_behalf_of": ids}` of the holders for whom the user is a helper, or nothing.

    A row of such a holder is then shown as changed "by X for Y". Which they are is known to an app above this one.
    """
    if not getattr(user, "is_authenticated", False):
        return {}
    helped = import_string(settings.ACTING_FOR)(user)
    return {"on_behalf_of": helped} if helped else {}


def _unindexed(field: models.ForeignKey) -> models.ForeignKey:
    """The history's copy of a foreign key without its index; history never constrains what it remembers."""
    return models.ForeignKey(
        field.remote_field.model,
        models.DO_NOTHING,
        null=field.null,
        db_constraint=False,
        db_index=False,
        related_name="+",
        related_query_name="+",
    )
