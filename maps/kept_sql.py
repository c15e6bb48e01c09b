"""The SQL of a user's rows, kept from one tile to the next: building it by the ORM takes longer than a small tile.

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
from maps.sql import Sql

MOST = 500  # texts of some kilobytes: users at work at one time, times their filters
_kept: OrderedDict[Hashable, tuple[str, tuple[Any, ...], int]] = OrderedDict()
_lock = Lock()


def rows_in(bounds: Polygon, *, layer: Layer, user: Any, of: Hashable, build: Callable[[], Sql]) -> Sql:
    """Return `build()`, whose only geometry parameter is `bounds`, from the kept text where there is one.

    `of`: what else the text depends on (source, filters).
    """
    if layer.rights_key is None:
        return build()
    key = (layer.name, of, layer.rights_key(user), localdate(), get_language())
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
    if found is None:
        text, params = build()
        _keep(key, text, params, bounds)
        return text, params
    text, kept_params, place = found
    return text, [*kept_params[:place], PostGISAdapter(bounds), *kept_params[place + 1 :]]


def _keep(key: Hashable, text: str, params: list[Any], bounds: Polygon) -> None:
    places = [n for n, value in enumerate(params) if isinstance(value, PostGISAdapter)]
    # The box must be the only geometry and as it was: else there is nothing to put another one into.
    if len(places) != 1 or bytes(params[places[0]].ewkb) != bytes(bounds.ewkb):
        return
    with _lock:
        _kept[key] = (text, tuple(params), places[0])
        while len(_kept) > MOST:
            _kept.popitem(last=False)
