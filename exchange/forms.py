"""The panel of an export: area, fields, coordinate system, format, profile, persons with a purpose."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core.filters import without_blanks
from exchange import crs as systems
from exchange.areas import By
from exchange.catalogue import Entry
from exchange.exports.formats import FORMATS
from exchange.exports.personal import PersonalField
from exchange.models import ExportFormat, ExportProfile
from exchange.profiles import profiles_for
from exchange.selection import WKT
from geofiles.crs import WGS84
from places.models import AdministrativeUnit, UnitLevel

MARK = "csrfmiddlewaretoken"


class AreaForm(forms.Form):
    """Where the rows are to lie; the names are those of `exchange.areas`."""

    unit = forms.MultipleChoiceField(
        label=_("Phường, xã"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("Bỏ trống: toàn tỉnh.")
    )
    codes = forms.CharField(
        label=_("Mã đơn vị khác"),
        required=False,
        max_length=600,
        help_text=_("Huyện, xã trước 01/7/2025 và tỉnh: mã, cách nhau bằng dấu phẩy; kèm ngày của ranh giới."),
    )
    on = forms.DateField(
        label=_("Theo ranh giới ngày"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Bỏ trống: hôm nay."),
    )
    by = forms.ChoiceField(
        label=_("Xếp vào đơn vị của ngày khác"), required=False, choices=[("", _("Theo vị trí")), *By.choices[1:]]
    )
    within = forms.CharField(
        label=_("Trong vùng"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Đa giác WKT hoặc GeoJSON, kinh độ trước, WGS 84, nhiều nhất 1.000 đỉnh."),
    )

    def __init__(self, *args: Any, own: set[str], **kwargs: Any) -> None:
        """`own`: parameters that the layer's filters have themselves; they are asked for there."""
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = _communes()  # type: ignore[attr-defined]
        for name in own & set(self.fields):
            del self.fields[name]


def _communes() -> list[tuple[str, str]]:
    rows = AdministrativeUnit.objects.on(localdate()).filter(level=UnitLevel.COMMUNE).order_by("name_vi", "code")
    return list(rows.values_list("code", "name_vi"))


class ShapeForm(forms.Form):
    """In which form the rows go out; only what the layer and the user may have is offered."""

    fields_of = forms.MultipleChoiceField(
        label=_("Các trường"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("Bỏ trống: tất cả.")
    )
    crs = forms.ChoiceField(label=_("Hệ tọa độ"))
    format = forms.ChoiceField(label=_("Định dạng"), widget=forms.RadioSelect)
    profile = forms.ChoiceField(label=_("Mẫu"))
    geometry = forms.ChoiceField(
        label=_("Hình trong CSV"),
        choices=[("wkt", "WKT"), ("lonlat", _("Hai cột tọa độ"))],
    )

    def __init__(self, *args: Any, entry: Entry, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[str, Any]]] = {
            "fields_of": [(field.name, f"{field.name} — {field.meaning.text}") for field in entry.fields()],
            "crs": systems.choices(),
            "format": [(str(name), _with_limits(name)) for name in ExportFormat],
            "profile": _profiles(entry, user),
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]
        if len(choices["profile"]) == 1:
            del self.fields["profile"]


def _with_limits(name: ExportFormat) -> str:
    limits = FORMATS[name].limits_text
    return f"{name.label} — {limits}" if limits else str(name.label)


def _profiles(entry: Entry, user: Any) -> list[tuple[str, Any]]:
    plain = ExportProfile.PLAIN
    shown: list[tuple[str, Any]] = [(str(plain), plain.label)]
    for profile in profiles_for(entry, user):
        formats = ", ".join(str(ExportFormat(format).label) for format in profile.formats)
        shown.append((str(profile.name), f"{profile.name.label} ({formats})"))
    return shown


class PersonalForm(forms.Form):
    """Columns about persons, for those who may have some; the purpose is written down."""

    personal = forms.MultipleChoiceField(
        label=_("Trường cá nhân"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Chỉ của người đã đồng ý vào danh bạ, trong địa bàn của bạn; chỉ dạng XLSX hoặc GeoPackage."),
    )
    purpose = forms.CharField(
        label=_("Dùng để làm gì"),
        required=False,
        min_length=5,
        max_length=160,
        help_text=_("Bắt buộc khi có trường cá nhân. Được ghi lại cùng tên bạn và những người có trong tệp."),
    )

    def __init__(self, *args: Any, allowed: list[PersonalField], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["personal"].choices = [(str(name), name.label) for name in allowed]  # type: ignore[attr-defined]


DEFAULTS = {"crs": WGS84, "geometry": WKT}  # what a selection takes without being told
OWN_NAMES = ("format", "profile", "personal", "purpose", "how", "codes", "fields_of", MARK)


def query_of(data: QueryDict) -> QueryDict:
    """Return what the panel sent as the query of a selection: filters, area, fields, CRS."""
    query = without_blanks(data)
    for code in (part.strip() for value in data.getlist("codes") for part in value.split(",")):
        if code:
            query.appendlist("unit", code)
    if data.getlist("fields_of"):
        query.setlist("fields", data.getlist("fields_of"))
    for name, default in DEFAULTS.items():
        if query.get(name) == default:
            del query[name]
    for name in OWN_NAMES:
        query.pop(name, None)
    return query
