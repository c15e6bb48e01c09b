"""Tiles: one statement, one answer; caching that can't leak from one user to another."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import EmptyResultSet
from django.db import DataError, InternalError, OperationalError, transaction
from django.utils.timezone import localdate
from isal import igzip
from psycopg2.errors import QueryCanceled

from core.prepared import ONE_PLAN
from core.replicas import connection
from maps import sql
from maps.grid import Tile
from maps.layers import MapLayer
from maps.sources import Cells, Request, Shapes

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
        return _fitting(layer, asked, known)
    except (DataError, InternalError):
        log.exception("layer %s: a row of tile %s can't be drawn; making the tile without it", layer.name, tile)
        return _fitting(layer, replace(asked, is_guarded=True), known)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        log.warning("layer %s: tile %s took more than %s ms and was given up", layer.name, tile, TIMEOUT_MS)
        return TileBytes(_flag(layer.name, 0, "time"), is_truncated=True, is_kept=False)


def _fitting(layer: MapLayer, asked: Request, shapes_from: int) -> TileBytes:
    """The whole tile; where it has too many rows or bytes, one with as many rows of each source as it can hold."""
    sources = layer.sources_at(asked.tile.z, shapes_from)
    made, drawn = _run(sources, asked)
    limits = {source.name: source.limit for source in sources if isinstance(source, Shapes)}
    fullest = max(drawn.values(), default=0)
    if len(made) > MAX_BYTES and fullest > LEAST_FEATURES:
        at_most = max(LEAST_FEATURES, fullest * MAX_BYTES * 9 // 10 // len(made))
    elif any(rows > limits[name] for name, rows in drawn.items() if rows):
        at_most = max(limits.values())
    else:
        return TileBytes(made)
    cut, shown = _run(sources, replace(asked, at_most=at_most))
    flags = [_flag(name, rows, "features") for name, rows in shown.items() if rows < drawn[name]]
    return TileBytes(b"".join([cut, *flags]), is_truncated=bool(flags))


def _run(sources: Sequence[Any], asked: Request) -> tuple[bytes, dict[str, int]]:
    """Return the tile and how many rows of each MVT layer were drawn (0 where there is no limit)."""
    # Statements of one message are one transaction: begin and commit of their own would be a tenth of a small tile.
    own = transaction.atomic() if connection.in_atomic_block else nullcontext()
    with _slot(), own, connection.cursor() as cursor:
        rows = _rows_of(cursor, sources, asked)
    return b"".join(made for _name, made, _drawn in rows if made), {name: drawn for name, _made, drawn in rows}


def _rows_of(cursor: Any, sources: Sequence[Any], asked: Request) -> list[tuple[str, memoryview | None, int]]:
    limit = f"SET LOCAL statement_timeout = {TIMEOUT_MS}; "
    if len(sources) == 1 and isinstance(sources[0], Shapes | Cells):
        try:
            sources[0].run(cursor, asked, before=limit + ONE_PLAN)
        except EmptyResultSet:
            return []
        return cursor.fetchall()  # type: ignore[no-any-return]
    pieces = [piece for source in sources if (piece := source.piece(asked)) is not None]
    if not pieces:
        return []
    text, values = sql.tile(pieces)
    cursor.execute(limit + text, values)
    return cursor.fetchall()  # type: ignore[no-any-return]


def _flag(name: str, shown: int, reason: str) -> bytes:
    """Return the MVT layer that says that not all rows of `name` are in the tile, and why."""
    with connection.cursor() as cursor:
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
