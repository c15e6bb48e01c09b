"""Tiles that are the same for everybody, kept in the process's memory up to a number of bytes.

Only tiles asked as nobody come here, never a signed-in user's. The key holds all that such a tile depends on: layer,
place, filters, version of the data, day, where shapes begin. So a change needs no clearing: its tiles have other keys,
and the old ones fall out when room is needed. A crawl of many tiles replaces what is kept; it never adds to the memory.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Kept:
    """A tile as it is and as gzip."""

    content: bytes
    zipped: bytes

    @property
    def size(self) -> int:
        """Bytes that count against the limit, with some for the entry itself."""
        return len(self.content) + len(self.zipped) + 500


class KeptTiles:
    """The last used tiles, together at most `most` bytes; safe between threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._tiles: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._tiles)

    def get(self, key: str) -> Kept | None:
        """Return the tile of this key."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def keep(self, key: str, tile: Kept) -> None:
        """Keep the tile; the ones not used for longest go. A tile larger than a tenth of the room is not kept."""
        if tile.size > self.most // 10:
            return
        with self._lock:
            old = self._tiles.pop(key, None)
            self.size += tile.size - (old.size if old else 0)
            self._tiles[key] = tile
            while self.size > self.most:
                _key, gone = self._tiles.popitem(last=False)
                self.size -= gone.size

    def clear(self) -> None:
        """Forget all (tests: a database that was rolled back gives the same version twice)."""
        with self._lock:
            self._tiles.clear()
            self.size = 0


PUBLIC_TILES = KeptTiles(settings.TILE_CACHE_MB * 1_000_000)
