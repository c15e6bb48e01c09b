"""`make soak ARGS=qgis`: QGIS reads every collection of the demonstration completely, each feature once, and tiles.

Without a screen (Qt's offscreen platform). QGIS's own Python program is `benchmarks/qgis_reader.py`; this one starts
the service, walks the same collections by plain HTTP and compares: number of features, shapes, every row of texts.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from typing import Any

from benchmarks import province, servers
from benchmarks.ogc import headers_of, next_of
from benchmarks.works import fetch

READER = province.ROOT / "benchmarks" / "qgis_reader.py"
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that python3-qgis belongs to
LIMIT_S = 1_200
TILED = ("products", "areas", "codes", "cooperatives", "units")


def main() -> int:
    """Return 0 when QGIS read what the service has; print `N passed, N failed` last."""
    filled = province.ensure(province.DEMO)
    with servers.ours(filled) as ours:
        headers = headers_of(filled)
        names = [one["id"] for one in _json(ours, "/ogc/collections", headers)["collections"]]
        expected = {name: _features(ours, name, headers) for name in names}
        tiles = {name: _box(expected[name]) for name in TILED}
        started = time.monotonic()
        found = _qgis(
            {"root": f"http://127.0.0.1:{ours.port}/ogc", "token": filled.token, "layers": names, "tiles": tiles}
        )
        seconds = time.monotonic() - started
    failed = 0
    for result in found:
        problems = _tile_problems(result) if "pixels" in result else _problems(result, expected[result["name"]])
        failed += bool(problems)
        size = (
            f"{result['pixels']:,} pixels drawn from tiles" if "pixels" in result else f"{result.get('rows', 0):,} rows"
        )
        print(f"{'FAILED' if problems else 'ok    '} {result['name']}: {size} {'; '.join(problems)}")
    missing = len(names) + len(tiles) - len(found)
    print(f"QGIS read for {seconds:.0f} s")
    print(f"{len(found) - failed} passed, {failed + missing} failed")
    return 1 if failed or missing else 0


def _qgis(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Run QGIS in a home of its own: nothing of the user's settings gets in or is changed."""
    with tempfile.TemporaryDirectory(prefix="qgis-") as home:
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": home, "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": home, "QGIS_CUSTOM_CONFIG_PATH": home,
        }  # fmt: skip
        done = subprocess.run(
            [SYSTEM_PYTHON, str(READER)], input=json.dumps(asked), env=environment, text=True,
            capture_output=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip
    if done.returncode:
        print(f"QGIS ended with {done.returncode}:\n{done.stderr[-3000:]}", file=sys.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def _problems(result: dict[str, Any], features: list[dict[str, Any]]) -> list[str]:
    if not result["is_valid"]:
        return [f"QGIS does not take the layer: {result['error']}"]
    problems = []
    if result["rows"] != len(features):
        problems.append(f"{result['rows']} rows instead of {len(features)}")
    if result["reported"] != len(features):
        problems.append(f"says that it has {result['reported']}")
    shapes = sum(feature["geometry"] is not None for feature in features)
    if result["shapes"] != shapes:
        problems.append(f"{result['shapes']} shapes instead of {shapes}")
    # Lists reach QGIS 3.22 as NULL: only properties that are texts here too are compared.
    kept = [at for at, name in enumerate(result["texts"]) if all(_is_text(one, name) for one in features)]
    rows = Counter(tuple(_value(one, result["texts"][at]) for at in kept) for one in features)
    found: Counter[tuple[str | None, ...]] = Counter()
    for text, times in result["strings"].items():
        values = json.loads(text)
        found[tuple(values[at] for at in kept)] += times
    if not kept:
        problems.append("no property that is a text")
    different = (rows - found) + (found - rows)
    if different:
        problems.append(f"{sum(different.values())} rows differ, such as {next(iter(different))}")
    return problems


def _tile_problems(result: dict[str, Any]) -> list[str]:
    if not result["is_valid"]:
        return ["QGIS does not take the tiles"]
    return [] if result["pixels"] else ["nothing was drawn"]


def _value(feature: dict[str, Any], name: str) -> Any:
    """A property; QGIS shows ids that are texts as one, `id`."""
    return feature["id"] if name == "id" else feature["properties"].get(name)


def _is_text(feature: dict[str, Any], name: str) -> bool:
    value = _value(feature, name)
    return value is None or isinstance(value, str)


def _features(server: servers.Server, name: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    """All features by plain HTTP; ends the run when the service itself gives one twice."""
    found: list[dict[str, Any]] = []
    path = f"/ogc/collections/{name}/items?limit=1000"
    while path:
        document = _json(server, path, headers)
        found += document["features"]
        path = next_of(document)
    if len({feature["id"] for feature in found}) != len(found):
        raise SystemExit(f"{name}: the pages give a feature twice")
    return found


def _json(server: servers.Server, path: str, headers: dict[str, str]) -> dict[str, Any]:
    return dict(json.loads(fetch(server, path, headers | {"Accept": "*/*"}).body))


def _box(features: list[dict[str, Any]]) -> tuple[float, float, float, float]:
    """A box of a tenth of a degree around the first vertex of the first shape."""
    shape = next(feature["geometry"] for feature in features if feature["geometry"])
    place = shape["coordinates"]
    while isinstance(place[0], list):
        place = place[0]
    lon, lat = place[:2]
    return lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05


if __name__ == "__main__":
    sys.exit(main())
