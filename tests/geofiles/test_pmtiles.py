"""PMTiles archives, read back by a reader of our own after the specification (version 3)."""

import gzip
import json
import random
import struct

import pytest

from geofiles.pmtiles import PMTilesWriter, tile_id

BOX = (105.0, 10.0, 106.0, 11.0)
METADATA = {"vector_layers": [{"id": "plots"}]}


def read_varint(data, place):
    number = shift = 0
    while True:
        byte = data[place]
        place += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, place


def read_directory(packed):
    data = gzip.decompress(packed)
    count, place = read_varint(data, 0)
    columns = []
    for _column in range(4):
        values = []
        for _entry in range(count):
            value, place = read_varint(data, place)
            values.append(value)
        columns.append(values)
    ids, number = [], 0
    for step in columns[0]:
        number += step
        ids.append(number)
    offsets = []
    for place, value in enumerate(columns[3]):
        offsets.append(value - 1 if value else offsets[-1] + columns[2][place - 1])
    return list(zip(ids, offsets, columns[2], columns[1], strict=True))


class Archive:
    def __init__(self, path):
        self.data = path.read_bytes()
        assert self.data[:8] == b"PMTiles\x03"
        numbers = struct.unpack("<11Q", self.data[8:96])
        self.root, self.root_size, self.told, self.told_size, self.leaves, self.leaves_size = numbers[:6]
        self.tiles, _size, self.addressed, self.entries, self.contents = numbers[6:]
        self.kinds = struct.unpack("<6B", self.data[96:102])
        self.box = [value / 1e7 for value in struct.unpack("<4i", self.data[102:118])]

    def metadata(self):
        return json.loads(gzip.decompress(self.data[self.told : self.told + self.told_size]))

    def tile(self, zoom, x, y):
        number, start, size = tile_id(zoom, x, y), self.root, self.root_size
        for _level in range(4):
            entries = [row for row in read_directory(self.data[start : start + size]) if row[0] <= number]
            if not entries:
                return None
            first, offset, length, run = entries[-1]
            if run:
                if number >= first + run:
                    return None
                begin = self.tiles + offset
                return gzip.decompress(self.data[begin : begin + length])
            start, size = self.leaves + offset, length
        return None


def write(path, tiles):
    writer = PMTilesWriter(path)
    for (zoom, x, y), tile in tiles.items():
        writer.add(zoom, x, y, tile)
    writer.finish(box=BOX, metadata=METADATA)
    return Archive(path)


@pytest.mark.parametrize(
    ("tile", "number"),
    [((0, 0, 0), 0), ((1, 0, 0), 1), ((1, 0, 1), 2), ((1, 1, 1), 3), ((1, 1, 0), 4), ((2, 0, 0), 5),
     ((12, 3423, 1763), 19078479)],
    ids=["world", "first", "second", "third", "fourth", "next zoom", "example of the specification"],
)  # fmt: skip
def test_number_of_a_tile(tile, number):
    assert tile_id(*tile) == number


def test_numbers_of_a_zoom_are_each_used_once():
    numbers = {tile_id(4, x, y) for x in range(16) for y in range(16)}

    assert numbers == set(range(85, 85 + 256))


def test_tiles_come_back(tmp_path):
    tiles = {(6, 50, 30): b"six", (7, 101, 60): b"seven", (7, 100, 61): b"other"}

    archive = write(tmp_path / "a.pmtiles", tiles)

    assert {address: archive.tile(*address) for address in tiles} == tiles
    assert archive.tile(7, 0, 0) is None
    assert archive.kinds == (1, 2, 2, 1, 6, 7)
    assert archive.box == pytest.approx(BOX)
    assert archive.metadata() == METADATA
    assert (archive.addressed, archive.contents) == (3, 3)


def test_equal_tiles_are_stored_once_and_runs_are_one_entry(tmp_path):
    archive = write(tmp_path / "a.pmtiles", {(5, x, y): b"sea" for x in range(32) for y in range(32)})

    assert (archive.addressed, archive.entries, archive.contents) == (1024, 1, 1)
    assert archive.tile(5, 31, 0) == b"sea"


def test_many_tiles_go_into_leaves(tmp_path):
    lengths = random.Random(7)
    places = [(9, x, y) for x in range(0, 400, 2) for y in range(0, 400, 5)]
    tiles = {place: f"{place}".encode() + lengths.randbytes(lengths.randrange(300)) for place in places}

    archive = write(tmp_path / "a.pmtiles", tiles)

    assert archive.leaves_size > 0
    assert archive.root + archive.root_size <= 16_384
    for address in list(tiles)[::997]:
        assert archive.tile(*address) == tiles[address]


def test_archive_of_nothing(tmp_path):
    archive = write(tmp_path / "a.pmtiles", {})

    assert (archive.addressed, archive.tile(0, 0, 0)) == (0, None)
