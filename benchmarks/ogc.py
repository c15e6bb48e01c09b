"""OGC API Features beside tipg and pygeoapi: pages of 1,000 as a client meets them, and a whole walk by GDAL.

Everyone is asked for the same pages of the same table by the same database role. Ours also answers rights, names of
other tables and the number of all matches; peers give one table's columns, and the number too.

`ogc_walk`: the server's time is the sum over all pages (of the peers, whose pages are alike within a part of the table,
the mean of 26 pages spread over all, times their number); the wall time is GDAL's, which also parses. A peer whose walk
would take longer than WALK_S is not walked, and the note says so.
"""

import json
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from benchmarks import servers
from benchmarks.importing import Run, _timed
from benchmarks.province import Province
from benchmarks.pyramid import percentile_95
from benchmarks.servers import Server
from benchmarks.works import IDENTITY, TIMED, TIPG, TIPG_PROPERTIES, WARM_UPS, Sample, fetch, spread

PAGE = 1_000
WALK_S = 400.0
OURS = "/ogc/collections/plots/items"
GDAL_WALK = """
import sys, pyogrio
pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": sys.argv[3], "GDAL_HTTP_TIMEOUT": "300"})
meta, table = pyogrio.read_arrow(sys.argv[1], layer=sys.argv[2], PAGE_SIZE="1000")
print("features", table.num_rows)
"""

Ask = Callable[[int], Sample]


@dataclass
class Walked:
    """A walk along `next`: milliseconds and bytes of each page."""

    ms: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    features: int = 0


def measure(province: Province) -> list[dict[str, Any]]:
    """Return the results at this size."""
    with ExitStack() as stack:
        ours, tipg, pygeoapi = (
            stack.enter_context(make(province)) for make in (servers.ours, servers.tipg, servers.pygeoapi)
        )
        ours.reset_peak()
        page = _pages(province, ours, {"tipg": _tipg(tipg), "pygeoapi": _pygeoapi(pygeoapi)})
        addresses = {
            "ours": (ours, "/ogc", "plots"),
            "tipg": (tipg, "", "public.farms_plot"),
            "pygeoapi": (pygeoapi, "", "plots"),
        }
        walk = _walk(province, addresses, {"tipg": _tipg(tipg), "pygeoapi": _pygeoapi(pygeoapi)})
        return [page, walk]


def headers_of(province: Province) -> dict[str, str]:
    """What our service is asked with: a planner's token, no compression."""
    return IDENTITY | {"Authorization": f"Token {province.token}", "Accept": "application/geo+json"}


def _tipg(server: Server) -> Ask:
    return lambda offset: fetch(
        server, f"{TIPG}/items?limit={PAGE}&offset={offset}&{TIPG_PROPERTIES}&f=geojson", IDENTITY
    )


def _pygeoapi(server: Server) -> Ask:
    return lambda offset: fetch(server, f"/collections/plots/items?limit={PAGE}&offset={offset}&f=json", IDENTITY)


