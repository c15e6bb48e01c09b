"""The layers that can be taken out, with what a reader must know to trust them. Written out, one entry each."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, DateField, DateTimeField, Field, FloatField, IntegerField, Max
from django.utils.translation import gettext_lazy as _

from codes.layers import AREAS, CODES
from cooperatives.layers import COOPERATIVES
from cooperatives.models import Cooperative
from core.layers import Layer
from exchange.catalogue.meanings import HEADINGS, Meaning, meanings_of
from exchange.permissions import can_export_restricted
from farms.layers import PLOTS
from landuse.layers import LAND_USE, PLANNING_ZONES
from maps.layers import BY_NAME
from maps.models import LayerChange
from places.layers import UNITS
from products.commune_sums import PRODUCTS_BY_COMMUNE
from products.layers import OFFERS, PRODUCTS

LICENCE = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
INTERNAL = "internal use only: may hold what is not public"
INTERNAL_WORDS = _("Chỉ dùng nội bộ: có thể có dữ liệu không công khai")

# Types of fields: JSON Schema's words, with dates and lists told apart.
TEXT, NUMBER, INTEGER, BOOLEAN, DATE, MOMENT = "text", "number", "integer", "boolean", "date", "datetime"
TYPE_NAMES: Mapping[str, Any] = {
    TEXT: _("văn bản"),
    NUMBER: _("số"),
    INTEGER: _("số nguyên"),
    BOOLEAN: _("có hoặc không"),
    DATE: _("ngày"),
    MOMENT: _("ngày giờ"),
}


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field of a layer: its name in files and API, what it means, its type (`TYPE_NAMES`), a list of it or one."""

    name: str
    meaning: Meaning
    type: str
    is_list: bool = False

    @property
    def heading(self) -> Any:
        """Its name above a column for people."""
        return HEADINGS[self.name]

    def shown(self, value: Any) -> Any:
        """Return the reader's word for a value, where the values are a list of ours; else the value."""
        return dict(self.meaning.values).get(str(value), value)

    @property
    def type_name(self) -> Any:
        """The type in the reader's words."""
        return TYPE_NAMES[self.type]


@dataclass(frozen=True, slots=True)
class Entry:
    """A layer in the catalogue; `is_personal` layers need the right and are never public.

    has_more_for_some  who signs in may get rows or outlines that are not public
    theme              last part of the address of the EU's data theme: AGRI, REGI, ENVI
    keywords           words a catalogue is searched by
    frequency          last part of the address of the EU's update frequency: CONT, DAILY, IRREG
    date_parameter     the parameter that takes a day, where the layer is dated; without it the layer is today's
    depends_on         names under which changes of the data are noted (`maps.services.note_changes`)
    changed_at         asks the rows themselves when they changed last, for data that notes no changes
    """

    layer: Layer
    description: Any
    steward: Any
    is_personal: bool = False
    has_more_for_some: bool = False
    theme: str = "AGRI"
    keywords: tuple[Any, ...] = ()
    frequency: str = "CONT"
    date_parameter: str = ""
    depends_on: tuple[str, ...] = ()
    changed_at: Callable[[], dt.datetime | None] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The layer's name, as in its address."""
        return self.layer.name

    @property
    def meanings(self) -> Mapping[str, Meaning]:
        """What each field of the layer means, in their order."""
        return meanings_of(self.layer)

    @property
    def is_drawn(self) -> bool:
        """Whether the layer has tiles."""
        return self.layer.name in BY_NAME

    def fields(self) -> list[FieldInfo]:
        """Return the layer's fields with their meanings and types."""
        types = _types(self.layer.name)
        return [FieldInfo(name, meaning, *types[name]) for name, meaning in self.meanings.items()]

    def licence_for(self, user: Any) -> str:
        """Return the licence that the file states: open only for what everybody may read."""
        is_open = not self.is_personal and not (self.has_more_for_some and user.is_authenticated)
        return LICENCE if is_open else INTERNAL

    def licence_words(self, user: Any) -> Any:
        """Return the same for people, in their language."""
        return LICENCE if self.licence_for(user) == LICENCE else INTERNAL_WORDS

    def may_export(self, user: Any) -> bool:
        """Whether `user` may take the layer out."""
        return not self.is_personal or can_export_restricted(user)

    def last_change(self) -> dt.datetime | None:
        """Return when the data behind the layer changed last; None where no change has been noted yet."""
        noted = LayerChange.objects.filter(layer__in=self.depends_on).aggregate(at=Max("at"))["at"]
        asked = self.changed_at() if self.changed_at else None
        return max((moment for moment in (noted, asked) if moment is not None), default=None)


def _cooperatives_changed_at() -> dt.datetime | None:
    return Cooperative.objects.public().aggregate(at=Max("updated_at"))["at"]


