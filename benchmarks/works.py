"""What is measured: a page of features and tiles, at places spread over the province, all competitors in turn."""

import gzip
import json
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import asinh, pi, radians, tan
from typing import Any

from benchmarks import limits, panning, pyramid, servers
from benchmarks.province import Province, access, connect
from benchmarks.pyramid import percentile_95
from benchmarks.servers import Server

WARM_UPS = 5
TIMED = 21
LEAST = 3  # measurements, however slow
BUDGET_S = 40.0  # per competitor and work; whoever has used it up is measured less often
PAGE = 1_000
ZOOMS = range(5, 17)
EVERY_PLOT_AT = (8, 10)  # seconds a tile at a million plots: two zooms show it
NOTHING_LEFT_BELOW = 9
LEVELS = (8, 9, 10, 11, 12, 13, 14, 16, 17, 18)  # maps.models.LEVELS
SQUARES_FROM = 11  # maps.layers.SQUARES_FROM
IDENTITY = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "gzip"}
# What tipg can show of our properties: it reads one table, so names of other tables are not to be had.
TIPG_PROPERTIES = "properties=ref,area_m2,status,crop_id,variety_id,commune_id,cooperative_id"
TIPG = "/collections/public.farms_plot"

Ask = Callable[[int], "Sample"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer: time, bytes as transferred, and what was in it (`features`, None: not counted)."""

    ms: float
    size: int
    body: bytes


@dataclass
class Times:
    """Measurements of one competitor."""

    ms: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    spent_s: float = 0.0

    @property
    def median_ms(self) -> float:
        return round(statistics.median(self.ms), 2)

    @property
    def p95_ms(self) -> float:
        return round(percentile_95(self.ms), 2)

    @property
    def median_bytes(self) -> int:
        return int(statistics.median(self.sizes))


@dataclass(frozen=True, slots=True)
class Place:
    """A plot's rank among all plots, its key and its middle."""

    rank: int
    id: int
    lon: float
    lat: float

    def tile(self, z: int) -> tuple[int, int, int]:
        """Level, column, row of the Web Mercator tile that holds it."""
        side = 1 << z
        return (
            z, int((self.lon + 180) / 360 * side), int((1 - asinh(tan(radians(self.lat))) / pi) / 2 * side)
        )  # fmt: skip


def measure(province: Province) -> list[dict[str, Any]]:
    """Return the results of all works at this size."""
    costs = pyramid.measure(province)  # first: it counts the pyramid anew, and no server is in its way
    settle(province)
    with ExitStack() as stack:
        ours, plain, tipg, tipg_2 = (
            stack.enter_context(make(province))
            for make in (servers.ours, servers.plain, servers.tipg, servers.second_tipg)
        )
        connection = connect(province.app_url)
        stack.callback(connection.close)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '120s'")
            bench = Bench(province, ours, plain, tipg, cursor)
            tiles = [bench.tiles(z) for z in ZOOMS]
            return [*costs, bench.pages(), bench.first_pages(), *tiles, bench.panning(tipg_2)]


def settle(province: Province) -> None:
    """Vacuum and analyse the pyramid, as autovacuum does within minutes after a rebuild."""
    connection = connect(province.owner_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) maps_densitycell")
    connection.close()


@dataclass
class Bench:
    """The competitors over one province."""

    province: Province
    ours: Server
    plain: Server
    tipg: Server
    cursor: Any

    def pages(self) -> dict[str, Any]:
        """Pages of 1,000 spread over all pages, as a program that walks through everything meets them."""
        pages = spread(self.province.plots // PAGE)
        lasts = self._places([page * PAGE - 1 for page in pages if page])
        ids = {place.rank + 1: place.id for place in lasts}
        tokens = access(self.province.environment, list(ids.values()))["cursors"]
        cursors = dict(zip(ids, tokens, strict=True))
        return self._pages("page_1000", pages, ids, cursors, f"{len(set(pages))} different pages spread over all;")

    def first_pages(self) -> dict[str, Any]:
        """The first page: kindest to those who page by counting rows off."""
        return self._pages("page_1000_first", [0] * (WARM_UPS + TIMED), {}, {}, "the first page;")

    def _pages(
        self, work: str, pages: Sequence[int], ids: dict[int, int], cursors: dict[int, str], where: str
    ) -> dict[str, Any]:
        def ours(turn: int) -> Sample:
            cursor = cursors.get(pages[turn] * PAGE)
            path = f"/api/v1/plots/?limit={PAGE}" + (f"&cursor={cursor}" if cursor else "")
            return fetch(self.ours, path, IDENTITY | {"Authorization": f"Token {self.province.token}"})

        def plain(turn: int) -> Sample:
            return fetch(self.plain, f"/plots/?page={pages[turn] + 1}", IDENTITY)

        def tipg(turn: int) -> Sample:
            offset = pages[turn] * PAGE
            return fetch(self.tipg, f"{TIPG}/items?limit={PAGE}&offset={offset}&{TIPG_PROPERTIES}&f=geojson", IDENTITY)

        def limit(turn: int) -> Sample:
            return self._run(limits.PAGE, {"after": ids.get(pages[turn] * PAGE, 0), "limit": PAGE})

        def check(name: str, turn: int, sample: Sample) -> None:
            document = json.loads(sample.body)
            if len(document["features"]) != PAGE:
                raise SystemExit(f"{work}: {name} gave {len(document['features'])} features instead of {PAGE}")

        asks: dict[str, Ask] = {"ours": ours, "limit": limit, "drf-gis": plain, "tipg": tipg}
        note = f"{where} bytes without compression; peers page by offset and count all rows, we by key"
        return self._result(work, asks, note, check)

    def tiles(self, z: int) -> dict[str, Any]:
        """Tiles of level `z` where plots are, as a planner sees them; nothing is kept by a cache."""
        places = self._places([part * (self.province.plots - 1) // 25 for part in spread(26)])
        tiles = [place.tile(z) for place in places]
        self.cursor.execute(limits.SHAPES_FROM)
        is_shapes = z >= self.cursor.fetchone()[0]

        def ours(turn: int) -> Sample:
            path = "/tiles/plots/{}/{}/{}.mvt".format(*tiles[turn])
            return fetch(self.ours, path, GZIP | {"Cookie": self.province.cookie})

        def tipg(turn: int) -> Sample:
            address = "{}/{}/{}".format(*tiles[turn])
            return fetch(self.tipg, f"{TIPG}/tiles/WebMercatorQuad/{address}?{TIPG_PROPERTIES}", GZIP)

        def every_plot(turn: int) -> Sample:
            return self._run(limits.EVERY_PLOT, dict(zip("zxy", tiles[turn], strict=True)))

        def cells(turn: int) -> Sample:
            wished = z + (4 if z < SQUARES_FROM else 5)
            level = next((level for level in LEVELS if level >= wished), LEVELS[-1])
            first, end = quads(tiles[turn], level)
            numbers = {"level": level, "first": first, "end": end}
            return self._run(limits.CELLS, dict(zip("zxy", tiles[turn], strict=True)) | numbers)

        def check(name: str, turn: int, sample: Sample) -> None:
            # Far out tipg's tiles are empty or nearly so: plots smaller than a pixel lose their shape in ST_AsMVTGeom.
            if not sample.body and not (name == "tipg" and z < NOTHING_LEFT_BELOW):
                raise SystemExit(f"tile_z{z}: {name} gave an empty tile at {tiles[turn]}")

        asks: dict[str, Ask] = {"ours": ours, "limit": every_plot if is_shapes else cells, "tipg": tipg}
        note = f"{len(set(tiles))} different tiles; bytes as gzip; "
        if is_shapes:
            note += "every plot as a shape; tipg cuts at 10,000"
        else:
            if z in EVERY_PLOT_AT:
                asks["every_plot_sql"] = every_plot
            note += "ours and the limit: cells that count every plot; tipg: the first 10,000 plots as shapes"
        return self._result(f"tile_z{z}", asks, note, check)

    def panning(self, second_tipg: Server) -> dict[str, Any]:
        """Tiles a second under many clients; tipg has as many processes as ours."""
        places = self._places([part * (self.province.plots - 1) // 25 for part in spread(26)])
        ours = panning.pan([self.ours], "/tiles/plots/{}/{}/{}.mvt", GZIP | {"Cookie": self.province.cookie}, places)
        tipg = panning.pan(
            [self.tipg, second_tipg], f"{TIPG}/tiles/WebMercatorQuad/{{}}/{{}}/{{}}?{TIPG_PROPERTIES}", GZIP, places
        )
        ms = [round(panning.SECONDS * 1000 / max(1, found.tiles), 3) for found in (ours, tipg)]
        return {
            "work": f"panning_{panning.CLIENTS}",
            "plots": self.province.plots,
            "ours_ms": ms[0],
            "ours_bytes": ours.size // max(1, ours.tiles),
            "limit_ms": None,
            "peers": {"tipg": ms[1]},
            "peak_mb": round(self.ours.peak_mb(), 1),
            "note": f"{panning.CLIENTS} clients for {panning.SECONDS:.0f} s, milliseconds per tile over all of them: "
            f"ours {ours.tiles / panning.SECONDS:.1f} tiles/s ({ours.busy} told to try again), tipg in two processes "
            f"{tipg.tiles / panning.SECONDS:.1f} tiles/s, {tipg.size // max(1, tipg.tiles):,} bytes a tile",
        }

    def _places(self, ranks: Sequence[int]) -> list[Place]:
        wanted = sorted(set(ranks))
        self.cursor.execute(limits.PLACES, {"ranks": wanted})
        found = {row[0]: Place(*row) for row in self.cursor.fetchall()}
        return [found[rank] for rank in ranks]

    def _run(self, text: str, parameters: dict[str, Any]) -> Sample:
        started = time.perf_counter()
        self.cursor.execute(text, parameters)
        value = self.cursor.fetchone()[0]
        ms = (time.perf_counter() - started) * 1000
        body = value.encode() if isinstance(value, str) else bytes(value or b"")
        return Sample(ms, len(body), body)

    def _result(
        self, work: str, asks: dict[str, Ask], note: str, check: Callable[[str, int, Sample], None]
    ) -> dict[str, Any]:
        times = self._race(asks, check)
        counts = {name: len(taken.ms) for name, taken in times.items() if len(taken.ms) < TIMED}
        if counts:
            note += "; measured less often: " + ", ".join(f"{name} {count} times" for name, count in counts.items())
        sizes = ", ".join(f"{name} {taken.median_bytes:,}" for name, taken in times.items() if name != "ours")
        return {
            "work": work,
            "plots": self.province.plots,
            "ours_ms": times["ours"].median_ms,
            "ours_p95_ms": times["ours"].p95_ms,
            "ours_bytes": times["ours"].median_bytes,
            "ours_max_bytes": max(times["ours"].sizes),
            "limit_ms": times["limit"].median_ms,
            "peers": {name: taken.median_ms for name, taken in times.items() if name not in ("ours", "limit")},
            "peak_mb": round(self.ours.peak_mb(), 1),
            "note": f"{note}; bytes of the others: {sizes}",
        }

    def _race(self, asks: dict[str, Ask], check: Callable[[str, int, Sample], None]) -> dict[str, Times]:
        """Ask everyone for the same thing in turn, so that a busy moment of the machine meets all of them."""
        times = {name: Times() for name in asks}
        self.ours.reset_peak()
        for turn in range(WARM_UPS + TIMED):
            for name, ask in asks.items():
                taken = times[name]
                if taken.spent_s > BUDGET_S and len(taken.ms) >= LEAST:
                    continue
                sample = ask(turn)
                taken.spent_s += sample.ms / 1000
                if turn < WARM_UPS:
                    check(name, turn, sample)
                if turn >= WARM_UPS or taken.spent_s > BUDGET_S / 2:
                    taken.ms.append(sample.ms)
                    taken.sizes.append(sample.size)
        return times


def quads(tile: tuple[int, int, int], level: int) -> tuple[int, int]:
    """The range of `quad` (bits of x and y in turn) of a tile's cells of `level`, the end not in it."""
    z, x, y = tile
    first = sum((x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1 for bit in range(z))
    step = 2 * (level - z)
    return first << step, first + 1 << step


def fetch(server: Server, path: str, headers: dict[str, str]) -> Sample:
    """Ask a server; anything but 200 ends the run with what it said."""
    answer = server.get(path, headers)
    if answer.status != 200:
        raise SystemExit(f"{server.name} answered {answer.status} to {path}: {answer.body[:400]!r}")
    body = gzip.decompress(answer.body) if answer.headers.get("Content-Encoding") == "gzip" else answer.body
    return Sample(answer.ms, len(answer.body), body)


def spread(count: int) -> list[int]:
    """Return one number below `count` per turn, always the same ones, evenly spread and not in ascending order."""
    turns = WARM_UPS + TIMED
    return [(turn * 11 % turns) * count // turns for turn in range(turns)]
