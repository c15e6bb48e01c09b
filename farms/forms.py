"""Forms of plots and their imports."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative, Grower
from core.widgets import MonthsStrip
from crops.models import Crop, Variety
from farms import imports
from farms.models import OverlapDecision, Plot

MONTHS = [(month, str(month)) for month in range(1, 13)]
ARCHIVE_CHOICES = [
    ("error", _("Ghi nhầm")),
    ("sold", _("Đã bán, chuyển nhượng")),
    ("crop_change", _("Đổi cây trồng")),
    ("other", _("Lý do khác")),
]


class UploadForm(forms.Form):
    """The file, and a crop for rows that name none."""

    file = forms.FileField(
        label=_("Tệp bản đồ các thửa"),
        help_text=_("Shapefile nén (.zip), GeoJSON, GeoPackage (.gpkg) hoặc KML/KMZ. Tối đa 50 MB."),
    )
    crop = forms.ModelChoiceField(
        Crop.objects.all(),
        to_field_name="slug",
        required=False,
        label=_("Cây trồng của cả tệp"),
        empty_label=_("Lấy theo cột trong tệp"),
        help_text=_("Chọn nếu tệp không có cột cây trồng."),
    )


class AnswerForm(forms.Form):
    """What the file leaves open (layer, CRS, encoding) and which column means what."""

    def __init__(self, *args: Any, summary: dict[str, Any], options: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        doubt = summary.get("doubt", {})
        candidates = doubt.get("params", {}).get("candidates", [])
        if doubt.get("code") == "layer_in_doubt":
            names = [item if isinstance(item, str) else item.get("name", "") for item in candidates]
            self.fields["layer"] = forms.ChoiceField(label=_("Lớp dữ liệu"), choices=[(name, name) for name in names])
        if doubt.get("code") == "encoding_in_doubt":
            shown = [(item["encoding"], f"{item['encoding']}: {_samples(item)}") for item in candidates]
            self.fields["encoding"] = forms.ChoiceField(label=_("Bảng mã chữ"), choices=shown, widget=forms.RadioSelect)
        if doubt.get("code") == "crs_in_doubt":
            self.fields["crs"] = forms.ChoiceField(
                label=_("Hệ tọa độ"),
                choices=[(item["id"], _candidate(item)) for item in candidates],
                widget=forms.RadioSelect,
            )
        elif summary.get("headings") is not None:
            self.fields["crs"] = forms.ChoiceField(
                label=_("Hệ tọa độ"),
                choices=_crs_choices(summary.get("crs")),
                initial=options.get("crs") or summary.get("crs"),
            )
        self._add_columns(summary.get("headings"), options)

    def _add_columns(self, headings: list[str] | None, options: dict[str, Any]) -> None:
        if headings is None:
            return
        self.fields["crop"] = forms.ModelChoiceField(
            Crop.objects.all(),
            to_field_name="slug",
            required=False,
            label=_("Cây trồng của cả tệp"),
            empty_label=_("Lấy theo cột trong tệp"),
            initial=options.get("crop"),
        )
        choices = [("", _("Không có")), *((heading, heading) for heading in headings)]
        for name, (title, _names) in imports.FIELDS.items():
            self.fields[f"column_{name}"] = forms.ChoiceField(
                label=title, choices=choices, required=False, initial=(options.get("columns") or {}).get(name, "")
            )

    def options(self) -> dict[str, Any]:
        """Return the answers as `answer_import` takes them."""
        given: dict[str, Any] = {
            name: self.cleaned_data[name] for name in ("layer", "crs", "encoding") if name in self.cleaned_data
        }
        if "crop" in self.fields:
            crop = self.cleaned_data["crop"]
            given["crop"] = crop.slug if crop else ""
            columns = {name: self.cleaned_data[f"column_{name}"] for name in imports.FIELDS}
            given["columns"] = {name: heading for name, heading in columns.items() if heading}
        return given


def _candidate(item: dict[str, Any]) -> str:
    lon, lat = item["centre"]
    where = _("rơi vào khoảng %(lat).4f, %(lon).4f") % {"lat": lat, "lon": lon}
    axes = _(" (đổi chỗ X và Y)") if item.get("swapped") else ""
    return f"{item['name']}{axes}: {where}"


def _samples(item: dict[str, Any]) -> str:
    return " · ".join(str(sample) for sample in item.get("samples", [])[:3])


def _crs_choices(current: str | None) -> list[tuple[str, str]]:
    from geofiles import crs

    known = ["EPSG:4326", *crs.ZONES]
    if current and current not in known:
        known.insert(0, current)
    return [(name, f"{crs.name_of(name)} ({name})") for name in known]


class CommitForm(forms.Form):
    """Store the green rows; amber ones only with this tick."""

    with_amber = forms.BooleanField(label=_("Ghi cả các dòng vàng (tôi đã xem)"), required=False)


class PlotForm(forms.ModelForm):
    """Attributes of a plot; the boundary comes by import."""

    declared_area_ha = forms.FloatField(
        label=_("Diện tích kê khai (ha)"), min_value=0.0001, max_value=100_000, required=False
    )
    harvest_months = forms.TypedMultipleChoiceField(
        label=_("Tháng thu hoạch"), choices=MONTHS, coerce=int, required=False, widget=MonthsStrip
    )

    class Meta:
        model = Plot
        fields = (
            "ref", "grower", "crop", "variety", "declared_area_ha", "planted_year", "tree_count", "harvest_months",
            "land_sheet", "land_parcel", "parcel_code", "determination",
        )  # fmt: skip

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Grower.objects.current().filter(cooperative=cooperative).select_related("person").order_by("number")
        grower = self.fields["grower"]
        grower.queryset = members  # type: ignore[attr-defined]
        grower.label_from_instance = lambda member: f"{member.number} · {member.person.full_name}"  # type: ignore[attr-defined]
        self.fields["variety"].queryset = Variety.objects.select_related("crop")  # type: ignore[attr-defined]
        self.fields["variety"].label_from_instance = lambda item: f"{item.crop.name_vi}: {item.name_vi}"  # type: ignore[attr-defined]
        if self.instance.declared_area_m2:
            self.initial["declared_area_ha"] = round(self.instance.declared_area_m2 / 10_000, 4)

    def validate_unique(self) -> None:
        """The service says whether a number is taken."""

    def _post_clean(self) -> None:
        """The service writes; the form must not touch the instance."""

    def fields_for_service(self) -> dict[str, Any]:
        """Return what differs from the stored plot, as `change_plot` takes it."""
        values = {name: value for name, value in self.cleaned_data.items() if name in self.changed_data}
        if "declared_area_ha" in values:
            declared = values.pop("declared_area_ha")
            values["declared_area_m2"] = None if declared is None else declared * 10_000
        return values


class ArchiveForm(forms.Form):
    reason = forms.ChoiceField(label=_("Lý do"), choices=ARCHIVE_CHOICES, widget=forms.RadioSelect)


class DecisionForm(forms.Form):
    """An officer's decision on an overlap."""

    decision = forms.ChoiceField(
        label=_("Cách giải quyết"),
        choices=[choice for choice in OverlapDecision.choices if choice[0]],
    )
    reason = forms.CharField(
        label=_("Lý do (hai bên đều đọc, không ghi tên người)"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
