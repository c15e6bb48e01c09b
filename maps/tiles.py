"""Tiles: one statement, one answer; caching that can't leak from one user to another."""

import gzip
import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DataError, InternalError, OperationalError, connection, transaction
from django.utils.timezone import localdate

from maps import sql
from maps.grid import Tile
from maps.layers import MapLayer
from maps.sources import Request

log = logging.getLogger(__name__)
TIMEOUT_MS = 3_000
WAIT_SECONDS = 2.0
COMPRESSION = 4  # level 5 takes half as long again for 1 % fewer bytes
_slots = BoundedSemaphore(settings.TILE_SLOTS)


class NoSlot(OperationalError):
    """All slots for tiles are taken; shown as 503 with Retry-After."""


@dataclass(frozen=True, slots=True)
class TileBytes:
    """An MVT tile; `is_truncated`: it holds a layer `meta` that says so."""

    content: bytes
    is_truncated: bool


def make_tile(layer: MapLayer, tile: Tile, *, user: Any, params: Mapping[str, Any]) -> TileBytes:
    """Return the tile of what `user` may see; raises BadInput for filters that the layer doesn't know.

    A row that PostGIS can't draw is left out and reported in the log; it never takes the tile with it.
    """
    asked = Request(layer.layer, user, params, tile)
    try:
        return _run(layer, asked)
    except (DataError, InternalError):
        log.exception("layer %s: a row of tile %s can't be drawn; making the tile without it", layer.name, tile)
        return _run(layer, Request(layer.layer, user, params, tile, is_guarded=True))


def _run(layer: MapLayer, asked: Request) -> TileBytes:
    pieces = [piece for source in layer.sources_at(asked.tile.z) if (piece := source.piece(asked)) is not None]
    if not pieces:
        return TileBytes(b"", False)
    text, values = sql.tile(pieces)
    with _slot(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")
        cursor.execute(text, values)
        content, is_truncated = cursor.fetchone()
    return TileBytes(bytes(content or b""), bool(is_truncated))


@contextmanager
def _slot() -> Iterator[None]:
    """Some tiles at a time per process: a storm of them leaves threads and connections for everything else."""
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise NoSlot("no slot for tiles")
    try:
        yield
    finally:
        _slots.release()


def version_etag(layer: MapLayer, tile: Tile, query: str) -> str:
    """Return the ETag of a tile that is the same for all, without making it: data version, day, filters, place.

    The day counts because offers and codes begin and end with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.VERSIONS, [list(layer.depends_on)])
        version = cursor.fetchone()
        if layer.follows_cooperatives:
            cursor.execute(sql.COOPERATIVES_VERSION)
            version += cursor.fetchone()
    return _etag(f"{layer.name} {tile} {query} {localdate()} {version}".encode())


def content_etag(tile: TileBytes) -> str:
    """Return the ETag of a tile that depends on the user: of its bytes, since rights change without the data."""
    return _etag(tile.content)


def _etag(of: bytes) -> str:
    return f'W/"{hashlib.blake2b(of, digest_size=12).hexdigest()}"'


def compressed(content: bytes) -> bytes:
    """Return gzip bytes that are the same for the same content."""
    return gzip.compress(content, compresslevel=COMPRESSION, mtime=0)


NOBODY = AnonymousUser()
