"""What the cells of a foreign file mean: months, ways of determining a boundary, dates. Asked per different value."""

import datetime as dt
import re
from collections.abc import Callable, Iterable

from core.text import fold
from farms.models import Determination

_MONTH = re.compile(r"\d{1,2}")
_RANGE = re.compile(r"(\d{1,2})\s*(?:-|–|—|->|den|toi|to)\s*(\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[T ].*)?")

# In search form; the surest word decides.
_WAYS: tuple[tuple[Determination, tuple[str, ...]], ...] = (
    (Determination.SURVEYED, ("surveyed", "do dac", "dia chinh", "toan dac", "rtk", "so do", "so hong")),
    (Determination.DRIVEN, ("driven", "gps", "di vong", "di bo", "dien thoai", "walked")),
    (Determination.MANUAL, ("manual", "ve tren", "ve tay", "anh ve tinh", "google", "so hoa", "digitized")),
    (Determination.UNKNOWN, ("unknown", "chua ro", "khong ro")),
)


def months_of(value: str) -> list[int] | None:
    """Return the months (1-12, in order) of `3-5`, `3,4,5`, `tháng 3`, `11-2` (over the new year) or `[3, 4]`."""
    text = fold(value).replace("thang", " ").strip(" []")
    months: set[int] = set()
    for part in re.split(r"[,;+&/]|\bva\b", text):
        part = part.strip(" .t")
        between = _RANGE.fullmatch(part)
        if between:
            first, last = int(between[1]), int(between[2])
            if not (1 <= first <= 12 and 1 <= last <= 12):
                return None
            months |= {(first - 1 + step) % 12 + 1 for step in range((last - first) % 12 + 1)}
        elif _MONTH.fullmatch(part) and 1 <= int(part) <= 12:
            months.add(int(part))
        elif part == "quanh nam" or part == "ca nam":
            months |= set(range(1, 13))
        else:
            return None
    return sorted(months)


def determination_of(value: str) -> str | None:
    """Return how the boundary was found, in the words of fiboa, or None where the cell does not say so clearly."""
    text = fold(value)
    for way, words in _WAYS:
        if any(word in text for word in words):
            return str(way.value)
    return None


def date_of(value: str) -> str | None:
    """Return `31/12/2024`, `31-12-2024` or `2024-12-31...` as an ISO date; None for anything else."""
    text = value.strip()
    day_first, year_first = _DAY_FIRST.fullmatch(text), _YEAR_FIRST.fullmatch(text)
    try:
        if day_first:
            return dt.date(int(day_first[3]), int(day_first[2]), int(day_first[1])).isoformat()
        if year_first:
            return dt.date(int(year_first[1]), int(year_first[2]), int(year_first[3])).isoformat()
    except ValueError:
        pass
    return None


def _known(values: Iterable[str], meaning: Callable[[str], str | None]) -> dict[str, str]:
    found = {value: meaning(value) for value in values}
    return {value: meant for value, meant in found.items() if meant is not None}


def match_months(values: Iterable[str]) -> dict[str, str]:
    """Return value -> months as PostgreSQL writes an array."""

    def as_array(value: str) -> str | None:
        months = months_of(value)
        return None if months is None else "{" + ",".join(map(str, months)) + "}"

    return _known(values, as_array)


def match_determinations(values: Iterable[str]) -> dict[str, str]:
    """Return value -> determination."""
    return _known(values, determination_of)


def match_dates(values: Iterable[str]) -> dict[str, str]:
    """Return value -> ISO date."""
    return _known(values, date_of)
