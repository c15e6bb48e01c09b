"""Writes on land-use layers and their parcels."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, InternalError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.changes import announce
from core.errors import Finding, RuleViolated
from core.permissions import require
from core.text import clean_text
from landuse import sql
from landuse.changes import LandUseChanged
from landuse.models import ClassScheme, LandUseLayer, LandUseParcel
from landuse.permissions import can_edit_layers
from office.models import Document
from places.models import AdministrativeUnit

BATCH = 2_000

_REASONS = {
    "unknown_class": _("Mã loại đất không có trong bộ mã của lớp."),
    "not_a_polygon": _("Hình không phải là vùng."),
    "has_height": _("Hình có cao độ; hãy gửi hình hai chiều."),
    "invalid_polygon": _("Vùng tự cắt hoặc sai cấu trúc."),
}


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """One parcel as a file gives it: class code, GeoJSON Polygon or MultiPolygon (EPSG:4326), number, zone's name."""

    class_code: str
    geometry: Mapping[str, Any] | str
    ref: str = ""
    name: str = ""


@transaction.atomic
def create_layer(
    *,
    slug: str,
    kind: str,
    name: str,
    scheme: ClassScheme,
    unit: AdministrativeUnit,
    source: str,
    as_of: dt.date,
    by: Any,
    legal_document: str = "",
    decision_number: str = "",
    document: Document | None = None,
    valid_to: dt.date | None = None,
    is_public: bool = False,
    note: str = "",
) -> LandUseLayer:
    """Make a dated layer without parcels; `as_of` is the day it describes (land use) or binds from (planning).

    Layers of one kind and unit are the versions of one map. `document`: the legal document's file; everybody who may
    see the layer may have it.
    """
    require(can_edit_layers(by))
    layer = LandUseLayer(
        slug=slug, kind=kind, name=name, scheme=scheme, unit=unit, source=source, legal_document=legal_document,
        decision_number=decision_number, document=document, as_of=as_of, valid_to=valid_to, is_public=is_public,
        note=note,
    )  # fmt: skip
    layer.full_clean()
    layer.save(force_insert=True)
    _tell(layer)
    return layer


@transaction.atomic
def store_parcels(layer: LandUseLayer, rows: Iterable[ParcelRow], *, by: Any, replace: bool = False) -> int:
    """Add parcels to a layer, all or none; return how many. `replace` first removes those it has.

    Raises RuleViolated("bad_parcels") that names up to 50 rows (counted from 1) with what is wrong with each.
    """
    require(can_edit_layers(by))
    if replace:
        LandUseParcel.objects.filter(layer=layer).delete()
    stored = 0
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        stored += _insert(layer, batch, first_row=stored + 1)
    note_revision(layer)
    return stored


def note_revision(layer: LandUseLayer) -> None:
    """Count a change of the layer's parcels, which voids kept comparisons, and tell it; call it in the transaction."""
    LandUseLayer.objects.filter(pk=layer.pk).update(revision=F("revision") + 1)
    layer.refresh_from_db(fields=["revision"])
    _tell(layer, with_parcels=True)


@transaction.atomic
def publish_layer(layer: LandUseLayer, *, by: Any, is_public: bool = True) -> LandUseLayer:
    """Show a layer to everyone, or no longer."""
    require(can_edit_layers(by))
    layer = LandUseLayer.objects.select_for_update(of=("self",)).get(pk=layer.pk)
    if is_public and not layer.parcels.exists():
        raise RuleViolated("layer_empty", _("Lớp này chưa có khoanh đất nào nên chưa công khai được."))
    layer.is_public = is_public
    layer.save(update_fields=["is_public"])
    _tell(layer)
    return layer


def _insert(layer: LandUseLayer, batch: list[ParcelRow], *, first_row: int) -> int:
    codes = [row.class_code for row in batch]
    shapes = [row.geometry if isinstance(row.geometry, str) else json.dumps(row.geometry) for row in batch]
    refs = [clean_text(row.ref)[:60] for row in batch]
    names = [clean_text(row.name)[:120] for row in batch]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.FIND_BAD_ROWS, [codes, shapes, layer.scheme_id])
            findings = list(_findings(cursor.fetchall(), first_row))
            if findings:
                raise RuleViolated("bad_parcels", _("Có khoanh đất không ghi được."), findings=findings)
            cursor.execute(sql.INSERT_PARCELS, [layer.pk, refs, names, codes, shapes, layer.scheme_id])
            return cursor.rowcount
    except (DataError, IntegrityError, InternalError) as error:  # no GeoJSON at all, or outside the country
        rows = f"{first_row}-{first_row + len(batch) - 1}"
        detail = _("Hình của một trong các dòng %(rows)s không đọc được hoặc nằm ngoài Việt Nam.") % {"rows": rows}
        raise RuleViolated("bad_parcels", detail) from error


def _findings(bad: Iterable[tuple[int, str, str]], first_row: int) -> Iterator[Finding]:
    for number, code, reason in bad:
        yield Finding(code, _REASONS[code], extra={"row": first_row + number - 1, "reason": reason})


def _tell(layer: LandUseLayer, *, with_parcels: bool = False) -> None:
    announce(LandUseChanged(layers=LandUseLayer.objects.filter(pk=layer.pk), with_parcels=with_parcels))
