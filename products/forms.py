"""Forms of products and offers. They check the shape of what was typed; rules live in the services."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from codes.models import ProductionArea
from cooperatives.models import Cooperative
from core.forms import CleanTextMixin
from core.widgets import MonthsStrip
from crops.models import Crop, Variety
from products.models import ProductKind

MONTH_CHOICES = [(str(month), str(month)) for month in range(1, 13)]


class VarietyField(forms.ModelChoiceField):
    """All varieties in one list: each says of which crop it is."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.crop}: {obj}"


class ProductForm(CleanTextMixin, forms.Form):
    """A new product of one cooperative."""

    kind = forms.ChoiceField(label=_("Nhóm"), choices=ProductKind.choices)
    name_vi = forms.CharField(label=_("Tên sản phẩm"), max_length=120)
    name_en = forms.CharField(label=_("Tên tiếng Anh"), max_length=120, required=False)
    crop = forms.ModelChoiceField(
        Crop.objects.none(), label=_("Cây trồng"), required=False, empty_label=_("Không phải cây trồng")
    )
    variety = VarietyField(
        Variety.objects.none(), label=_("Giống"), required=False, empty_label=_("Nhiều giống hoặc chưa rõ")
    )
    area = forms.ModelChoiceField(
        ProductionArea.objects.none(), label=_("Vùng trồng"), required=False, empty_label=_("Không gắn vùng trồng")
    )
    description = forms.CharField(
        label=_("Mô tả"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = ProductionArea.objects.filter(cooperative=cooperative, is_active=True).order_by("name")
        self.fields["area"].queryset = areas  # type: ignore[attr-defined]
        name = "name_en" if get_language() == "en" else "name_vi"
        varieties = Variety.objects.select_related("crop").order_by(f"crop__{name}", "name_vi")
        self.fields["crop"].queryset = Crop.objects.order_by(name)  # type: ignore[attr-defined]
        self.fields["variety"].queryset = varieties  # type: ignore[attr-defined]


class OfferForm(CleanTextMixin, forms.Form):
    """How much in which months."""

    months = forms.TypedMultipleChoiceField(
        label=_("Tháng có hàng"), choices=MONTH_CHOICES, coerce=int, widget=MonthsStrip
    )
    volume_t = forms.FloatField(label=_("Sản lượng mỗi vụ (tấn)"), min_value=0.001, max_value=1_000_000)
    quality = forms.CharField(label=_("Quy cách, chất lượng"), max_length=160, required=False)
