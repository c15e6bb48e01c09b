"""Forms of requests and of the steps of the office."""

from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from casework.models import InspectionResult
from codes.models import CodeScheme, Market, ProductionArea
from cooperatives.models import Cooperative


class RequestForm(forms.Form):
    """What is asked for, by whom, with the declaration."""

    area = forms.ModelChoiceField(label=_("Vùng trồng"), queryset=ProductionArea.objects.none(), empty_label=None)
    scheme = forms.ModelChoiceField(label=_("Chế độ mã số"), queryset=CodeScheme.objects.none(), empty_label=None)
    markets = forms.ModelMultipleChoiceField(
        label=_("Thị trường"),
        queryset=Market.objects.exclude(code="VNM"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    expected_output_t = forms.FloatField(label=_("Sản lượng dự kiến (tấn/năm)"), required=False, min_value=0)
    contact_person = forms.CharField(label=_("Người phụ trách kỹ thuật"), max_length=120, required=False)
    note = forms.CharField(
        label=_("Ghi chú cho cơ quan"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000, required=False
    )
    has_declared = forms.BooleanField(
        label=_("Chúng tôi cam kết khai đúng sự thật và chịu trách nhiệm về hồ sơ này."), required=False
    )

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = ProductionArea.objects.filter(cooperative=cooperative, is_active=True).order_by("name")
        self.fields["area"].queryset = areas.defer("boundary", "boundary_3857")  # type: ignore[attr-defined]
        schemes = CodeScheme.objects.usable_on(localdate()).for_unit(cooperative.commune).order_by("name")
        self.fields["scheme"].queryset = schemes  # type: ignore[attr-defined]

    @property
    def chosen_scheme(self) -> CodeScheme | None:
        """The scheme that the form shows now: as posted, as given, else the first."""
        schemes = self.fields["scheme"].queryset  # type: ignore[attr-defined]
        value = str(self["scheme"].value() or "")
        found = schemes.filter(pk=value).first() if value.isascii() and value.isdigit() and len(value) < 18 else None
        return found or schemes.first()


class ReasonForm(forms.Form):
    """A reason that the cooperative reads."""

    reason = forms.CharField(
        label=_("Lý do (đơn vị sẽ đọc)"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000
    )


class NoteForm(forms.Form):
    """A note that may stay empty."""

    note = forms.CharField(
        label=_("Ghi chú"), widget=forms.Textarea(attrs={"rows": 2}), max_length=4000, required=False
    )


class ApproveForm(forms.Form):
    """The document by which the codes are issued."""

    document_number = forms.CharField(label=_("Số văn bản cấp mã"), max_length=80, required=False)


class InspectionForm(forms.Form):
    """A visit; the position is filled in by the phone, or left out."""

    visited_on = forms.DateField(
        label=_("Ngày kiểm tra"), initial=localdate, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    result = forms.ChoiceField(label=_("Kết quả"), choices=InspectionResult.choices)
    report = forms.CharField(label=_("Nội dung biên bản"), widget=forms.Textarea(attrs={"rows": 4}), max_length=10_000)
    lon = forms.FloatField(label=_("Kinh độ"), min_value=102, max_value=118, required=False)
    lat = forms.FloatField(label=_("Vĩ độ"), min_value=6.5, max_value=23.6, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        lon, lat = data.pop("lon", None), data.pop("lat", None)
        if (lon is None) != (lat is None):
            self.add_error("lat", _("Hãy ghi cả kinh độ và vĩ độ, hoặc để trống cả hai."))
        data["position"] = Point(lon, lat, srid=4326) if lon is not None and lat is not None else None
        return data


STEP_FORMS: dict[str, type[forms.Form]] = {
    "return": ReasonForm,
    "reject": ReasonForm,
    "approve": ApproveForm,
    "schedule_inspection": NoteForm,
    "record_inspection": InspectionForm,
    "withdraw": NoteForm,
    "resubmit": NoteForm,
}
