"""Shared by the tests of profiles."""

import json
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

SCHEMAS = Path(__file__).parents[3] / "exchange" / "profiles" / "schemas"


def schema(name: str) -> dict[str, Any]:
    """Return our JSON Schema of a profile's file."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return found


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    """Return the cells of a workbook, sheet by sheet."""
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
