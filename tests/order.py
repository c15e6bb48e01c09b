"""In which order files are run, and how often Python looks for garbage: neither changes what a test says.

Two processes take whole files from one queue (`--dist loadfile --no-loadscope-reorder`). The longest files come first,
so that none is left to one process at the end; those without a database stand second, for while the first process
migrates the database of all, the other would only wait.
"""

import gc
from pathlib import Path

import pytest

FIRST = "browser/test_journey.py"
WITHOUT_DATABASE = "geofiles"
LONG = (
    "browser/test_axe_everywhere.py",
    "exchange/test_snapshots.py",
    "browser/test_drawing.py",
    "demo/test_demo.py",
    "test_canary.py",
    "maps/test_same_count.py",
    "browser/test_land_use.py",
    "farms/test_import_robust.py",
    "casework/test_desk.py",
    "browser/test_capture.py",
    "test_headers.py",
    "exchange/test_numbers_agree.py",
    "browser/test_import_wizard.py",
    "browser/test_inspection.py",
    "browser/test_plots.py",
    "browser/test_product_map.py",
    "browser/test_code_life.py",
    "test_withdrawal.py",
    "casework/test_races.py",
)
_LAST = len(LONG) + 2


def pytest_configure() -> None:
    """Thousands of objects live as long as the run: look through the young ones more seldom than by default (700)."""
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files in order; within a file, and among the files not named here, the order stays."""
    places = {path: number for number, path in enumerate(LONG, start=2)}
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(here).as_posix() if item.path.is_relative_to(here) else ""
        if path == FIRST:
            return 0
        if path.startswith(f"{WITHOUT_DATABASE}/"):
            return 1
        return places.get(path, _LAST)

    items.sort(key=place)
