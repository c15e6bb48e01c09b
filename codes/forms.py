"""Forms of areas and of acts on codes."""

from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative
from crops.models import Crop, Variety
from farms.models import Plot


class AreaForm(forms.Form):
    """Name, crop and plots of an area; plots are those of the cooperative in good standing."""

    name = forms.CharField(label=_("Tên vùng trồng"), max_length=160)
    crop = forms.ModelChoiceField(label=_("Cây trồng"), queryset=Crop.objects.none())
    variety = forms.ModelChoiceField(
        label=_("Giống"), queryset=Variety.objects.none(), required=False, empty_label=_("Nhiều giống hoặc chưa rõ")
    )
    expected_output_t = forms.FloatField(label=_("Sản lượng dự kiến (tấn/năm)"), required=False, min_value=0)
    plots = forms.ModelMultipleChoiceField(label=_("Thửa"), queryset=Plot.objects.none())

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plots = Plot.objects.in_good_standing().filter(cooperative=cooperative)
        crops = Crop.objects.filter(pk__in=plots.order_by().values("crop"))
        self.fields["plots"].queryset = plots  # type: ignore[attr-defined]
        self.fields["crop"].queryset = crops  # type: ignore[attr-defined]
        self.fields["variety"].queryset = Variety.objects.filter(crop__in=crops)  # type: ignore[attr-defined]


class ActForm(forms.Form):
    """Why and by which document a code is suspended, restored or revoked, or what a market said."""

    reason = forms.CharField(label=_("Lý do (lưu nội bộ)"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000)
    document_number = forms.CharField(label=_("Số văn bản"), max_length=80)
    effective_on = forms.DateField(
        label=_("Ngày hiệu lực"), initial=localdate, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    public_note = forms.CharField(
        label=_("Ghi chú công khai"),
        help_text=_("Mọi người đọc được trên trang tra cứu; không ghi tên người."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1000,
        required=False,
    )

    def __init__(self, *args: Any, needs_note: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["public_note"].required = needs_note
