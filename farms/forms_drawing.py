"""Forms of drawing: a plot with its shape, a line to cut along, what a merged plot is called."""

from typing import Any

from django import forms
from django.contrib.gis.geos import LineString, MultiPolygon
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from crops.models import Variety
from farms.forms import PlotForm
from farms.models import Determination, Plot
from farms.shape_text import DEGREES, MAX_LENGTH, boundary_from_text, line_from_text


def system_choices() -> list[tuple[str, str]]:
    """Return the systems in which corners are typed: degrees, then VN-2000 by meridian."""
    from geofiles import crs

    named = [(name, f"{crs.name_of(name)}, X/Y ({name})") for name in crs.ZONES]
    return [(DEGREES, str(_("Vĩ độ, kinh độ (WGS 84)"))), *named]


class ShapeForm(forms.Form):
    """Only a boundary: GeoJSON from the map, or what was typed."""

    system = forms.ChoiceField(label=_("Hệ tọa độ của bảng và ô dán"), initial=DEGREES, required=False)
    boundary = forms.CharField(
        label=_("Tọa độ của ranh"),
        max_length=MAX_LENGTH,
        help_text=_("GeoJSON, WKT, hoặc mỗi dòng một góc: vĩ độ rồi kinh độ; với VN-2000: X (bắc) rồi Y (đông)."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
        error_messages={"required": _("Thửa chưa có ranh: hãy vẽ trên bản đồ hoặc nhập tọa độ các góc.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = system_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        text = cleaned.get("boundary")
        if text:
            try:
                cleaned["shape"] = boundary_from_text(text, system=cleaned.get("system") or DEGREES)
            except DomainError as error:
                self.add_error("boundary", [str(finding.message) for finding in error.findings] or str(error.detail))
        return cleaned

    @property
    def shape(self) -> MultiPolygon | None:
        """The boundary in EPSG:4326 once the form was cleaned; None where it cannot be read."""
        return self.cleaned_data.get("shape") if hasattr(self, "cleaned_data") else None


class DrawForm(ShapeForm, PlotForm):
    """A plot with its shape; the land office's code of the parcel comes later, by the form of attributes."""

    class Meta:
        model = Plot
        fields = tuple(name for name in PlotForm.Meta.fields if name != "parcel_code")
        widgets = PlotForm.Meta.widgets

    def fields_for_service(self) -> dict[str, Any]:
        """Return what was given, as `add_plot` takes it, without the boundary."""
        values = super().fields_for_service()
        return {name: value for name, value in values.items() if name not in ("boundary", "system", "shape")}


class RedrawForm(ShapeForm):
    """A stored plot's boundary, how it was found, and the version that was on the screen."""

    determination = forms.ChoiceField(label=_("Cách xác định ranh"), choices=Determination.choices)
    determined_on = forms.DateField(
        label=_("Ngày xác định ranh"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class SplitForm(forms.Form):
    """The line that cuts a plot, and the numbers of the parts."""

    system = forms.ChoiceField(label=_("Hệ tọa độ của ô đường cắt"), initial=DEGREES, required=False)
    line = forms.CharField(
        label=_("Đường cắt"),
        max_length=MAX_LENGTH,
        help_text=_("Vẽ trên bản đồ, hoặc gõ mỗi dòng một điểm: vĩ độ rồi kinh độ; với VN-2000: X (bắc) rồi Y (đông)."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
        error_messages={"required": _("Chưa có đường cắt: hãy vẽ trên bản đồ hoặc nhập tọa độ.")},
    )
    refs = forms.CharField(
        label=_("Số của các phần"),
        max_length=500,
        required=False,
        help_text=_("Phần lớn nhất trước, cách nhau bằng dấu phẩy. Bỏ trống: số cũ thêm -a, -b."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = system_choices()  # type: ignore[attr-defined]

    def clean_refs(self) -> list[str]:
        return [ref.strip() for ref in self.cleaned_data["refs"].split(",") if ref.strip()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("line"):
            try:
                cleaned["cut"] = line_from_text(cleaned["line"], system=cleaned.get("system") or DEGREES)
            except DomainError as error:
                self.add_error("line", [str(finding.message) for finding in error.findings] or str(error.detail))
        return cleaned

    @property
    def cut(self) -> LineString | None:
        """The line in EPSG:4326 once the form was cleaned; None where it cannot be read."""
        return self.cleaned_data.get("cut") if hasattr(self, "cleaned_data") else None


class MergeForm(forms.Form):
    """What the merged plot is called, and what the old ones do not agree on."""

    ref = forms.CharField(label=_("Số của thửa gộp"), max_length=60)
    grower: forms.ModelChoiceField = forms.ModelChoiceField(
        None, label=_("Nông hộ"), required=False, empty_label=_("Chưa ghi")
    )
    variety: forms.ModelChoiceField = forms.ModelChoiceField(
        None, label=_("Giống"), required=False, empty_label=_("Nhiều giống hoặc chưa rõ")
    )

    def __init__(self, *args: Any, plots: list[Plot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from cooperatives.models import Grower

        people = Grower.objects.current().filter(plots__in=plots).select_related("person").distinct()
        grower, variety = self.fields["grower"], self.fields["variety"]
        grower.queryset = people.order_by("number")  # type: ignore[attr-defined]
        grower.label_from_instance = lambda member: f"{member.number} · {member.person.full_name}"  # type: ignore[attr-defined]
        variety.queryset = Variety.objects.filter(crop=plots[0].crop_id)  # type: ignore[attr-defined]
        self.initial.setdefault("ref", plots[0].ref)
        for name in ("grower", "variety"):
            found = {getattr(plot, f"{name}_id") for plot in plots}
            if len(found) == 1:
                self.initial.setdefault(name, found.pop())
