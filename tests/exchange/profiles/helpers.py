"""Shared by the tests of profiles."""

import json
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parents[3] / "exchange" / "profiles" / "schemas"


def schema(name: str) -> dict[str, Any]:
    """Return our JSON Schema of a profile's file."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return found
