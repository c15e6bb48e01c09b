"""`python -m benchmarks [--sizes 10000,100000] [--only ...] [--clean]`: see docs/benchmarks.md."""

import argparse
import os
import sys
from collections.abc import Callable

from benchmarks import exporting, first_view, importing, ogc, province, pyramid, report, works

SIZES = "10000,100000,1000000"


def main(words: list[str]) -> int:
    """Measure; write benchmarks/results.json and the table in docs/benchmarks.md; print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure side by side with peers.")
    parser.add_argument("--sizes", default=SIZES, help=f"numbers of plots, by commas (default {SIZES})")
    parser.add_argument(
        "--only",
        choices=("sizes", "view", "import", "pyramid", "export", "ogc"),
        help="a page and tiles, the first view, imports, the cost of the pyramid, exports, OGC API Features",
    )
    parser.add_argument("--clean", action="store_true", help="drop the benchmark databases and measure nothing")
    chosen = parser.parse_args(words)
    if chosen.clean:
        for name in province.clean():
            print(f"dropped {name}")
        return 0
    sizes = [int(size) for size in chosen.sizes.split(",")] if chosen.only != "view" else []
    if any(size < works.PAGE for size in sizes):
        parser.error(f"a size is at least {works.PAGE} plots")
    table = ""
    for size in sizes:  # written size by size: a run that is interrupted keeps what it has
        for name, work in WORKS.items():
            if chosen.only in (name, None) and (chosen.only or name not in PARTS):
                table = _publish(work(size))
    if chosen.only in (None, "view"):
        table = _publish([first_view.measure(province.ensure(province.DEMO))])
    print(table)
    return 0


# Word of --only -> what is measured at one size; without the word all but PARTS, which others measure too.
WORKS: dict[str, Callable[[int], list[report.Result]]] = {
    "sizes": lambda size: _one(province.ensure(str(size))),
    "import": importing.measure,
    "pyramid": lambda size: pyramid.measure(province.ensure(str(size))),
    "export": lambda size: _noting_load(exporting.measure, province.ensure(str(size))),
    "ogc": lambda size: _noting_load(ogc.measure, province.ensure(str(size))),
}
PARTS = frozenset({"pyramid"})


def _publish(fresh: list[report.Result]) -> str:
    table = report.table(report.write(fresh))
    report.publish(table)
    return table


def _one(filled: province.Province) -> list[report.Result]:
    if filled.filled_s:
        print(f"{filled.name}: filled in {filled.filled_s:.0f} s", file=sys.stderr)
    return _noting_load(works.measure, filled)


def _noting_load(
    measure: Callable[[province.Province], list[report.Result]], filled: province.Province
) -> list[report.Result]:
    load = os.getloadavg()[0]
    print(f"{filled.name}: {filled.plots:,} plots, measuring at load {load:.1f} ...", file=sys.stderr)
    found = measure(filled)
    if load > 1.5:  # others were at work on this machine
        for result in found:
            result["note"] += f"; machine was busy (load {load:.1f}), so noisy"
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
