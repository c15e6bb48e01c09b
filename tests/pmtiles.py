"""A PMTiles archive (version 3) with one tile, written after the format's specification."""

import struct

VECTOR, PICTURE = 1, 2
_HEADER = 127
_NONE = 1  # no compression


def archive_of(tile: bytes, *, kind: int = VECTOR, metadata: bytes = b"{}") -> bytes:
    """Return an archive whose only tile is 0/0/0."""
    directory = b"".join(_varint(number) for number in (1, 0, 1, len(tile), 1))  # entries, id, run, length, offset + 1
    root, text = _HEADER, _HEADER + len(directory)
    data = text + len(metadata)
    numbers = struct.pack(
        "<11Q", root, len(directory), text, len(metadata), data, 0, data, len(tile), 1, 1, 1
    )  # the leaf directories are empty
    kinds = struct.pack("<6B", 1, _NONE, _NONE, kind, 0, 0)
    box = struct.pack("<4i", -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000)
    centre = struct.pack("<B2i", 0, 0, 0)
    return b"PMTiles\x03" + numbers + kinds + box + centre + directory + metadata + tile


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
