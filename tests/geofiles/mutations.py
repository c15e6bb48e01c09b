"""A process that reads one file cut and changed in many ways: ``python -m tests.geofiles.mutations FILE SEED COUNT``.

With ``--set`` the file is one part of a set: it is packed with its unchanged neighbours each time.

Run apart, so that a parser that crashes or never ends takes only this process with it. What comes of each reading must
be features or a GeoFileError; anything else ends the process with a traceback.
"""

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from geofiles import fence, prepared, readers
from geofiles.errors import GeoFileError
from tests.geofiles import builders


def changed(data: bytes, number: int, chance: random.Random) -> bytes:
    """Cut, with bytes flipped, with a piece doubled or left out, in turn."""
    at, size = chance.randrange(len(data)), chance.randrange(1, 64)
    if number % 4 == 0:
        return data[:at]
    if number % 4 == 1:
        return data[:at] + data[at + size :]
    if number % 4 == 2:
        return data[:at] + data[at : at + size] * 2 + data[at + size :]
    body = bytearray(data)
    for _flip in range(chance.randrange(1, 12)):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return bytes(body)


def main() -> None:
    source, seed, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    others = {path.name: path.read_bytes() for path in source.parent.iterdir()} if "--set" in sys.argv else {}
    fence.close_network()
    data, chance, outcomes = source.read_bytes(), random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("x.zip" if others else source.name)
        for number in range(count):
            body = changed(data, number, chance)
            if others:
                builders.zip_of(path, others | {source.name: body})
            else:
                path.write_bytes(body)
            outcomes[outcome(path)] += 1
            assert [child.name for child in Path(folder).iterdir()] == [path.name]
    print(dict(outcomes))


def outcome(path: Path) -> str:
    try:
        for batch in readers.read_batches(path):
            prepared.prepare_batch(batch)
    except GeoFileError as error:
        return error.code
    return "read"


if __name__ == "__main__":
    main()
