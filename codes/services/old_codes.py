"""Codes issued before this system: their strings are kept, their serials never given again."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes import imports, list_sql
from codes.changes import CodesChanged
from codes.models import (
    ApprovalStatus,
    CodeEvent,
    CodeList,
    CodeListRow,
    ListVerdict,
    MarketApproval,
    ProductionAreaCode,
)
from codes.querysets import HOME_MARKET
from cooperatives.models import Cooperative
from core.changes import announce
from core.errors import RuleViolated
from core.text import fold
from crops.models import Crop
from places.models import AdministrativeUnit

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,59}")
M2_PER_HA = 10_000


class _Names:
    """Names of the catalogue and of the office's place, folded, each looked up once for the whole list."""

    def __init__(self, code_list: CodeList) -> None:
        self.code_list = code_list
        self.today = timezone.localdate()
        self.markets = imports.known_markets()
        crops = list(Crop.objects.all())
        self.crops = {fold(text): crop for crop in crops for text in (crop.name_vi, crop.name_en, crop.slug)}
        self.varieties = [(fold(crop.name_vi), crop) for crop in sorted(crops, key=lambda one: -len(one.name_vi))]
        self.holders = _holders(code_list.unit)
        self.communes = _communes(code_list.unit)
        self.statuses: dict[str, str | None] = {}

    def crop(self, text: str) -> Crop | None:
        """The crop that a cell names; "Xoài cát Chu" is a mango."""
        word = fold(text)
        return self.crops.get(word) or next((c for name, c in self.varieties if word.startswith(f"{name} ")), None)

    def status(self, text: str) -> str | None:
        """What the word of a cell means."""
        if text not in self.statuses:
            self.statuses[text] = imports.approval_status(text)
        return self.statuses[text]


def _holders(unit: AdministrativeUnit) -> dict[str, int]:
    """Folded tax numbers of holders, and names of those of the unit's province -> key; what two bear is left out.

    A cooperative of another province may well have the same name: its codes would be frozen to a stranger.
    """
    found: dict[str, set[int]] = {}
    province = AdministrativeUnit.objects.province_of(unit)
    near = set(AdministrativeUnit.objects.with_former([province.pk]).values_list("pk", flat=True))
    rows = Cooperative.objects.values_list("pk", "commune_id", "tax_number", "name", "short_name")
    for pk, commune, tax_number, *names in rows:
        for text in (tax_number, *(names if commune in near else ())):
            if text:
                found.setdefault(fold(text), set()).add(pk)
    return {name: pks.pop() for name, pks in found.items() if len(pks) == 1}


def _communes(unit: AdministrativeUnit) -> dict[str, int]:
    """Folded names and codes of the communes of today, and of those that went into them -> key of today's.

    Rights and maps are of today's communes; how the commune was called then stands in the code's own text. A former
    commune that was divided goes to the part with the largest share.
    """
    found: dict[str, set[int]] = {}
    today = AdministrativeUnit.objects.within_units([unit.pk]).communes().current().without_shapes()
    for one in today:
        for text in (one.code, one.name_vi, one.full_name):
            found.setdefault(fold(text), set()).add(one.pk)
    shares: dict[str, list[tuple[float, int]]] = {}
    origins = today.filter(origins__isnull=False).values_list(
        "pk", "origins__share", "origins__is_partial", "origins__predecessor__code",
        "origins__predecessor__name_vi", "origins__predecessor__unit_type",
    )  # fmt: skip
    for pk, share, is_partial, code, name, kind in origins:
        weight = share if share is not None else (0.0 if is_partial else 1.0)
        for text in (code, name, f"{kind} {name}"):
            shares.setdefault(fold(text), []).append((weight, pk))
    names = {name: pks.pop() for name, pks in found.items() if len(pks) == 1}
    return {name: max(parts)[1] for name, parts in shares.items()} | names


