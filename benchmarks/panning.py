"""Thirty-two people panning at once: how many tiles a second ours and tipg give for the same walks over the map.

Each client looks at six tiles, moves by a tile or changes the zoom, and asks for the next six, always the same walk.
"""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.servers import Server

CLIENTS = 32
SECONDS = 20.0
ZOOMS = range(7, 16)
VIEW = [(dx, dy) for dy in (0, 1) for dx in (0, 1, 2)]
BUSY = (429, 503)


@dataclass
class Panned:
    """What the clients of one competitor got; `busy`: refused with "try again"."""

    tiles: int = 0
    busy: int = 0
    size: int = 0
    failures: list[str] = field(default_factory=list)


def walk(seed: int, places: Sequence[Any]) -> Any:
    """Yield tiles z, x, y without end: views of a person who begins at one of `places`."""
    dice = random.Random(seed)
    place = dice.choice(places)
    z, x, y = place.tile(dice.choice(ZOOMS))
    while True:
        for dx, dy in VIEW:
            yield z, x + dx, y + dy
        step = dice.random()
        if step < 0.3 and z + 1 in ZOOMS:
            z, x, y = z + 1, x * 2 + 1, y * 2 + 1
        elif step < 0.5 and z - 1 in ZOOMS:
            z, x, y = z - 1, x // 2, y // 2
        else:
            x, y = x + dice.choice((-1, 1)), y + dice.choice((-1, 0, 1))


def pan(servers: Sequence[Server], address: str, headers: dict[str, str], places: Sequence[Any]) -> Panned:
    """Let all clients pan for SECONDS; they are shared out over `servers`, each with a connection of its own."""
    found, lock = Panned(), threading.Lock()
    end = time.perf_counter() + SECONDS

    def client(number: int) -> None:
        # A copy has a connection of its own to the same running server.
        server = replace(servers[number % len(servers)], _connection=None, _used=0.0)
        steps = walk(number, places)
        while time.perf_counter() < end:
            try:
                answer = server.get(address.format(*next(steps)), headers)
            except OSError as error:
                with lock:
                    found.failures.append(repr(error))
                continue
            with lock:
                found.tiles += answer.status in (200, 204)
                found.busy += answer.status in BUSY
                found.size += len(answer.body)
                if answer.status not in (200, 204, *BUSY):
                    found.failures.append(f"{answer.status} {answer.body[:200]!r}")
        server.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(found.failures) > CLIENTS:
        raise SystemExit(f"panning: {len(found.failures)} failures, such as {found.failures[0]}")
    return found
