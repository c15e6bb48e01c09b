"""results.json and the table, printed and in docs/benchmarks.md."""

import json
from typing import Any

from benchmarks.province import ROOT

RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
START, END = "<!-- table -->", "<!-- /table -->"
Result = dict[str, Any]
# What a result may hold beside what all of them hold.
OPTIONAL = {
    "ours_p95_ms", "ours_max_bytes", "all_bytes", "script_before_list_bytes", "filter_bytes_ms", "filter_redraw_ms",
    "first_byte_ms", "growth_mb", "freed_s",
}  # fmt: skip


def write(fresh: list[Result]) -> list[Result]:
    """Put `fresh` into results.json in place of the same works at the same sizes; return all that is in it now."""
    known: list[Result] = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    replaced = {(result["work"], result["plots"]) for result in fresh}
    kept = [result for result in known if (result["work"], result["plots"]) not in replaced]
    merged = sorted([*kept, *fresh], key=lambda result: (result["plots"], _order(result["work"])))
    RESULTS.write_text(json.dumps(merged, ensure_ascii=False, indent=1) + "\n")
    return merged


def _order(work: str) -> tuple[str, int, str]:
    """`tile_z8` before `tile_z10`."""
    name, _z, number = work.rpartition("z")
    return (name, int(number), "") if number.isdigit() else (work, 0, work)


def table(results: list[Result]) -> str:
    """Return the results as a Markdown table; ratios are how many times as long the other one takes."""
    lines = [
        "| work | plots | ours ms | p95 ms | ours bytes | limit ms | ours / limit | peers: ms (× ours) | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|---|---:|",
    ]
    for result in results:
        ours, limit = result["ours_ms"], result["limit_ms"]
        peers = ", ".join(f"{name} {ms:g} ({ms / ours:.1f} ×)" for name, ms in result["peers"].items())
        lines.append(
            f"| {result['work']} | {result['plots']:,} | {ours:g} | {result.get('ours_p95_ms', '')} "
            f"| {'' if result['ours_bytes'] is None else format(result['ours_bytes'], ',')} "
            f"| {'' if limit is None else f'{limit:g}'} | {'' if limit is None else f'{ours / limit:.1f} ×'} "
            f"| {peers} | {'' if result['peak_mb'] is None else format(result['peak_mb'], 'g')} |"
        )
    return "\n".join(lines)


def publish(text: str) -> None:
    """Put the table into docs/benchmarks.md between its marks."""
    before, _start, rest = PAGE.read_text().partition(START)
    _old, _end, after = rest.partition(END)
    PAGE.write_text(f"{before}{START}\n{text}\n{END}{after}")
