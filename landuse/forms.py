"""Forms of a layer's steward: what the version is, its file, the columns of the file."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import CleanTextMixin
from landuse.models import ClassScheme, LayerKind
from places.models import AdministrativeUnit


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class LayerUploadForm(CleanTextMixin, forms.Form):
    """A new version of a layer: its facts and its file."""

    kind = forms.ChoiceField(label=_("Loại lớp"), choices=LayerKind.choices)
    name = forms.CharField(
        label=_("Tên lớp"), max_length=160, help_text=_("Ví dụ: Hiện trạng sử dụng đất phường Cao Lãnh 2025")
    )
    unit = forms.CharField(
        label=_("Địa bàn"),
        max_length=120,
        help_text=_("Mã hoặc tên xã, phường, tỉnh. Các lớp cùng loại, cùng địa bàn là các phiên bản của nhau."),
        widget=forms.TextInput(attrs={"list": "unit-words", "autocomplete": "off"}),
    )
    scheme = forms.ModelChoiceField(ClassScheme.objects.order_by("-valid_from"), label=_("Bộ mã loại đất"))
    source = forms.CharField(label=_("Nguồn"), max_length=200)
    as_of = forms.DateField(label=_("Thời điểm (hiện trạng) hoặc hiệu lực từ (quy hoạch)"), widget=DayInput())
    valid_to = forms.DateField(label=_("Hết hiệu lực"), required=False, widget=DayInput())
    decision_number = forms.CharField(label=_("Số quyết định"), max_length=80, required=False)
    legal_document = forms.CharField(label=_("Văn bản pháp lý"), max_length=200, required=False)
    legal_file = forms.FileField(
        label=_("Tệp văn bản (PDF)"),
        required=False,
        help_text=_("Ai xem được lớp bản đồ cũng tải được tệp này. Tối đa 20 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )
    note = forms.CharField(label=_("Ghi chú"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    file = forms.FileField(
        label=_("Tệp bản đồ"),
        help_text=_("Shapefile nén (.zip), GeoPackage (.gpkg) hoặc GeoJSON. Tối đa 50 MB, 200.000 khoanh đất."),
        widget=forms.FileInput(attrs={"accept": ".zip,.gpkg,.geojson,.json"}),
    )

    def clean_unit(self) -> AdministrativeUnit:
        """One unit of today by its code or full name."""
        text = self.cleaned_data["unit"].strip()
        units = AdministrativeUnit.objects.current()
        found = units.with_code(text) if text.isascii() and text.isdigit() else units.search(text)
        rows = list(found.defer("boundary", "boundary_3857").order_by("level", "name_vi")[:12])
        exact = [unit for unit in rows if str(unit) == text or unit.name_vi == text]
        if len(exact) == 1 or len(rows) == 1:
            return (exact or rows)[0]
        if not rows:
            raise forms.ValidationError(_("Không có đơn vị hành chính nào hiện mang mã hay tên này."), code="unknown")
        names = "; ".join(f"{unit} ({unit.code})" for unit in rows)
        raise forms.ValidationError(_("Có nhiều đơn vị cùng tên; hãy ghi mã: %(names)s"), params={"names": names})

    def clean(self) -> dict[str, Any]:
        """A version ends after it begins; a plan names its decision."""
        cleaned = super().clean()
        begins, ends = cleaned.get("as_of"), cleaned.get("valid_to")
        if begins and ends and ends <= begins:
            self.add_error("valid_to", _("Ngày hết hiệu lực phải sau ngày bắt đầu."))
        if cleaned.get("kind") == LayerKind.PLANNING and not cleaned.get("decision_number"):
            self.add_error("decision_number", _("Quy hoạch cần số quyết định."))
        return cleaned


class ColumnsForm(forms.Form):
    """Which column says the class; what each of its values means; number and name."""

    def __init__(self, data: Any, *, upload: Any, column: str, guessed: dict[str, int], classes: list[Any]) -> None:
        super().__init__(data)
        summary = upload.summary
        self.column = column
        self.values: list[list[Any]] = summary["values"].get(column, [])
        headings = [("", _("Không có")), *((heading, heading) for heading in summary["headings"])]
        for key, label in (("ref", _("Cột số hiệu")), ("name", _("Cột tên khu"))):
            self.fields[key] = forms.ChoiceField(
                label=label, choices=headings, required=False, initial=summary.get(key, "")
            )
        choices = [("", _("Không ghi")), *((item.pk, f"{item.code} {item.name}") for item in classes)]
        for number, (value, _count, _ha) in enumerate(self.values):
            self.fields[f"class_{number}"] = forms.TypedChoiceField(
                label=value, choices=choices, required=False, coerce=int, empty_value=None, initial=guessed.get(value)
            )

    def rows(self) -> list[dict[str, Any]]:
        """The values of the column with their number, hectares and field."""
        return [
            {"value": value, "count": count, "ha": ha, "field": self[f"class_{number}"]}
            for number, (value, count, ha) in enumerate(self.values)
        ]

    def chosen(self) -> dict[str, int]:
        """Value -> class id, for the values that were given a class."""
        pairs = ((value, self.cleaned_data[f"class_{number}"]) for number, (value, *_rest) in enumerate(self.values))
        return {value: class_id for value, class_id in pairs if class_id}