def read(code_list: CodeList, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return what reading adds to each row: the values by our names, `wrong` (refusals), `told` (remarks)."""
    names = _Names(code_list)
    units = AdministrativeUnit.objects.select_related("parent").without_shapes().in_bulk(set(names.communes.values()))
    return [_read_row(values, names, units) for values in rows]


def _read_row(values: dict[str, str], names: _Names, units: dict[int, AdministrativeUnit]) -> dict[str, Any]:
    wrong: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []

    def text(name: str) -> str:
        return values.get(name, "").strip()

    def refuse(code: str, name: str = "") -> None:
        wrong.append({"code": code, "text": text(name)} if name else {"code": code})

    printed = imports.as_printed(text("code"))
    if not _CODE.fullmatch(printed):
        refuse("code_characters" if printed else "no_code")
    crop = names.crop(text("crop"))
    if crop is None:
        refuse("unknown_crop", "crop")
    commune = names.communes.get(fold(text("commune").split(",")[0]))
    if commune is None:
        refuse("unknown_commune", "commune")
    dates = _dates(text, refuse, names)
    area = imports.read_hectares(text("area_ha"))
    if text("area_ha") and area is None:
        refuse("bad_area", "area_ha")
    status = names.status(text("status"))
    if status is None or status == ApprovalStatus.REJECTED:
        refuse("unknown_status", "status")
    markets = _markets(text, refuse, names)
    holder = names.holders.get(fold(text("holder")))
    if text("holder") and holder is None:
        told.append({"code": "unknown_holder"})
    found = {
        "printed": printed,
        "crop_id": crop.pk if crop else None,
        "commune_id": commune,
        "holder_id": holder,
        **dates,
        "area_m2": area * M2_PER_HA if area else None,
        "status_read": status or "",
        "markets": markets,
    }
    if not wrong:
        found |= _serial(names, found, units, crop, told)
    return found | {"wrong": wrong, "told": told}


def _dates(text: Any, refuse: Any, names: _Names) -> dict[str, str | None]:
    issued, until = imports.read_date(text("issued_on")), imports.read_date(text("valid_until"))
    if issued is None:
        refuse("bad_date", "issued_on")
    elif issued > names.today:
        refuse("future_date")
    elif until and until < issued:
        refuse("dates")
    if text("valid_until") and until is None:
        refuse("bad_date", "valid_until")
    return {"issued": f"{issued}" if issued else None, "until": f"{until}" if until else None}


def _markets(text: Any, refuse: Any, names: _Names) -> list[str]:
    markets = imports.market_codes(text("market"), names.markets)
    if markets is None:
        refuse("unknown_market", "market")
        return []
    if _scheme(names).is_market_bound and len(markets) != 1:
        refuse("one_market")
    return markets


def _scheme(names: _Names) -> Any:
    return names.code_list.scheme


def _serial(
    names: _Names, found: dict[str, Any], units: dict[int, AdministrativeUnit], crop: Any, told: list[dict[str, Any]]
) -> dict[str, Any]:
    unit = units[found["commune_id"]]
    known = {"commune": unit.code, "crop": crop.short_code, "year": found["issued"][:4]}
    known |= {"province": unit.parent.code} if unit.parent else {}
    known |= {"market": found["markets"][0]} if found["markets"] else {}
    read_serial = imports.serial_in(found["printed"], _scheme(names), known)
    if read_serial is None:
        told.append({"code": "outside_pattern"})
        return {"scope": None, "serial": None}
    return {"scope": read_serial[0], "serial": read_serial[1]}


def judge(code_list: CodeList, cursor: Any) -> None:
    """Say of each row whether it would be stored, is stored already, or is refused."""
    values = {"list": code_list.pk, "scheme": code_list.scheme_id}
    code_list.rows.update(code=None, findings=[])
    cursor.execute(list_sql.JUDGE_OLD, values)


def lock(code_list: CodeList) -> None:
    """Move the counters up first: who issues in these scopes waits for us and then counts on from there."""
    with connection.cursor() as cursor:
        cursor.execute(list_sql.ADVANCE_COUNTERS, {"list": code_list.pk, "scheme": code_list.scheme_id})


def store(code_list: CodeList, *, by: Any) -> dict[str, int]:
    """Store the codes with their events and markets. Raises RuleViolated when another list was faster."""
    rows = list(code_list.rows.filter(verdict=ListVerdict.CHANGE))
    crops = Crop.objects.in_bulk({row.values["crop_id"] for row in rows})
    communes = AdministrativeUnit.objects.select_related("parent__parent").without_shapes()
    units = communes.in_bulk({row.values["commune_id"] for row in rows})
    try:
        with transaction.atomic():
            codes = ProductionAreaCode.objects.bulk_create(
                [_code(code_list, row, crops, units) for row in rows], batch_size=1_000
            )
    except IntegrityError as error:
        raise RuleViolated("changed_since_preview", _("Mã vừa được ghi ở nơi khác. Hãy đọc lại tệp.")) from error
    CodeEvent.objects.bulk_create(
        (_event(code_list, code, row, by) for code, row in zip(codes, rows, strict=True)), batch_size=2_000
    )
    approvals = MarketApproval.objects.bulk_create(_approvals(code_list, codes, rows), batch_size=2_000)
    announce(CodesChanged(ids=tuple(code.pk for code in codes)))
    return {"codes": len(codes), "approvals": len(approvals)}


def _code(
    code_list: CodeList, row: CodeListRow, crops: dict[int, Crop], units: dict[int, AdministrativeUnit]
) -> ProductionAreaCode:
    values = row.values
    unit, crop, scheme = units[values["commune_id"]], crops[values["crop_id"]], code_list.scheme
    assert scheme is not None  # noqa: S101  (a constraint of the table)
    return ProductionAreaCode(
        code=values["printed"],
        scheme=scheme,
        market_id=values["markets"][0] if scheme.is_market_bound else None,
        scope=values["scope"] or "",
        serial=values["serial"],
        is_imported=True,
        status=imports.CODE_STATES[values["status_read"]],
        issued_on=dt.date.fromisoformat(values["issued"]),
        valid_until=dt.date.fromisoformat(values["until"]) if values["until"] else None,
        area_name=(values.get("area_name") or values["printed"])[:160],
        crop=crop,
        crop_name=crop.name_vi,
        variety_name=values.get("variety", "")[:80],
        holder_id=values["holder_id"],
        holder_name=values.get("holder", "")[:160],
        commune=unit,
        commune_name=values["commune"][:120] if fold(values["commune"]) != fold(unit.name_vi) else unit.full_name,
        province_name=AdministrativeUnit.objects.province_of(unit).full_name,
        declared_area_m2=values["area_m2"],
        grower_count=0,
    )


def _event(code_list: CodeList, code: ProductionAreaCode, row: CodeListRow, by: Any) -> CodeEvent:
    return CodeEvent(
        code=code,
        transition="import",
        new_status=code.status,
        reason=code_list.document.name,
        details={"list": str(code_list.pk), "row": row.row, "as_written": row.code_text},
        document_number=code_list.document_number,
        effective_on=code_list.decided_on,
        by=by,
    )


def _approvals(
    code_list: CodeList, codes: Iterable[ProductionAreaCode], rows: Iterable[CodeListRow]
) -> list[MarketApproval]:
    """A market that the list names: its word is what the list says, or nothing yet where it says nothing."""
    return [
        MarketApproval(
            code=code,
            market_id=market,
            status=row.values["status_read"] or ApprovalStatus.NOT_SUBMITTED,
            document_number=code_list.document_number if row.values["status_read"] else "",
            decided_on=code_list.decided_on if row.values["status_read"] else None,
        )
        for code, row in zip(codes, rows, strict=True)
        for market in row.values["markets"]
        if market != HOME_MARKET
    ]
