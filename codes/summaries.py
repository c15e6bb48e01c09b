"""What the pages of codes show, read once."""

import io
from dataclasses import dataclass
from typing import Any

import segno
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from codes import sql
from codes.filters import EXPIRED
from codes.models import CodeStatus, ProductionAreaCode
from codes.workflow import EVENT_TITLES
from places.models import AdministrativeUnit

SKETCH_SIZE = 300
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


def check_code(code: ProductionAreaCode) -> CodeCheck:
    """Return the public view of a code as it stands today."""
    status = shown_status(code)
    url = settings.PUBLIC_URL + reverse("codes:check", args=[code.code])
    today = AdministrativeUnit.objects.current_successors_of(code.commune).without_shapes()
    now = tuple(unit.full_name for unit in today)
    return CodeCheck(
        code=code,
        status=status,
        label=_("Hết hạn") if status == EXPIRED else CodeStatus(status).label,
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
    )


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