def _pages(province: Province, ours: Server, peers: dict[str, Ask]) -> dict[str, Any]:
    """The first pages one after the other, as a client walks; the table has at least one page."""
    pages = max(1, province.plots // PAGE)
    address, headers = f"{OURS}?limit={PAGE}", headers_of(province)
    own, others = Walked(), {name: Walked() for name in peers}
    following = ""
    for turn in range(WARM_UPS + TIMED):
        sample = fetch(ours, following or address, headers)
        document = json.loads(sample.body)
        following = next_of(document) if turn % pages < pages - 1 else ""
        _note(own, sample, document, turn)
        for name, ask in peers.items():
            sample = ask(turn % pages * PAGE)
            _note(others[name], sample, json.loads(sample.body), turn)
    medians = {name: round(statistics.median(walked.ms), 2) for name, walked in others.items()}
    median = round(statistics.median(own.ms), 2)
    return {
        "work": "ogc_page_1000",
        "plots": province.plots,
        "ours_ms": median,
        "ours_p95_ms": round(percentile_95(own.ms), 2),
        "ours_bytes": int(statistics.median(own.sizes)),
        "limit_ms": None,
        "peers": medians,
        "peak_mb": round(ours.peak_mb(), 1),
        "note": f"{min(pages, WARM_UPS + TIMED)} pages from the first one on, by `next`; peers by offset; bytes: "
        + ", ".join(f"{name} {int(statistics.median(walked.sizes)):,}" for name, walked in others.items()),
    }


def _note(walked: Walked, sample: Sample, document: dict[str, Any], turn: int) -> None:
    if len(document["features"]) != PAGE:
        raise SystemExit(f"a page of {len(document['features'])} features instead of {PAGE}")
    if turn >= WARM_UPS:
        walked.ms.append(sample.ms)
        walked.sizes.append(sample.size)


def next_of(document: dict[str, Any]) -> str:
    """Path and query of the next page, "" on the last one."""
    found = next((link["href"] for link in document["links"] if link["rel"] == "next"), "")
    parts = urlsplit(found)
    return f"{parts.path}?{parts.query}" if found else ""


def _walk(province: Province, addresses: dict[str, tuple[Server, str, str]], peers: dict[str, Ask]) -> dict[str, Any]:
    ours = addresses["ours"][0]
    own = walk(ours, f"{OURS}?limit={PAGE}", headers_of(province))
    if own.features != province.plots:
        raise SystemExit(f"our walk found {own.features} of {province.plots} plots")
    pages = -(-province.plots // PAGE)
    taken = {name: pages * _mean_ms(ask, province.plots) for name, ask in peers.items()}
    walls, notes = {}, []
    for name, (server, root, layer) in addresses.items():
        if taken.get(name, 0) > WALK_S * 1000:
            notes.append(f"{name} not walked by GDAL (it would take {taken[name] / 1000:.0f} s and more)")
            continue
        run = gdal(server, root, layer, province if name == "ours" else None)
        walls[name] = f"{name} {run.seconds:.1f} s"
        if f"features {province.plots}\n" not in run.printed:
            notes.append(f"{name} gave GDAL {run.printed.strip()} instead of {province.plots}")
    return {
        "work": "ogc_walk",
        "plots": province.plots,
        "ours_ms": round(sum(own.ms), 1),
        "ours_bytes": sum(own.sizes),
        "limit_ms": None,
        "peers": {name: round(ms, 1) for name, ms in taken.items()},
        "peak_mb": round(ours.peak_mb(), 1),
        "note": f"server's time of {pages:,} pages; wall of GDAL: {', '.join(walls.values())}"
        + "".join(f"; {note}" for note in notes),
    }


def walk(server: Server, path: str, headers: dict[str, str]) -> Walked:
    """Follow `next` to the end."""
    found = Walked()
    while path:
        sample = fetch(server, path, headers)
        document = json.loads(sample.body)
        found.ms.append(sample.ms)
        found.sizes.append(sample.size)
        found.features += len(document["features"])
        path = next_of(document)
    return found


def _mean_ms(ask: Ask, plots: int) -> float:
    """The mean of pages spread over all; those who have used up their time are asked less often."""
    taken: list[float] = []
    for page in spread(max(1, plots // PAGE)):
        taken.append(ask(page * PAGE).ms)
        if sum(taken) > 60_000 and len(taken) >= 3:
            break
    return statistics.mean(taken)


def gdal(server: Server, root: str, layer: str, province: Province | None) -> Run:
    """Read the whole layer by GDAL's OAPIF driver, in a process of its own."""
    login = f"gdal:{province.token}" if province else "nobody:"
    source = f"OAPIF:http://127.0.0.1:{server.port}{root}"
    return _timed([sys.executable, "-c", GDAL_WALK, source, layer, login], {})
