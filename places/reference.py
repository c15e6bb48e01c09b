"""Units the service starts with: Đồng Tháp (82) and its 102 communes, and what Cao Lãnh's communes were before.

Facts: `data/dong_thap_communes.csv`; outlines: our own schematic ones (`data/shapefiles/README.md`). A province other
than 82 (`PROVINCE_CODE`) loads its own by `manage.py import_admin_units`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.db.models import Q

from places.imports import (
    SuccessionRow,
    UnitEdition,
    UnitRow,
    import_successions,
    import_units,
    read_units,
)
from places.models import AdministrativeUnit, UnitLevel

PROVINCE = "82"
REFORM = dt.date(2025, 7, 1)
EDITION = UnitEdition(
    on=REFORM,
    legal_ref="QĐ 19/2025/QĐ-TTg; NQ 202/2025/QH15",
    source="data/dong_thap_communes.csv",
    is_schematic=True,
)
# The day of the last list before the reform that we know; when each unit began is not known to us.
LAST_OLD_LIST = dt.date(2025, 3, 12)
OLD_EDITION = UnitEdition(on=LAST_OLD_LIST, until=REFORM, source="danh mục hành chính trước 01/7/2025 (docs/domain.md)")

# Old code, type, name -> code of the commune it went into on 1 July 2025 (docs/domain.md §2).
OLD_UNITS = (
    ("29869", "Phường", "1", "29869"),
    ("29872", "Phường", "4", "29869"),
    ("29875", "Phường", "3", "29869"),
    ("29878", "Phường", "6", "29869"),
    ("29890", "Xã", "Tân Thuận Tây", "29869"),
    ("29892", "Phường", "Hòa Thuận", "29869"),
    ("29893", "Xã", "Hòa An", "29869"),
    ("29896", "Xã", "Tân Thuận Đông", "29869"),
    ("29899", "Xã", "Tịnh Thới", "29869"),
    ("29881", "Phường", "Mỹ Ngãi", "29884"),
    ("29884", "Xã", "Mỹ Tân", "29884"),
    ("30091", "Xã", "Tân Nghĩa", "29884"),
    ("29887", "Xã", "Mỹ Trà", "29888"),
    ("29888", "Phường", "Mỹ Phú", "29888"),
    ("30097", "Xã", "Nhị Mỹ", "29888"),
    ("30106", "Xã", "An Bình", "29888"),
    ("30076", "Thị trấn", "Mỹ Thọ", "30076"),
    ("30100", "Xã", "Mỹ Thọ", "30076"),
    ("30109", "Xã", "Mỹ Hội", "30076"),
    ("30121", "Xã", "Mỹ Xương", "30076"),
    ("30085", "Xã", "Ba Sao", "30085"),
    ("30094", "Xã", "Phương Trà", "30085"),
    ("30082", "Xã", "Phương Thịnh", "30043"),
    ("30088", "Xã", "Phong Mỹ", "30088"),
    ("30112", "Xã", "Mỹ Hiệp", "30112"),
    ("30115", "Xã", "Mỹ Long", "30112"),
    ("30127", "Xã", "Bình Thạnh", "30112"),
    ("30103", "Xã", "Tân Hội Trung", "30118"),
    ("30118", "Xã", "Bình Hàng Trung", "30118"),
    ("30124", "Xã", "Bình Hàng Tây", "30118"),
)
DIVIDED = ("30079", "Xã", "Gáo Giồng", ("30025", "30088"))  # went in two parts
OLD_ABOVE = (
    ("87", UnitLevel.PROVINCE, "Tỉnh", "Đồng Tháp", None),
    ("82", UnitLevel.PROVINCE, "Tỉnh", "Tiền Giang", None),
    ("866", UnitLevel.DISTRICT, "Thành phố", "Cao Lãnh", "87"),
    ("873", UnitLevel.DISTRICT, "Huyện", "Cao Lãnh", "87"),
)
# The communes of district 873 have codes from here on; those before lay in the city.
FIRST_OF_DISTRICT = "30000"


def load() -> str:
    """Load the units, the same ones again without effect; return a line of report."""
    if settings.PROVINCE_CODE != PROVINCE:
        return f"places: province {settings.PROVINCE_CODE} has no reference units here; use import_admin_units"
    old = import_units(_ours(_old_units(), OLD_EDITION), OLD_EDITION)
    new = import_units(_ours(_new_units(), EDITION), EDITION)
    successions = import_successions(_successions(), EDITION)
    return (
        f"places: {old.created + new.created} units created, {old.updated + new.updated} updated, "
        f"{old.unchanged + new.unchanged} unchanged; {successions.created} successions created"
    )


def _ours(rows: Sequence[UnitRow], edition: UnitEdition) -> list[UnitRow]:
    """Leave out units that a list from elsewhere has told more about: they are not set back to ours."""
    known = AdministrativeUnit.objects.on(edition.on).exclude(source=edition.source)
    theirs = set(known.values_list("level", "code"))
    without_outline = set(known.filter(Q(boundary=None)).values_list("level", "code"))
    return [
        row
        for row in rows
        if (row.level, row.code) not in theirs or (row.shape is not None and (row.level, row.code) in without_outline)
    ]


def _new_units() -> list[UnitRow]:
    data = settings.BASE_DIR / "data"
    facts = read_units(data / "dong_thap_communes.csv").units
    drawn = {row.code: row.shape for row in read_units(data / "shapefiles" / "dong_thap_communes_schematic.zip").units}
    province = UnitRow(0, PROVINCE, UnitLevel.PROVINCE, "Tỉnh", "Đồng Tháp", "Dong Thap", area_km2=5938.64)
    return [province, *(replace(row, parent_code=PROVINCE, shape=drawn[row.code]) for row in facts)]


def _old_units() -> list[UnitRow]:
    above = [
        UnitRow(number, code, level, unit_type, name, parent_code=parent)
        for number, (code, level, unit_type, name, parent) in enumerate(OLD_ABOVE)
    ]
    communes = [
        UnitRow(
            number, code, UnitLevel.COMMUNE, unit_type, name,
            parent_code="866" if code < FIRST_OF_DISTRICT else "873",
        )
        for number, (code, unit_type, name, _) in enumerate((*OLD_UNITS, DIVIDED), start=len(above))
    ]  # fmt: skip
    return above + communes


def _successions() -> list[SuccessionRow]:
    pairs = [
        *((code, new, False) for code, _, _, new in OLD_UNITS),
        *((DIVIDED[0], new, True) for new in DIVIDED[3]),
        *((code, PROVINCE, False) for code in ("82", "87")),
    ]
    ours = set(
        AdministrativeUnit.objects.on(LAST_OLD_LIST).filter(source=OLD_EDITION.source).values_list("code", flat=True)
    )
    return [
        SuccessionRow(number, old, new, is_partial)
        for number, (old, new, is_partial) in enumerate(pairs, start=1)
        if old in ours
    ]
