"""Fruit goes out: a packing house that may use some codes, lots in the volume ledger, one code overdrawn."""

from decimal import Decimal
from typing import Any

from django.utils.timezone import localdate

from codes.models import CodeStatus, ProductionAreaCode
from codes.services import (
    LotFacts,
    PackingCodeFacts,
    ask_link,
    declare_lot,
    record_packing_code,
    register_packing_house,
)
from cooperatives.models import Cooperative

CODES_WITH_LOTS = 8
OVERDRAWN_T_PER_HA = 45  # above every norm of the catalogue
USUAL_T_PER_HA = 4
SHIPMENT_T = 500


def tell_trade(cooperatives: dict[str, Cooperative], *, clerk: Any, officer: Any) -> str:
    """Record a packing house and lots; return a line that says how many."""
    firm = cooperatives["demo-nhan-doi-bo"]
    house = register_packing_house(
        name="Nhà đóng gói Đôi Bờ (DEMO)", commune=firm.commune, operator=firm, address="Bến Đôi Bờ (DEMO)", by=officer
    )
    packing_code = record_packing_code(
        house, PackingCodeFacts("VN-XXPH-0001", issued_on=localdate(), document_number="DEMO/ĐG"), by=officer
    )
    codes = list(
        ProductionAreaCode.objects.active_on(localdate())
        .filter(status=CodeStatus.ACTIVE, holder__in=cooperatives.values())
        .select_related("holder")
        .defer("boundary")
        .order_by("pk")[:CODES_WITH_LOTS]
    )
    lots = 1
    for number, code in enumerate(codes, start=1):
        per_ha = OVERDRAWN_T_PER_HA if number == 2 else USUAL_T_PER_HA
        for part, kilograms in enumerate(_shipments((code.area_ha or 1) * per_ha), start=1):
            facts = LotFacts(f"DEMO-{number:03d}-{part}", localdate(), kilograms)
            declare_lot(code, facts, declarer=code.holder, by=clerk)
            lots += 1
    shared = next(code for code in codes if code.holder_id != firm.pk)
    ask_link(shared, packing_code, note="Đóng gói vụ này (DEMO)", by=clerk)
    by_house = LotFacts("DEMO-ĐG-1", localdate(), Decimal(3_500), packing_code=packing_code)
    declare_lot(shared, by_house, declarer=firm, by=clerk)
    return f"1 packing house, {lots} lots"


def _shipments(tonnes: float) -> list[Decimal]:
    """Return the kilograms of as many lots as it takes."""
    count = int(tonnes // SHIPMENT_T) + 1
    return [Decimal(round(tonnes * 1_000 / count))] * count
