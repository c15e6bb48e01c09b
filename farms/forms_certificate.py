"""The form of a land certificate: a grid of corners, a paste box, a file, and what the paper says besides."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cooperatives.models import Cooperative, Grower
from core.text import clean_line
from crops.models import Crop, Variety
from geofiles import corners as tables
from geofiles import crs as systems
from geofiles.angles import number_of
from geofiles.corners import CornerProblem, CornerTable

FIRST_ROWS, MORE_ROWS = 6, 4
MAX_FILE_BYTES = 10 * 1024 * 1024
NEEDED_TO_SAVE = ("ref", "crop")
CELLS = ("label", "x", "y", "edge")
_TEXTS = {
    "no_coordinates": gettext_lazy("Dòng {line}: không nhận ra tọa độ trong “{text}”. X (hướng bắc) có 7 chữ số, Y 6."),
    "one_coordinate": gettext_lazy("Dòng {line}: chỉ nhận ra một tọa độ trong “{text}”."),
    "no_edge": gettext_lazy("Dòng {line}: “{text}” không phải chiều dài cạnh tính bằng mét."),
    "axes_mixed": gettext_lazy("Góc {text}: X và Y đổi chỗ so với các góc khác; hệ thống đã xếp lại, hãy xem kỹ."),
    "too_many_corners": gettext_lazy("Bảng có hơn {text} góc, quá nhiều cho một thửa."),
    "too_few_corners": gettext_lazy("Cần ít nhất 3 góc; mới đọc được {text}."),
}
STOPPING = frozenset({"no_coordinates", "no_edge", "one_coordinate", "too_many_corners", "too_few_corners"})


def problem_text(problem: CornerProblem) -> str:
    """Return what is wrong with a line, as a sentence in the reader's language."""
    return str(_TEXTS[problem.code]).format(line=problem.line, text=problem.text)


class MetresField(forms.CharField):
    """A positive number written with a decimal point or comma; m²."""

    def clean(self, value: Any) -> float | None:  # type: ignore[override]
        """Return the number or None; ValidationError for anything else."""
        text = super().clean(value)
        if not text:
            return None
        bare = text.lower().replace("m²", "").replace("m2", "").strip()
        if re.fullmatch(r"\d{1,3}[.,]\d{3}", bare):  # "13.000": a certificate never prints three decimals
            bare = re.sub("[.,]", "", bare)
        number = number_of(bare)
        if number is None or not 0 < number < 1e9:
            raise forms.ValidationError(_("Hãy ghi một số dương, ví dụ 1250,5."), code="not_a_number")
        return number


