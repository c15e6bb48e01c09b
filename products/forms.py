"""Forms of products, offers and enquiries. They check the shape of what was typed; rules live in the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from codes.models import Market, ProductionArea
from cooperatives.models import Cooperative
from core.forms import CleanTextMixin
from core.widgets import MonthsStrip
from crops.models import Crop, Variety
from products.models import Product, ProductKind

MONTH_CHOICES = [(str(month), str(month)) for month in range(1, 13)]


class EnquiryForm(CleanTextMixin, forms.Form):
    """What a buyer asks; no account."""

    product = forms.ModelChoiceField(
        Product.objects.none(), label=_("Sản phẩm"), required=False, empty_label=_("Hỏi chung")
    )
    quantity_t = forms.FloatField(label=_("Số lượng (tấn)"), min_value=0.001, max_value=1_000_000, required=False)
    wanted_months = forms.TypedMultipleChoiceField(
        label=_("Tháng cần hàng"), choices=MONTH_CHOICES, coerce=int, required=False, widget=MonthsStrip
    )
    market = forms.ModelChoiceField(
        Market.objects.all(), label=_("Thị trường đích"), required=False, empty_label=_("Chưa xác định")
    )
    message = forms.CharField(label=_("Nội dung"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    buyer_name = forms.CharField(label=_("Tên của bạn hoặc công ty"), max_length=120)
    contact = forms.CharField(
        label=_("Điện thoại hoặc thư điện tử"),
        max_length=200,
        help_text=_("Chỉ dùng để báo khi có trả lời; không hiện cho hợp tác xã hay ai khác."),
    )
    consent = forms.BooleanField(
        label=_("Tôi đồng ý cho lưu và chuyển yêu cầu này tới hợp tác xã."),
        error_messages={"required": _("Cần đồng ý để chúng tôi chuyển yêu cầu.")},
    )

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products = Product.objects.public().filter(cooperative=cooperative).order_by("name_vi")
        self.fields["product"].queryset = products  # type: ignore[attr-defined]


class MessageForm(CleanTextMixin, forms.Form):
    """One line of an enquiry's conversation."""

    text = forms.CharField(label=_("Nội dung"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class ProductForm(CleanTextMixin, forms.Form):
    """A new product of one cooperative."""

    kind = forms.ChoiceField(label=_("Nhóm"), choices=ProductKind.choices)
    name_vi = forms.CharField(label=_("Tên sản phẩm"), max_length=120)
    name_en = forms.CharField(label=_("Tên tiếng Anh"), max_length=120, required=False)
    crop = forms.ModelChoiceField(Crop.objects.all(), label=_("Cây trồng"), required=False)
    variety = forms.ModelChoiceField(Variety.objects.select_related("crop"), label=_("Giống"), required=False)
    area = forms.ModelChoiceField(ProductionArea.objects.none(), label=_("Vùng trồng"), required=False)
    description = forms.CharField(
        label=_("Mô tả"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = ProductionArea.objects.filter(cooperative=cooperative, is_active=True).order_by("name")
        self.fields["area"].queryset = areas  # type: ignore[attr-defined]


class OfferForm(CleanTextMixin, forms.Form):
    """How much in which months."""

    months = forms.TypedMultipleChoiceField(
        label=_("Tháng có hàng"), choices=MONTH_CHOICES, coerce=int, widget=MonthsStrip
    )
    volume_t = forms.FloatField(label=_("Sản lượng mỗi vụ (tấn)"), min_value=0.001, max_value=1_000_000)
    quality = forms.CharField(label=_("Quy cách, chất lượng"), max_length=160, required=False)
