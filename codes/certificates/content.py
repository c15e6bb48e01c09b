"""What a certificate says, read from the database; and a digest that tells when it has to be printed anew.

The map follows the rule for everybody: the outline and its corners only where the outline is public, else the commune.
A household is never named (domain.md §6): its certificate says so, the file of the office knows who it is.
"""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from codes import sql as code_sql
from codes.certificates import sql
from codes.models import CodeEvent, OfficeLevel, ProductionAreaCode
from places.models import AdministrativeUnit

MAP_SIZE = 300
MAX_CORNERS = 24


@dataclass(frozen=True, slots=True)
class CornerMap:
    """The outline in a square of MAP_SIZE units, y downwards: SVG path; corners as [lat, lon, x, y], degrees WGS 84.

    `tolerance_m` says how far the listed corners may lie from the true line; None: they are those of a box around it.
    `unit_m` is the length of one unit on the ground.
    """

    outline: str
    corners: tuple[tuple[str, str, int, int], ...]
    tolerance_m: float | None
    unit_m: float


@dataclass(frozen=True, slots=True)
class Content:
    """The words and drawings of a certificate; a change of any of them makes a new version."""

    code: str
    scheme: str
    legal_ref: str
    text: str
    office: tuple[str, str]
    document_number: str
    holder: str
    area_name: str
    crop: str
    variety: str
    area_ha: str
    grower_count: int
    commune: str
    province: str
    communes_today: tuple[str, ...]
    markets: tuple[str, ...]
    issued_on: dt.date
    valid_until: dt.date | None
    replaces: tuple[str, ...]
    redrawn_version: int | None  # the area was drawn anew after the issue: the office has to look at the code again
    commune_path: str
    place_path: str  # the outline within the commune
    corner_map: CornerMap | None

    def digest(self) -> str:
        """SHA-256 (hex) of all that is printed but version, seal and day of printing."""
        return hashlib.sha256(json.dumps(asdict(self), default=str, sort_keys=True).encode()).hexdigest()


def content_of(code: ProductionAreaCode) -> Content:
    """Read what the certificate of a code (with area, holder and ground) says today. Vietnamese, whatever the language.

    Call within `translation.override("vi")`.
    """
    assert code.area is not None and code.holder is not None  # noqa: S101  (asked by make_certificate)
    issue = CodeEvent.objects.filter(code=code, transition="issue").first()
    is_public = ProductionAreaCode.objects.filter(ProductionAreaCode.objects.outline_is_public(), pk=code.pk).exists()
    commune_path, place_path = _sketch(code, is_public)
    today = AdministrativeUnit.objects.current_successors_of(code.commune).without_shapes()
    names = tuple(sorted(unit.full_name for unit in today))
    return Content(
        code=code.code,
        scheme=code.scheme.name,
        legal_ref=code.scheme.legal_ref,
        text=code.scheme.certificate_text,
        office=office_of(code),
        document_number=issue.document_number if issue else "",
        holder=code.holder_name if code.holder.is_organisation else "",
        area_name=code.area_name,
        crop=code.crop_name,
        variety=code.variety_name,
        area_ha=f"{code.area_ha or 0:.2f}".replace(".", ","),
        grower_count=code.grower_count,
        commune=code.commune_name,
        province=code.province_name,
        communes_today=() if names == (code.commune_name,) else names,
        markets=_markets(code),
        issued_on=code.issued_on,
        valid_until=code.valid_until,
        replaces=tuple(code.supersedes.order_by("code").values_list("code", flat=True)),
        redrawn_version=code.area.version if needs_review(code) else None,
        commune_path=commune_path,
        place_path=place_path,
        corner_map=_corner_map(code) if is_public else None,
    )


def needs_review(code: ProductionAreaCode) -> bool:
    """Whether the area was drawn anew after the code was issued for it (reliability.md E15)."""
    return code.area is not None and code.area_version is not None and code.area.version != code.area_version


def office_of(code: ProductionAreaCode) -> tuple[str, str]:
    """The issuing office in the two lines of Decree 30/2020, annex I: the body above, the body itself."""
    if code.scheme.deciding_level == OfficeLevel.COMMUNE:
        return _("Ủy ban nhân dân"), code.commune_name
    return _("Ủy ban nhân dân %(province)s") % {"province": code.province_name}, _("Sở Nông nghiệp và Môi trường")


def _markets(code: ProductionAreaCode) -> tuple[str, ...]:
    approvals = code.approvals.select_related("market").order_by("market__position", "market")
    names = tuple(approval.market.name_vi for approval in approvals)
    return names or ((code.market.name_vi,) if code.market else ())


def _sketch(code: ProductionAreaCode, is_public: bool) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(code_sql.SKETCH, {"code": code.pk, "is_public": is_public, "size": MAP_SIZE})
        found = cursor.fetchone()
    return (found[0] or "", found[1] or "") if found else ("", "")


def _corner_map(code: ProductionAreaCode) -> CornerMap | None:
    with connection.cursor() as cursor:
        cursor.execute(sql.CORNERS, {"code": code.pk, "most": MAX_CORNERS, "size": MAP_SIZE})
        found: Any = cursor.fetchone()
    if found is None:
        return None
    tolerance, unit_m, outline, corners = found
    listed = tuple((lat, lon, int(x), int(y)) for lat, lon, x, y in corners or ())
    return CornerMap(outline, listed, tolerance, float(unit_m))