class PasteForm(forms.Form):
    """Where a table may come from as a whole."""

    paste = forms.CharField(
        label=gettext_lazy("Dán bảng tọa độ"),
        required=False,
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=gettext_lazy(
            "Chép từ Excel, PDF hay bản scan đã nhận chữ: mỗi dòng một góc gồm số hiệu, X, Y và chiều dài cạnh nếu có."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Hoặc chọn tệp"),
        required=False,
        help_text=gettext_lazy("Excel, ODS, CSV hoặc PDF có bảng tọa độ. Tệp chỉ được đọc, không lưu lại."),
    )

    def clean_file(self) -> Any:
        """Refuse what is far too large for one table."""
        file = self.cleaned_data["file"]
        if file is not None and file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(_("Tệp lớn hơn 10 MB."), code="too_large")
        return file


class CertificateForm(forms.Form):
    """What the certificate and the clerk say besides the corners. Nobody's name is asked for."""

    crs = forms.ChoiceField(label=gettext_lazy("Hệ tọa độ, kinh tuyến trục"), required=False)
    printed_area = MetresField(
        label=gettext_lazy("Diện tích ghi trên giấy (m²)"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    land_sheet = forms.CharField(label=gettext_lazy("Số tờ bản đồ"), max_length=20, required=False)
    land_parcel = forms.CharField(label=gettext_lazy("Số thửa địa chính"), max_length=20, required=False)
    serial = forms.CharField(
        label=gettext_lazy("Số phát hành (seri)"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("Ví dụ: DA 123456. Không ghi tên người, không chụp ảnh giấy."),
    )
    register = forms.CharField(label=gettext_lazy("Số vào sổ cấp giấy"), max_length=30, required=False)
    ref = forms.CharField(label=gettext_lazy("Số thửa của hợp tác xã"), max_length=60)
    grower = forms.ModelChoiceField(
        Grower.objects.none(), label=gettext_lazy("Nông hộ"), required=False, empty_label=gettext_lazy("chưa ghi")
    )
    crop = forms.ModelChoiceField(
        Crop.objects.all(), label=gettext_lazy("Cây trồng"), to_field_name="slug", empty_label=gettext_lazy("chọn")
    )
    variety = forms.ModelChoiceField(
        Variety.objects.none(), label=gettext_lazy("Giống"), required=False, empty_label=gettext_lazy("chưa ghi")
    )
    looked = forms.BooleanField(
        label=gettext_lazy("Tôi đã đối chiếu những chỗ lệch với giấy và vẫn lưu"), required=False
    )

    use_required_attribute = False  # a preview needs neither number nor crop

    def __init__(self, *args: Any, cooperative: Cooperative, for_saving: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.for_saving = for_saving
        self.fields["crs"].choices = _systems()  # type: ignore[attr-defined]
        members = Grower.objects.current().filter(cooperative=cooperative).select_related("person").order_by("number")
        self.fields["grower"].queryset = members  # type: ignore[attr-defined]
        self.fields["grower"].label_from_instance = lambda item: f"{item.number} · {item.person.full_name}"  # type: ignore[attr-defined]
        varieties = Variety.objects.select_related("crop")
        self.fields["variety"].queryset = varieties  # type: ignore[attr-defined]
        self.fields["variety"].label_from_instance = lambda item: f"{item.crop.name_vi}: {item.name_vi}"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Text fields hold one clean line; what only saving needs may be missing in a preview."""
        for name in NEEDED_TO_SAVE:
            if not self.for_saving and self.has_error(name, "required"):
                del self.errors[name]
        for name in ("land_sheet", "land_parcel", "serial", "register", "ref"):
            if self.cleaned_data.get(name):
                try:
                    self.cleaned_data[name] = clean_line(self.cleaned_data[name])
                except forms.ValidationError as error:
                    self.add_error(name, error)
        return self.cleaned_data

    def plot_fields(self) -> dict[str, Any]:
        """Return the attributes as `plot_from_corners` takes them."""
        data = self.cleaned_data
        names = ("ref", "crop", "variety", "grower", "land_sheet", "land_parcel")
        return {name: data[name] for name in names} | {
            "printed_area_m2": data["printed_area"],
            "numbers": {"serial": data["serial"], "register": data["register"]},
        }


def _systems() -> list[tuple[str, str]]:
    cadastral = (zone for zone in systems.ZONES.values() if zone.scale == systems.CADASTRAL_SCALE)
    named = _("VN-2000, kinh tuyến trục %(name)s")
    zones = [
        (zone.crs, named % {"name": zone.name.removeprefix("VN-2000 ")})
        for zone in sorted(cadastral, key=lambda zone: zone.meridian)
    ]
    return [
        ("", _("Tìm theo xã, phường của hợp tác xã")),
        *zones,
        (systems.WGS84, _("Độ, WGS 84 (máy định vị, điện thoại)")),
        (systems.VN2000_GEOGRAPHIC, _("Độ, VN-2000")),
    ]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One line of the grid as typed."""

    number: int
    label: str = ""
    x: str = ""
    y: str = ""
    edge: str = ""


def grid_of(data: QueryDict) -> list[GridRow]:
    """Return the typed rows; at most one more than a plot may have corners, so that too many are told."""
    columns = [data.getlist(name)[: tables.MAX_CORNERS + 1] for name in CELLS]
    rows = zip(*(column + [""] * (max(map(len, columns), default=0) - len(column)) for column in columns), strict=True)
    return [GridRow(number, *(cell.strip()[:60] for cell in cells)) for number, cells in enumerate(rows, start=1)]


def table_of(rows: Sequence[GridRow]) -> CornerTable:
    """Return the corners of the grid."""
    return tables.parse_grid([(row.label, row.x, row.y, row.edge) for row in rows])


def grid_from(table: CornerTable) -> list[GridRow]:
    """Return the grid that shows a pasted table, north first, closing corner left out."""
    decimals = 9 if table.in_degrees else 3
    return [
        GridRow(
            number,
            corner.label,
            _plain(corner.x, decimals),
            _plain(corner.y, decimals),
            "" if corner.edge_m is None else _plain(corner.edge_m, 3),
        )
        for number, corner in enumerate(table.corners, start=1)
    ]


def with_blank_rows(rows: Sequence[GridRow], count: int) -> list[GridRow]:
    """Return the rows and `count` empty ones, FIRST_ROWS in all at least."""
    total = min(max(FIRST_ROWS, len(rows) + count), tables.MAX_CORNERS)
    return [*rows, *(GridRow(number) for number in range(len(rows) + 1, total + 1))]


def _plain(value: float, decimals: int) -> str:
    """The shortest text of the number with no more than these decimals, or all it has."""
    text = f"{value:.{decimals}f}"
    if float(text) != value:
        return repr(value)
    return text.rstrip("0").rstrip(".")