_STEWARD = _("Cơ quan nông nghiệp của tỉnh")
_LAND_STEWARD = _("Cơ quan quản lý đất đai của tỉnh")
_PRODUCT_WORDS = (_("nông sản"), _("chào bán"), _("mùa vụ"))
_CODE_WORDS = (_("mã số vùng trồng"), _("xuất khẩu"), _("vùng trồng"))
_LAND_WORDS = (_("sử dụng đất"), _("quy hoạch"), _("bản đồ"))

CATALOGUE = (
    Entry(
        PRODUCTS,
        _("Sản phẩm đang giới thiệu, tháng có hàng và sản lượng."),
        _STEWARD,
        keywords=_PRODUCT_WORDS,
        depends_on=("products", "areas", "codes"),
        changed_at=_cooperatives_changed_at,
    ),
    Entry(
        PRODUCTS_BY_COMMUNE,
        _("Số sản phẩm, số đơn vị, sản lượng chào bán và tháng có hàng của từng phường, xã hiện nay."),
        _STEWARD,
        keywords=_PRODUCT_WORDS,
        depends_on=("products", "units"),
        changed_at=_cooperatives_changed_at,
    ),
    Entry(
        OFFERS,
        _("Chào bán theo tháng của từng sản phẩm."),
        _STEWARD,
        keywords=_PRODUCT_WORDS,
        depends_on=("products", "areas", "codes"),
        changed_at=_cooperatives_changed_at,
    ),
    Entry(
        AREAS,
        _("Vùng trồng; ranh giới chỉ khi được công khai, nếu không là một điểm trong xã."),
        _STEWARD,
        has_more_for_some=True,
        keywords=_CODE_WORDS,
        depends_on=("areas", "codes", "products"),
    ),
    Entry(
        CODES,
        _("Mã số vùng trồng với trạng thái hôm nay."),
        _STEWARD,
        has_more_for_some=True,
        keywords=_CODE_WORDS,
        depends_on=("areas", "codes"),
    ),
    Entry(
        COOPERATIVES,
        _("Hợp tác xã, tổ hợp tác và doanh nghiệp đã xác minh."),
        _STEWARD,
        has_more_for_some=True,
        keywords=(_("hợp tác xã"), _("tổ hợp tác")),
        changed_at=_cooperatives_changed_at,
    ),
    Entry(
        LAND_USE,
        _("Khoanh đất theo loại đất của các lớp được công khai; chọn ngày để lấy hiện trạng và quy hoạch của ngày đó."),
        _LAND_STEWARD,
        has_more_for_some=True,
        theme="ENVI",
        keywords=_LAND_WORDS,
        frequency="IRREG",
        date_parameter="on",
        depends_on=("land-use",),
    ),
    Entry(
        PLANNING_ZONES,
        _("Khu quy hoạch của các quy hoạch đang có hiệu lực, hoặc có hiệu lực vào ngày chọn."),
        _LAND_STEWARD,
        has_more_for_some=True,
        theme="ENVI",
        keywords=_LAND_WORDS,
        frequency="IRREG",
        date_parameter="on",
        depends_on=("land-use",),
    ),
    Entry(
        UNITS,
        _("Đơn vị hành chính hiện nay, hoặc của ngày chọn: cả huyện và xã trước 01/7/2025."),
        _("Cơ quan nội vụ của tỉnh"),
        theme="REGI",
        keywords=(_("đơn vị hành chính"), _("địa giới")),
        frequency="IRREG",
        date_parameter="on",
        depends_on=("units",),
    ),
    Entry(
        PLOTS,
        _("Thửa canh tác, không có thông tin cá nhân; chỉ cho người có quyền."),
        _STEWARD,
        is_personal=True,
        keywords=(_("thửa canh tác"),),
        depends_on=("plots",),
    ),
)


def entry(name: str) -> Entry | None:
    """Return the entry of the layer with this name."""
    return next((found for found in CATALOGUE if found.layer.name == name), None)


@cache
def _types(name: str) -> dict[str, tuple[str, bool]]:
    """Return (type, whether a list of it) of each field of the layer, read off the columns that its query makes."""
    layer = next(found.layer for found in CATALOGUE if found.layer.name == name)
    columns = layer.columns()
    made = layer.rows(AnonymousUser()).annotate(**columns).query.annotations
    return {field: _type_of(made[alias].output_field) for field, alias in zip(layer.fields, columns, strict=True)}


def _type_of(output: Field) -> tuple[str, bool]:
    if isinstance(output, ArrayField):
        return _type_of(output.base_field)[0], True
    kinds: tuple[tuple[Any, str], ...] = (
        (BooleanField, BOOLEAN),
        (DateTimeField, MOMENT),
        (DateField, DATE),
        (FloatField, NUMBER),
        (IntegerField, INTEGER),
    )
    return next((name for kind, name in kinds if isinstance(output, kind)), TEXT), False
