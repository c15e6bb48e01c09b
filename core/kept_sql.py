"""The SQL of a user's rows, kept from one tile or page to the next: building it by the ORM takes longer than a small
tile.

Only for layers that name everything their SQL depends on (`Layer.rights_key`). The key holds the user and the rights
as they are at this request, so a right that ends, or a new one, makes another key; rows are looked up anew each time.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from django.contrib.gis.db.backends.postgis.adapter import PostGISAdapter
from django.contrib.gis.geos import Polygon
from django.utils.timezone import localdate
from django.utils.translation import get_language

from core.layers import Layer
from core.prepared import Statement

MOST = 500  # texts of some kilobytes: users at work at one time, times their filters
Sql = tuple[str, list[Any]]
Place = tuple[Polygon | int, ...]  # boxes of the tile, the ranges of its cells, the key where a page begins
_kept: OrderedDict[Hashable, Statement] = OrderedDict()
_lock = Lock()


def rows_in(place: Place, *, layer: Layer, user: Any, of: Hashable, build: Callable[[], Sql]) -> Sql:
    """Return `build()`, in whose parameters the values of `place` stand once each and in this order, from the kept
    text where there is one.

    `of`: what else the text depends on (source, filters).
    """
    key = _key(layer, user, of)
    found = _find(key)
    if found is None:
        return _built(build, key, place)
    return found.text, found.filled(_as_values(place))


def run(
    cursor: Any,
    place: Place,
    *,
    layer: Layer,
    user: Any,
    of: Hashable,
    build: Callable[[], Sql],
    before: str = "",
) -> None:
    """Run `build()`, a whole statement, on Django's `cursor`; a text that was kept is prepared (see `core.prepared`).

    `before`: commands that go out with it. The rest as for `rows_in`.
    """
    key = _key(layer, user, of)
    found = _find(key)
    if found is None:
        text, params = _built(build, key, place)
        cursor.execute(before + text, params)
    else:
        found.run(cursor, _as_values(place), before=before)


def _as_values(place: Place) -> list[Any]:
    return [PostGISAdapter(value) if isinstance(value, Polygon) else value for value in place]


def _key(layer: Layer, user: Any, of: Hashable) -> Hashable | None:
    """None for layers and users whose SQL is not kept."""
    rights = None if layer.rights_key is None else layer.rights_key(user)
    return None if rights is None else (layer.name, of, rights, localdate(), get_language())


def _find(key: Hashable | None) -> Statement | None:
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
    return found


def _built(build: Callable[[], Sql], key: Hashable | None, place: Place) -> Sql:
    text, params = build()
    if key is not None:
        _keep(key, text, params, place)
    return text, params


def _keep(key: Hashable, text: str, params: list[Any], place: Place) -> None:
    known = [_comparable(value) for value in place]
    positions = [n for n, value in enumerate(params) if _comparable(value) in known]
    # Another box, or anything else that looks like a part of the place: there is no telling where to put another one.
    # (Values that are the same by chance, or ranges of one level asked for twice, still stand in their order.)
    boxes, placed = (sum(isinstance(value, (Polygon, PostGISAdapter)) for value in some) for some in (params, place))
    if [_comparable(params[n]) for n in positions] != known or boxes != placed:
        return
    with _lock:
        _kept[key] = Statement(text, params, positions)
        while len(_kept) > MOST:
            _kept.popitem(last=False)


def _comparable(value: Any) -> Any:
    if isinstance(value, PostGISAdapter):
        return bytes(value.ewkb)
    return bytes(value.ewkb) if isinstance(value, Polygon) else (type(value).__name__, str(value))
