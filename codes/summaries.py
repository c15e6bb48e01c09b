"""What the pages of codes show, read once."""

import io
from dataclasses import dataclass
from typing import Any

import segno
from django.conf import settings
from django.db import connection
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from codes import sql
from codes.certificates.content import needs_review, office_of
from codes.certificates.seal import Seal
from codes.filters import EXPIRED
from codes.models import CodeCertificate, CodeStatus, ProductionAreaCode
from codes.workflow import EVENT_TITLES
from places.models import AdministrativeUnit

SKETCH_SIZE = 300
FEW_GROWERS = 3  # below it, figures of an area would be figures of persons (domain.md §6)
COARSE_T = 10
STATUS_TEXTS = {
    CodeStatus.ACTIVE: _("Mã số này đang có hiệu lực."),
    CodeStatus.SUSPENDED: _("Mã số này đang bị tạm đình chỉ: không được dùng cho tới khi phục hồi."),
    CodeStatus.REVOKED: _("Mã số này đã bị thu hồi: không còn giá trị."),
    CodeStatus.SUPERSEDED: _("Mã số này đã được thay bằng mã khác."),
    EXPIRED: _("Mã số này đã hết hạn."),
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """Paths of a small drawing, `SKETCH_SIZE` units wide: the commune, the outline where it may be seen."""

    commune: str
    outline: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of a code's public history: no persons, no internal reasons."""

    title: Any
    status: str
    on: Any
    market: Any
    document_number: str
    note: str


@dataclass(frozen=True, slots=True)
class Packer:
    """A packing house that may use the code: its code, and its name where an organisation runs it."""

    code: str
    name: str
    market: Any


@dataclass(frozen=True, slots=True)
class Violation:
    """A published decision on misuse of the code; names no person."""

    decision_number: str
    decided_on: Any
    text: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What is to be said of the code's certificate; `scanned` is the version whose seal was read, None without one.

    `state` of the scanned version: "current", "superseded", or "unknown" (sealed by us, but no longer on record).
    """

    latest: int | None
    made_on: Any
    is_signed: bool
    scanned: int | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """All that everybody may know of a code today."""

    code: ProductionAreaCode
    status: str
    label: Any
    text: Any
    holder: str
    communes_today: tuple[str, ...]
    markets: tuple[Any, ...]
    history: tuple[Happening, ...]
    successors: tuple[str, ...]
    sketch: Sketch | None
    qr: str
    url: str
    office: str
    paper: Paper
    needs_review: bool
    volume: Any
    packers: tuple[Packer, ...]
    violations: tuple[Violation, ...]
    report_url: str


def check_code(code: ProductionAreaCode, seal: Seal | None = None) -> CodeCheck:
    """Return the public view of a code as it stands today; `seal`: the genuine one that led here."""
    status = shown_status(code)
    url = settings.PUBLIC_URL + reverse("codes:check", args=[code.code])
    today = AdministrativeUnit.objects.current_successors_of(code.commune).without_shapes()
    now = tuple(unit.full_name for unit in today)
    return CodeCheck(
        code=code,
        status=status,
        label=status_label(status),
        text=STATUS_TEXTS[status],
        # Who an imported code's holder is nobody has checked: its name may be a person's.
        holder=code.holder_name if code.holder and code.holder.is_organisation else "",
        communes_today=() if now == (code.commune_name,) else now,
        markets=tuple(code.approvals.select_related("market").order_by("market__position", "market")),
        history=tuple(_happening(event) for event in code.events.select_related("market")),
        successors=tuple(code.superseded_by.values_list("code", flat=True)),
        sketch=_sketch(code),
        qr=_qr(url),
        url=url,
        office=_office_line(code),
        paper=_paper(code, seal),
        needs_review=needs_review(code),
        volume=_volume(code),
        packers=_packers(code),
        violations=_violations(code),
        report_url=_report_url(code),
    )


def _office_line(code: ProductionAreaCode) -> str:
    """The office that answers for the code, never an officer; nobody knows that of imported codes."""
    if code.is_imported:
        return ""
    above, office = office_of(code)
    body, place = (above, office) if office == code.commune_name else (office, code.province_name)
    return str(_("%(body)s %(place)s") % {"body": body, "place": place})


def _paper(code: ProductionAreaCode, seal: Seal | None) -> Paper:
    last: CodeCertificate | None = code.certificates.order_by("version").last()
    latest = last.version if last else None
    state = ""
    if seal is not None:
        states = {True: "current", False: "superseded" if latest and seal.version < latest else "unknown"}
        state = states[seal.version == latest]
    return Paper(
        latest=latest,
        made_on=last.made_at if last else None,
        is_signed=last is not None and last.signed_document_id is not None,
        scanned=seal.version if seal else None,
        state=state,
    )


def _volume(code: ProductionAreaCode) -> Any:
    """Say coarsely how much fruit may still go out under the code this year; "" where it would tell of persons."""
    is_over = shown_status(code) in (EXPIRED, CodeStatus.REVOKED, CodeStatus.SUPERSEDED)
    counts = [code.grower_count, code.area.grower_count if code.area else 0]
    if is_over or min(counts) < FEW_GROWERS or code.holder is None or not code.holder.is_organisation:
        return ""
    row = ProductionAreaCode.objects.with_ledger(localdate().year).only("pk").get(pk=code.pk)
    if row.remaining_t is None:
        return ""
    if row.is_overdrawn or row.remaining_t <= 0:
        return _("Hàng đã khai trong năm đạt mức sản lượng dự kiến: hàng khai thêm cần được giải thích.")
    if row.remaining_t < COARSE_T:
        return _("Còn có thể xuất dưới %(tonnes)s tấn trong năm nay.") % {"tonnes": COARSE_T}
    return _("Còn có thể xuất khoảng %(tonnes)s tấn trong năm nay.") % {
        "tonnes": round(row.remaining_t / COARSE_T) * COARSE_T
    }


def _packers(code: ProductionAreaCode) -> tuple[Packer, ...]:
    links = code.packing_links.live().select_related("packing_code__house__operator", "packing_code__market")
    living = [link.packing_code for link in links.order_by("packing_code__code")]
    return tuple(
        Packer(
            one.code,
            one.house.name if one.house.operator and one.house.operator.is_organisation else "",
            one.market,
        )
        for one in living
        if one.status == CodeStatus.ACTIVE and (one.valid_until is None or one.valid_until >= localdate())
    )


def _violations(code: ProductionAreaCode) -> tuple[Violation, ...]:
    """Published decisions; the relation comes from casework, which stands above this app."""
    cases = code.misuse_cases.filter(published_at__isnull=False).order_by("-decided_on")  # type: ignore[attr-defined]
    return tuple(
        Violation(number, day, text)
        for number, day, text in cases.values_list("decision_number", "decided_on", "public_text")
    )


def _report_url(code: ProductionAreaCode) -> str:
    try:
        return f"{reverse('casework:misuse-report')}?code={code.code}"
    except NoReverseMatch:
        return ""


def status_label(status: str) -> Any:
    """Return the word for a shown status."""
    return _("Hết hạn") if status == EXPIRED else CodeStatus(status).label


def shown_status(code: ProductionAreaCode) -> str:
    """Return the status that people read: an active code after its last day is expired."""
    if code.status == CodeStatus.ACTIVE and code.is_expired(localdate()):
        return EXPIRED
    return code.status


def _happening(event: Any) -> Happening:
    return Happening(
        title=EVENT_TITLES.get(event.transition, event.transition),
        status=event.new_status,
        on=event.effective_on,
        market=event.market,
        document_number=event.document_number,
        note=event.public_note,
    )


def _sketch(code: ProductionAreaCode) -> Sketch | None:
    is_public = ProductionAreaCode.objects.filter(ProductionAreaCode.objects.outline_is_public(), pk=code.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute(sql.SKETCH, {"code": code.pk, "is_public": is_public, "size": SKETCH_SIZE})
        found = cursor.fetchone()
    if found is None:
        return None
    commune, outline, x, y = found
    # Where the outline is hidden its middle is hidden too.
    return Sketch(commune or "", outline or "", round(x) if is_public else 0, round(y) if is_public else 0)


def _qr(url: str) -> str:
    """Return the address as a QR code: one SVG path, no style, error correction M."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass="qr", lineclass=None, nl=False
    )
    return out.getvalue().decode()
