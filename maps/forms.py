"""Forms that ask for filters; the filter sets of the layers read and check them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from codes.filters import SHOWN_STATUSES
from codes.models import ApprovalStatus, CodeScheme, Market, ProductionAreaCode
from core.widgets import MonthStrip
from crops.models import Crop
from landuse.models import LandUseLayer
from maps.summaries import commune_names, product_words
from products.models import Product

MONTH_CHOICES = [("", _("Cả năm")), *((str(month), str(month)) for month in range(1, 13))]


class FilterForm(forms.Form):
    """A form bound to the address's parameters; it never refuses: `<layer>.filterset` does."""

    use_required_attribute = False

    def __init__(self, params: QueryDict) -> None:
        super().__init__(initial=params.dict())
        self.words: dict[str, Sequence[str]] = {}

    def listed(self, name: str, words: Sequence[str]) -> None:
        """Offer `words` while somebody types into field `name`."""
        self.fields[name].widget.attrs["list"] = f"{name}-words"
        self.words[f"{name}-words"] = words

    def offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        """Give the choice field `name` its choices."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (a programming error, not an input)
        field.choices = choices


class ProductFilterForm(FilterForm):
    """What a buyer asks: what, where, for which market, when."""

    field_order = ["q", "product", "commune", "market", "month"]

    q = forms.CharField(
        label=_("Tìm nông sản, hợp tác xã"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    product = forms.ChoiceField(label=_("Cây trồng"), required=False)
    month = forms.ChoiceField(label=_("Tháng có hàng"), required=False, choices=MONTH_CHOICES, widget=MonthStrip)
    market = forms.ChoiceField(label=_("Có mã còn hiệu lực cho"), required=False)
    commune = forms.CharField(
        label=_("Phường, xã"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("tên mới, cũ")}),
    )

    def __init__(self, params: QueryDict) -> None:
        super().__init__(params)
        name = "name_en" if get_language() == "en" else "name_vi"
        sold = Crop.objects.filter(pk__in=Product.objects.public().order_by().values("crop"))
        self.offer("product", [("", _("Tất cả")), *sold.order_by(name).values_list("slug", name)])
        self.offer("market", [("", _("Mọi thị trường")), *Market.objects.values_list("code", name)])
        self.listed("q", product_words())
        self.listed("commune", commune_names())


class CodeFilterForm(FilterForm):
    """Which codes: by state, by market and what it says, by crop and place; officers also by visits that are due."""

    field_order = ["q", "status", "commune", "market", "approval", "product", "scheme", "monitoring"]

    q = forms.CharField(
        label=_("Tìm mã số, tên vùng trồng"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    status = forms.ChoiceField(
        label=_("Trạng thái"), required=False, choices=[("", _("Tất cả")), *((str(v), n) for v, n in SHOWN_STATUSES)]
    )
    commune = forms.CharField(
        label=_("Phường, xã"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("tên mới, cũ")}),
    )
    market = forms.ChoiceField(label=_("Thị trường"), required=False)
    approval = forms.ChoiceField(
        label=_("Thị trường nói gì"), required=False, choices=[("", _("Tất cả")), *ApprovalStatus.choices]
    )
    product = forms.ChoiceField(label=_("Cây trồng"), required=False)
    scheme = forms.ChoiceField(label=_("Chế độ"), required=False)
    monitoring = forms.ChoiceField(
        label=_("Giám sát"),
        required=False,
        choices=[("", _("Tất cả")), ("due", _("Đến hạn")), ("later", _("Chưa đến hạn"))],
    )

    def __init__(self, params: QueryDict, *, with_monitoring: bool) -> None:
        super().__init__(params)
        if not with_monitoring:
            del self.fields["monitoring"]
        name = "name_en" if get_language() == "en" else "name_vi"
        grown = Crop.objects.filter(pk__in=ProductionAreaCode.objects.order_by().values("crop"))
        self.offer("product", [("", _("Tất cả")), *grown.order_by(name).values_list("slug", name)])
        self.offer("market", [("", _("Tất cả")), *Market.objects.values_list("code", name)])
        used = CodeScheme.objects.filter(pk__in=ProductionAreaCode.objects.order_by().values("scheme"))
        self.offer("scheme", [("", _("Tất cả")), *used.order_by("name").values_list("slug", "name")])
        self.listed("commune", commune_names())


class LandUseFilterForm(FilterForm):
    """Which dated layer, which class."""

    layer = forms.ChoiceField(label=_("Lớp bản đồ"), required=False)
    q = forms.CharField(
        label=_("Tìm loại đất, số hiệu"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    def __init__(self, params: QueryDict, *, layers: Sequence[LandUseLayer]) -> None:
        super().__init__(params)
        choices = [
            (layer.slug, f"{layer.get_kind_display()}: {layer.name} ({layer.as_of:%d/%m/%Y})") for layer in layers
        ]
        self.offer("layer", choices)
