"""`python -m benchmarks [--sizes 10000,100000] [--only ...] [--clean]`: see docs/benchmarks.md."""

import argparse
import os
import sys

from benchmarks import first_view, importing, province, pyramid, report, works

SIZES = "10000,100000,1000000"


def main(words: list[str]) -> int:
    """Measure; write benchmarks/results.json and the table in docs/benchmarks.md; print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure side by side with peers.")
    parser.add_argument("--sizes", default=SIZES, help=f"numbers of plots, by commas (default {SIZES})")
    parser.add_argument(
        "--only",
        choices=("sizes", "view", "import", "pyramid"),
        help="a page and tiles, the first view, imports, the cost of the pyramid",
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
        if chosen.only == "pyramid":
            table = _publish(pyramid.measure(province.ensure(str(size))))
            continue
        if chosen.only != "import":
            table = _publish(_one(province.ensure(str(size))))
        if chosen.only != "sizes":
            table = _publish(importing.measure(size))
    if chosen.only in (None, "view"):
        table = _publish([first_view.measure(province.ensure(province.DEMO))])
    print(table)
    return 0


def _publish(fresh: list[report.Result]) -> str:
    table = report.table(report.write(fresh))
    report.publish(table)
    return table


def _one(filled: province.Province) -> list[report.Result]:
    if filled.filled_s:
        print(f"{filled.name}: filled in {filled.filled_s:.0f} s", file=sys.stderr)
    load = os.getloadavg()[0]
    print(f"{filled.name}: {filled.plots:,} plots, measuring at load {load:.1f} ...", file=sys.stderr)
    found = works.measure(filled)
    if load > 1.5:  # others were at work on this machine
        for result in found:
            result["note"] += f"; machine was busy (load {load:.1f}), so noisy"
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
