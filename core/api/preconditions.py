"""ETags, and changes that say which version they change (RFC 9110 §13): 428 without If-Match, 412 when stale."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models, transaction
from django.http import Http404

from core.errors import PreconditionMissing, Stale
from core.layers import Layer
from core.sql import feature_text


def etag_of(feature: str) -> str:
    """Return the strong ETag of a feature as its reader sees it."""
    return f'"{hashlib.sha256(feature.encode()).hexdigest()[:32]}"'


def matches(header: str, etag: str) -> bool:
    """Return whether `header` (If-Match, If-None-Match) names `etag` or is `*`; a proxy may have weakened it."""
    given = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in given or etag in given


@contextmanager
def locked_for_change(
    request: Any, layer: Layer, key: Any, *, first: Callable[[Any], None] | None = None
) -> Iterator[models.Model]:
    """Yield the row with this key, locked, in a transaction; the caller changes it inside.

    `first(pk)` takes what every writer locks before such a row, so that nobody waits in a ring.

    Raises Http404 for a row the user may not see, PreconditionMissing (428) without If-Match, Stale (412) when the
    feature is no longer the one the caller read.
    """
    header = request.META.get("HTTP_IF_MATCH", "")
    with transaction.atomic():
        visible = layer.one(request.user, key)
        pk = visible.values_list("pk", flat=True).first()
        if pk is None:
            raise Http404
        if first is not None:
            first(pk)
        row = visible.model._base_manager.select_for_update(of=("self",)).get(pk=pk)
        if not header:
            raise PreconditionMissing
        feature = feature_text(layer, layer.one(request.user, key))
        if feature is None:
            raise Http404
        if not matches(header, etag_of(feature)):
            raise Stale
        yield row
