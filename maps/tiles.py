"""Tiles: one statement, one answer; caching that can't leak from one user to another."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DataError, InternalError, OperationalError, transaction
from django.utils.timezone import localdate
from isal import igzip
from psycopg2.errors import QueryCanceled

from core.replicas import connection
from maps import sql
from maps.grid import Tile
from maps.layers import MapLayer
from maps.sources import Request

log = logging.getLogger(__name__)
TIMEOUT_MS = 3_000
WAIT_SECONDS = 2.0
MAX_BYTES = 1_000_000  # before compression; some 350 kB after it
LEAST_FEATURES = 100  # in a tile cut for its bytes, however large each of them
COMPRESSION = 3  # ISA-L's best: as small as zlib's 2 in a seventh of the time
_slots = BoundedSemaphore(settings.TILE_SLOTS)


class NoSlot(OperationalError):
    """All slots for tiles are taken; shown as 503 with Retry-After."""


@dataclass(frozen=True, slots=True)
class TileBytes:
    """An MVT tile; `is_truncated`: it holds a layer `meta` that says so. Kept: it may be cached for its ETag."""

    content: bytes
    is_truncated: bool = False
    is_kept: bool = True


def make_tile(
    layer: MapLayer, tile: Tile, *, user: Any, params: Mapping[str, Any], shapes_from: int | None = None
) -> TileBytes:
    """Return the tile of what `user` may see; raises BadInput for filters that the layer doesn't know.

    A row that PostGIS can't draw is left out and reported in the log; it never takes the tile with it. A tile of too
    many bytes is made again with fewer features, one that takes too long holds nothing but the flag: both say so.
    `shapes_from`: the layer's own when it is known already.
    """
    asked = Request(layer.layer, user, params, tile)
    known = layer.shapes_from() if shapes_from is None else shapes_from
    try:
        return _within_bytes(layer, asked, known)
    except (DataError, InternalError):
        log.exception("layer %s: a row of tile %s can't be drawn; making the tile without it", layer.name, tile)
        return _within_bytes(layer, replace(asked, is_guarded=True), known)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        log.warning("layer %s: tile %s took more than %s ms and was given up", layer.name, tile, TIMEOUT_MS)
        return _only_flag(layer)


def _within_bytes(layer: MapLayer, asked: Request, shapes_from: int) -> TileBytes:
    made, features = _run(layer, asked, shapes_from)
    if len(made.content) <= MAX_BYTES or features <= LEAST_FEATURES:
        return made
    fitting = max(LEAST_FEATURES, features * MAX_BYTES * 9 // 10 // len(made.content))
    return _run(layer, replace(asked, at_most=fitting), shapes_from)[0]


def _run(layer: MapLayer, asked: Request, shapes_from: int) -> tuple[TileBytes, int]:
    """Return the tile and the number of features of its fullest source."""
    sources = layer.sources_at(asked.tile.z, shapes_from)
    pieces = [piece for source in sources if (piece := source.piece(asked)) is not None]
    if not pieces:
        return TileBytes(b""), 0
    text, values = sql.tile(pieces)
    # Statements of one message are one transaction: begin and commit of their own would be a tenth of a small tile.
    own = transaction.atomic() if connection.in_atomic_block else nullcontext()
    with _slot(), own, connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}; {text}", values)
        rows = cursor.fetchall()
        flags = [_flag(cursor, cut, features, "features") for _layer, features, cut in rows if cut]
    content = b"".join([*(bytes(made or b"") for made, _features, _cut in rows), *flags])
    return TileBytes(content, bool(flags)), max(features for _layer, features, _cut in rows)


def _only_flag(layer: MapLayer) -> TileBytes:
    with connection.cursor() as cursor:
        return TileBytes(_flag(cursor, layer.name, 0, "time"), is_truncated=True, is_kept=False)


def _flag(cursor: Any, name: str, shown: int, reason: str) -> bytes:
    cursor.execute(sql.flag(name, shown, reason))
    return bytes(cursor.fetchone()[0])


@contextmanager
def _slot() -> Iterator[None]:
    """Some tiles at a time per process: a storm of them leaves threads and connections for everything else."""
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise NoSlot("no slot for tiles")
    try:
        yield
    finally:
        _slots.release()


def version_key(layer: MapLayer, tile: Tile, query: str, shapes_from: int) -> str:
    """Return all that a tile asked as nobody depends on, without making it: data version, day, filters, place.

    Its digest is the tile's ETag (`etag_of`), and it is its name among the kept tiles. The day counts because offers
    and codes begin and end with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.VERSIONS, [list(layer.depends_on)])
        version = cursor.fetchone()
        if layer.follows_cooperatives:
            cursor.execute(sql.COOPERATIVES_VERSION)
            version += cursor.fetchone()
    return f"{layer.name} {tile} {query} {localdate()} {shapes_from} {version}"


def etag_of(of: bytes) -> str:
    """Return the ETag of a key, or of the bytes of a tile that depends on the user: rights change without the data."""
    return f'W/"{hashlib.blake2b(of, digest_size=12).hexdigest()}"'


def compressed(content: bytes) -> bytes:
    """Return gzip bytes that are the same for the same content."""
    return igzip.compress(content, compresslevel=COMPRESSION, mtime=0)


NOBODY = AnonymousUser()
