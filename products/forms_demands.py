"""Forms of demands. They check the shape of what was typed; rules live in the services."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from codes.models import Market
from cooperatives.models import Cooperative
from core.forms import CleanTextMixin
from core.widgets import MonthsStrip
from crops.models import Crop
from products.models import Demand, Product

MONTH_CHOICES = [(str(month), str(month)) for month in range(1, 13)]


class DemandForm(CleanTextMixin, forms.Form):
    """What a buyer looks for."""

    crop = forms.ModelChoiceField(Crop.objects.none(), label=_("Cây trồng"), empty_label=_("Chọn cây trồng"))
    months = forms.TypedMultipleChoiceField(
        label=_("Tháng cần hàng"), choices=MONTH_CHOICES, coerce=int, widget=MonthsStrip
    )
    quantity_t = forms.FloatField(label=_("Số lượng (tấn)"), min_value=0.001, max_value=1_000_000)
    market = forms.ModelChoiceField(
        Market.objects.all(),
        label=_("Thị trường đích"),
        required=False,
        empty_label=_("Không yêu cầu mã số"),
        help_text=_("Khi chọn, chỉ đơn vị có mã số còn hiệu lực cho thị trường này thấy nhu cầu."),
    )
    message = forms.CharField(
        label=_("Quy cách, cách giao hàng"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Không ghi số điện thoại, thư điện tử hay trang mạng; lời của hai bên được chuyển qua hệ thống."),
    )
    buyer_name = forms.CharField(
        label=_("Tên của bạn hoặc công ty"), max_length=120, help_text=_("Các đơn vị có hàng khớp sẽ thấy tên này.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = "name_en" if get_language() == "en" else "name_vi"
        self.fields["crop"].queryset = Crop.objects.order_by(name)  # type: ignore[attr-defined]


class ReplyForm(CleanTextMixin, forms.Form):
    """An answer of one of the cooperatives that match."""

    cooperative = forms.ModelChoiceField(
        Cooperative.objects.none(), to_field_name="slug", label=_("Trả lời thay mặt"), empty_label=None
    )
    product = forms.ModelChoiceField(
        Product.objects.none(), label=_("Sản phẩm chào bán"), required=False, empty_label=_("Không kèm sản phẩm")
    )
    text = forms.CharField(
        label=_("Nội dung"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Không ghi số điện thoại, thư điện tử hay trang mạng; lời của hai bên được chuyển qua hệ thống."),
    )

    def __init__(self, *args: Any, demand: Demand, cooperatives: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sold = Product.objects.public().filter(cooperative__in=cooperatives, crop=demand.crop_id).order_by("name_vi")
        self.fields["cooperative"].queryset = cooperatives  # type: ignore[attr-defined]
        self.fields["product"].queryset = sold  # type: ignore[attr-defined]


class HideForm(CleanTextMixin, forms.Form):
    """Why a demand is taken from sight."""

    reason = forms.CharField(label=_("Lý do (người mua sẽ đọc)"), max_length=300)
