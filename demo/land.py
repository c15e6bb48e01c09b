"""A land-use layer and a plan around the seats of the invented cooperatives, on the same lattice as the fields."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from demo import sql
from demo.cast import COOPERATIVES
from demo.ground import Block, all_blocks, lattice_point
from landuse.models import ClassScheme, LandUseParcel, LayerKind
from landuse.reference import SINCE_2024, UNTIL_2024
from landuse.services import ParcelRow, create_layer, store_parcels
from places.models import AdministrativeUnit

CURRENT_CLASSES = ("CLN", "LUC", "LUC", "CLN", "HNK", "NTS", "LUC", "CLN", "ONT", "LUC", "CLN")
OLDER_CLASSES = ("LUC", "LUC", "LUC", "CLN", "BHK", "NTS", "LUC", "LUK", "ONT", "LUC", "CLN")
PLANNED_CLASSES = ("CLN", "LUC", "TMD", "CLN", "SKC")
CANAL = "DTL"


def make_land_use(by: Any) -> str:
    """Make a public land-use layer of the seats' communes and a public plan of one of them; return a line."""
    province = AdministrativeUnit.objects.current().provinces().get(code="82")
    scheme = ClassScheme.objects.get(code=SINCE_2024)
    seats = set(
        AdministrativeUnit.objects.current()
        .communes()
        .filter(code__in=[role.commune_code for role in COOPERATIVES])
        .values_list("pk", flat=True)
    )
    blocks = [block for block in all_blocks() if block.commune_id in seats]
    current = create_layer(
        slug="demo-hien-trang-2025",
        kind=LayerKind.LAND_USE,
        name="Hiện trạng sử dụng đất 2025 (DEMO)",
        scheme=scheme,
        unit=province,
        source="Dữ liệu DEMO, không có thật",
        as_of=dt.date(2025, 12, 31),
        legal_document="DEMO-01/QĐ-UBND",
        is_public=True,
        by=by,
    )
    store_parcels(current, _parcels(blocks, CURRENT_CLASSES, with_canals=True), by=by)
    _make_older(province, blocks, by)
    plan = create_layer(
        slug="demo-quy-hoach-2030",
        kind=LayerKind.PLANNING,
        name="Quy hoạch sử dụng đất 2026-2030 (DEMO)",
        scheme=scheme,
        unit=province,
        source="Dữ liệu DEMO, không có thật",
        as_of=dt.date(2026, 1, 1),
        legal_document="DEMO-02/QĐ-UBND",
        decision_number="DEMO-02/QĐ-UBND",
        valid_to=dt.date(2031, 1, 1),
        is_public=True,
        by=by,
    )
    store_parcels(plan, _parcels(blocks[::3], PLANNED_CLASSES, with_canals=False), by=by)
    return f"{LandUseParcel.objects.count()} land-use parcels in 3 layers"


def _make_older(province: AdministrativeUnit, blocks: list[Block], by: Any) -> None:
    """The same ground five years before, in the class list of its day: some of today's orchards were still rice."""
    older = create_layer(
        slug="demo-hien-trang-2020",
        kind=LayerKind.LAND_USE,
        name="Hiện trạng sử dụng đất 2020 (DEMO)",
        scheme=ClassScheme.objects.get(code=UNTIL_2024),
        unit=province,
        source="Dữ liệu DEMO, không có thật",
        as_of=dt.date(2020, 12, 31),
        legal_document="DEMO-00/QĐ-UBND",
        is_public=True,
        by=by,
    )
    store_parcels(older, _parcels(blocks, OLDER_CLASSES, with_canals=True), by=by)


def _parcels(blocks: list[Block], classes: tuple[str, ...], *, with_canals: bool) -> Iterator[ParcelRow]:
    for number, block in enumerate(blocks, start=1):
        chosen = classes[(block.bi * 3 + block.bj * 5 + block.bi // 4) % len(classes)]
        yield ParcelRow(chosen, _rectangle(block, 0, sql.BLOCK_V_M), f"K{number}")
        if with_canals:
            yield ParcelRow(CANAL, _rectangle(block, sql.BLOCK_V_M + 3, sql.PITCH_V_M - 3), f"KENH{number}")


def _rectangle(block: Block, from_v: float, to_v: float) -> dict[str, Any]:
    """Return a GeoJSON Polygon across a block, between two distances from its lower canal, in lattice metres."""
    u0, v0 = block.bi * sql.PITCH_U_M, block.bj * sql.PITCH_V_M
    corners = [
        lattice_point(u0, v0 + from_v),
        lattice_point(u0 + sql.BLOCK_U_M, v0 + from_v),
        lattice_point(u0 + sql.BLOCK_U_M, v0 + to_v),
        lattice_point(u0, v0 + to_v),
    ]
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
