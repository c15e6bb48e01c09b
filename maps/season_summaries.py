"""What the season page shows, beside the numbers of `products.seasons`: heights of bars, shades, words, places."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from products.seasons import MONTHS, CommuneYear, GoodsYear, MonthLine, Seller, Year

LEVELS = 5
SMALLEST_SHOWN = 0.05  # tonnes; less is shown as "< 0.1", never as nothing
BAR = 28  # units of the drawing
SELLERS_SHOWN = 4
# Light to dark, each 3:1 apart from the ground of the map by its edge; the number stands in the circle as well.
SHADES = ("#fdefcf", "#f8d07f", "#f0ac2b", "#2f7653", "#154d38")
LABEL_SHADES = ("#1d2922", "#1d2922", "#1d2922", "#ffffff", "#ffffff")

Url = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Cell:
    """Tonnes of a month: `value` for machines, `text` for people, `level` 0 (none) to 5."""

    month: int
    value: str
    text: str
    level: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A month of the strip: a link with a bar."""

    cell: Cell
    producers: int
    url: str
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A product with its twelve months and their sum."""

    name: str
    url: str
    cells: list[Cell]
    total: str
    total_text: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A row of the month's table; `more` sellers are not named."""

    line: MonthLine
    value: str
    text: str
    url: str
    sellers: list[tuple[Seller, str, str]]
    more: int


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the map's legend: up to how many tonnes a shade stands for."""

    level: int
    colour: str
    text: str


def tonnes_text(tonnes: float) -> str:
    """Return tonnes as people read them: "–" for none, "< 0,1" for a little, no digits from 100 on."""
    if not tonnes:
        return "–"
    if tonnes < SMALLEST_SHOWN:
        return "< " + floatformat(0.1, "1g")
    return floatformat(tonnes, "0g" if tonnes >= 99.95 else "-1g")


def exact(tonnes: float) -> str:
    """Return tonnes as `<data value>` and JSON have them, without exponent."""
    return f"{tonnes:.6f}".rstrip("0").rstrip(".")


def level_of(tonnes: float, largest: float) -> int:
    """Return 0 for nothing, else 1 to 5; the root keeps small producers apart from none."""
    return 0 if not tonnes or not largest else min(LEVELS, max(1, ceil(LEVELS * sqrt(tonnes / largest))))


def bars(year: Year, month: int, url: Url) -> list[Bar]:
    """Return the twelve links above the table; `url(month=...)` gives their addresses."""
    largest = max(year.tonnes)
    return [
        Bar(
            cell,
            producers,
            url(month=str(cell.month)),
            round(BAR - (height := BAR * tonnes / largest if largest else 0), 2),
            round(height, 2),
        )
        for cell, producers, tonnes in zip(
            _cells(year.tonnes, month, largest), year.producers, year.tonnes, strict=True
        )
    ]


def heat_rows(rows: Sequence[GoodsYear], month: int, url: Url) -> list[HeatRow]:
    """Return product by month; shades are measured against the largest cell of the table."""
    largest = max((max(row.year.tonnes) for row in rows), default=0.0)
    return [
        HeatRow(
            row.goods.name,
            url(**row.goods.filters),
            _cells(row.year.tonnes, month, largest),
            exact(sum(row.year.tonnes)),
            tonnes_text(sum(row.year.tonnes)),
        )
        for row in rows
    ]


def shown_lines(lines: Sequence[MonthLine], url: Url) -> list[ShownLine]:
    """Return the rows of the month; `url(commune=..., product=...)` leads to the same in the list of products."""
    return [
        ShownLine(
            line,
            exact(line.tonnes),
            tonnes_text(line.tonnes),
            url(commune=line.commune_code, **line.goods.filters),
            [(seller, exact(seller.tonnes), tonnes_text(seller.tonnes)) for seller in line.sellers[:SELLERS_SHOWN]],
            max(0, len(line.sellers) - SELLERS_SHOWN),
        )
        for line in lines
    ]


def map_data(communes: Sequence[CommuneYear], month: int, url: Url) -> dict[str, Any]:
    """Return what the map draws: all twelve months of each commune, so that circles of all months share one scale."""
    largest = _largest(communes)
    return {
        "month": month,
        "largest": largest,
        "colours": SHADES,
        "label_colours": LABEL_SHADES,
        "communes": [
            {
                "code": row.code,
                "name": row.name,
                "lon": round(row.place.x, 5),
                "lat": round(row.place.y, 5),
                "tonnes": row.year.tonnes,
                "producers": row.year.producers,
                "url": url(commune=row.code),
            }
            for row in communes
            if row.place is not None
        ],
        "popup": {
            "title": "name",
            "link": "url",
            "fields": [["tonnes", _("Tấn trong tháng")], ["producers", _("Đơn vị bán")]],
        },
    }


def legend(communes: Sequence[CommuneYear]) -> list[Step]:
    """Return the shades of the map with the tonnes they end at; none where nothing is sold."""
    largest = _largest(communes)
    if not largest:
        return []
    return [
        Step(level, SHADES[level - 1], tonnes_text(largest * (level / LEVELS) ** 2)) for level in range(1, LEVELS + 1)
    ]


def _largest(communes: Sequence[CommuneYear]) -> float:
    return max((max(row.year.tonnes) for row in communes), default=0.0)


def _cells(tonnes: Sequence[float], current: int, largest: float) -> list[Cell]:
    return [
        Cell(month, exact(value), tonnes_text(value), level_of(value, largest), month == current)
        for month, value in zip(MONTHS, tonnes, strict=True)
    ]
