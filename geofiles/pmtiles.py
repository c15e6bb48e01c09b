"""PMTiles archives out (specification version 3): tiles in Hilbert order, equal ones stored once, directories gzipped.

Tiles come in any order and go to a scratch file; only their numbers, digests and places stay in memory (some 60 bytes a
tile). https://github.com/protomaps/PMTiles is the specification; nothing of its code is used.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

HEADER_BYTES = 127
ROOT_BYTES = 16_384 - HEADER_BYTES  # a reader fetches header and root directory in its first 16 kB
LEAF_ENTRIES = 4_096
GZIP, MVT = 2, 1
MIN_LAT, MAX_LAT = -85.051129, 85.051129
Entry = tuple[int, int, int, int]  # tile id, offset, length, run length

Box = tuple[float, float, float, float]


def tile_id(zoom: int, x: int, y: int) -> int:
    """Return the number of a tile: those of lower zooms first, then along the Hilbert curve (specification 4.1)."""
    number = ((1 << (2 * zoom)) - 1) // 3
    side = 1 << (zoom - 1) if zoom else 0
    while side:
        right, lower = int(bool(x & side)), int(bool(y & side))
        number += side * side * ((3 * right) ^ lower)
        x, y = _turned(side, x, y, right, lower)
        side >>= 1
    return number


def _turned(side: int, x: int, y: int, right: int, lower: int) -> tuple[int, int]:
    if lower:
        return x, y
    if right:
        x, y = side - 1 - x, side - 1 - y
    return y, x


class PMTilesWriter:
    """`add` vector tiles, then `finish` once. Scratch data lies beside `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scratch: IO[bytes] = tempfile.TemporaryFile(dir=path.parent, prefix="geofiles-")  # noqa: SIM115
        self.size = 0
        self.known: dict[bytes, tuple[int, int]] = {}
        self.places: dict[int, tuple[int, int]] = {}
        self.zooms: set[int] = set()

    def add(self, zoom: int, x: int, y: int, tile: bytes) -> None:
        """Take one uncompressed vector tile (MVT 2)."""
        digest = hashlib.sha256(tile).digest()
        if digest not in self.known:
            packed = gzip.compress(tile, 6, mtime=0)
            self.scratch.write(packed)
            self.known[digest] = (self.size, len(packed))
            self.size += len(packed)
        self.places[tile_id(zoom, x, y)] = self.known[digest]
        self.zooms.add(zoom)

    def finish(self, *, box: Box, metadata: Mapping[str, Any]) -> None:
        """Write the archive; `box` is west, south, east, north in degrees, `metadata` must name `vector_layers`."""
        entries, data = self._clustered()
        root, leaves = _directories(entries)
        told = gzip.compress(json.dumps(dict(metadata), ensure_ascii=False).encode(), 6, mtime=0)
        starts = [HEADER_BYTES, HEADER_BYTES + len(root)]
        starts += [starts[1] + len(told), starts[1] + len(told) + len(leaves)]
        lengths = [len(root), len(told), len(leaves), self.size]
        numbers = [number for pair in zip(starts, lengths, strict=True) for number in pair]
        counts = [len(self.places), len(entries), len(self.known)]
        with self.path.open("wb") as file, self.scratch:
            file.write(b"PMTiles\x03" + struct.pack("<11Q", *numbers, *counts) + self._tail(box))
            file.write(root + told + leaves)
            for offset, length in data:
                self.scratch.seek(offset)
                file.write(self.scratch.read(length))

    def close(self) -> None:
        """Drop the scratch data of an archive that is not finished."""
        self.scratch.close()

    def _clustered(self) -> tuple[list[Entry], list[tuple[int, int]]]:
        """Return the entries in the order of tile ids with new offsets, and where the tiles lie in the scratch file."""
        entries: list[Entry] = []
        data: list[tuple[int, int]] = []
        moved: dict[int, int] = {}
        end = 0
        for number in sorted(self.places):
            old, length = self.places[number]
            if old not in moved:
                moved[old] = end
                data.append((old, length))
                end += length
            last = entries[-1] if entries else None
            if last and last[1] == moved[old] and last[0] + last[3] == number:
                entries[-1] = (last[0], last[1], last[2], last[3] + 1)
            else:
                entries.append((number, moved[old], length, 1))
        return entries, data

    def _tail(self, box: Box) -> bytes:
        lowest, highest = (min(self.zooms), max(self.zooms)) if self.zooms else (0, 0)
        west, south, east, north = box
        south, north = max(south, MIN_LAT), min(north, MAX_LAT)
        corners = [_e7(value) for value in (west, south, east, north)]
        middle = [_e7((west + east) / 2), _e7((south + north) / 2)]
        kinds = struct.pack("<6B", 1, GZIP, GZIP, MVT, lowest, highest)  # 1: tiles lie in the order of their ids
        return kinds + struct.pack("<4i", *corners) + struct.pack("<B2i", lowest, *middle)


def _e7(degrees: float) -> int:
    return round(degrees * 10_000_000)


def _directories(entries: list[Entry]) -> tuple[bytes, bytes]:
    """Return root and leaf directories; one root holds all where it is small enough."""
    root = _directory(entries)
    if len(root) <= ROOT_BYTES:
        return root, b""
    size = LEAF_ENTRIES
    while True:
        leaves, pointers = b"", []
        for part in _parts(entries, size):
            packed = _directory(part)
            pointers.append((part[0][0], len(leaves), len(packed), 0))  # run length 0: a leaf
            leaves += packed
        root = _directory(pointers)
        if len(root) <= ROOT_BYTES:
            return root, leaves
        size *= 2


def _parts(entries: list[Entry], size: int) -> Iterator[list[Entry]]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]


def _directory(entries: list[Entry]) -> bytes:
    """Five columns of varints (specification 4.2): ids as differences, offsets as 0 where they follow on."""
    out = bytearray()
    _varint(out, len(entries))
    before = 0
    for number, _offset, _length, _run in entries:
        _varint(out, number - before)
        before = number
    for _number, _offset, _length, run in entries:
        _varint(out, run)
    for _number, _offset, length, _run in entries:
        _varint(out, length)
    end = -1
    for _number, offset, length, _run in entries:
        _varint(out, 0 if offset == end else offset + 1)
        end = offset + length
    return gzip.compress(bytes(out), 9, mtime=0)


def _varint(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
