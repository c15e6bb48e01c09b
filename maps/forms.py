"""Forms that ask for filters; the filter sets of the layers read and check them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import F
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from codes.filters import SHOWN_STATUSES
from codes.models import ApprovalStatus, CodeScheme, Market, ProductionAreaCode
from core.widgets import MonthsStrip
from crops.models import Crop, Variety
from landuse.models import ClassScheme, LandUseLayer, LayerKind
from maps.summaries import commune_names
from products.facets import FacetValue
from products.filters import CERTIFICATES, MONTHS
from products.models import Product, ProductKind, ShopKind

DISTANCES_KM = ("5", "10", "20", "50", "100")


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of the product list: what it is called, and by which columns of the rows."""

    label: Any
    order: tuple[Any, ...]


PRODUCT_SORTS = {
    "name": Sort(_("Tên A–Z"), ()),
    "volume": Sort(_("Sản lượng nhiều nhất"), (F("layer_volume_t").desc(nulls_last=True),)),
    "distance": Sort(_("Gần nhất"), ("distance_m",)),
    "freshness": Sort(_("Mới cập nhật"), ("-updated_at",)),
}


class MonthCounts(MonthsStrip):
    """Twelve months to tick, each with the number of products that have something on offer then."""

    template_name = "maps/_month_counts.html"
    counts: Mapping[str, int] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**super().create_option(name, value, *args, **kwargs), "count": self.counts.get(str(value))}


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
    """What a buyer asks: what, where, when, for which market, how good, how much.

    `facets` (products.facets.facets) puts the number of products beside each choice and leaves out what finds none.
    """

    field_order = [
        "q", "product", "commune", "month", "market", "certificate", "near", "km", "variety", "kind", "min_volume",
        "sells_on",
    ]  # fmt: skip
    MAIN = ("q", "product", "commune", "month", "market", "certificate")
    lists_communes = True  # all names in the page; the product map asks the server for suggestions instead

    q = forms.CharField(
        label=_("Tìm nông sản, hợp tác xã"),
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": _("ví dụ: xoai cat chu")}
        ),
    )
    product = forms.ChoiceField(label=_("Cây trồng"), required=False)
    variety = forms.ChoiceField(label=_("Giống"), required=False)
    kind = forms.ChoiceField(label=_("Nhóm"), required=False)
    month = forms.MultipleChoiceField(label=_("Tháng có hàng"), required=False, choices=MONTHS, widget=MonthCounts)
    market = forms.ChoiceField(label=_("Có mã còn hiệu lực cho"), required=False)
    certificate = forms.ChoiceField(label=_("Chứng nhận còn hạn"), required=False)
    min_volume = forms.CharField(
        label=_("Sản lượng từ (tấn/vụ)"),
        required=False,
        widget=forms.NumberInput(attrs={"min": "0", "step": "any", "inputmode": "decimal"}),
    )
    sells_on = forms.ChoiceField(label=_("Bán trên"), required=False)
    commune = forms.CharField(
        label=_("Phường, xã"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("tên mới, cũ")}),
    )
    near = forms.CharField(
        label=_("Quanh vị trí (kinh độ, vĩ độ)"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": "105.63,10.45"}),
    )
    km = forms.ChoiceField(label=_("Trong bán kính"), required=False)

    def __init__(self, params: QueryDict, *, facets: Mapping[str, list[FacetValue]] | None = None) -> None:
        super().__init__(params)
        self.initial["month"] = params.getlist("month")
        name = "name_en" if get_language() == "en" else "name_vi"
        if facets is None:  # nothing counted: every choice there is
            sold = Crop.objects.filter(pk__in=Product.objects.public().order_by().values("crop"))
            grown = Variety.objects.filter(pk__in=Product.objects.public().order_by().values("variety"))
            self._choose("product", _("Tất cả"), sold.order_by(name).values_list("slug", name))
            self._choose("variety", _("Tất cả"), grown.order_by("name_vi").values_list("slug", "name_vi"))
            self._choose("kind", _("Tất cả"), ProductKind.choices)
            self._choose("market", _("Mọi thị trường"), Market.objects.values_list("code", name))
            self._choose("certificate", _("Tất cả"), CERTIFICATES)
            self._choose("sells_on", _("Tất cả"), ShopKind.choices)
        else:
            for field in ("product", "variety", "kind", "certificate", "sells_on"):
                self._choose(field, _("Tất cả"), _counted(facets[field]))
            self._choose("market", _("Mọi thị trường"), _counted(facets["market"]))
            month = self.fields["month"].widget
            assert isinstance(month, MonthCounts)  # noqa: S101  (a programming error, not an input)
            month.counts = {found.value: found.count for found in facets["month"]}
        asked_km = params.get("km", "")
        distances = [*DISTANCES_KM, *([asked_km] if asked_km and asked_km not in DISTANCES_KM else [])]
        self.offer("km", [("", "–"), *((km, f"{km} km") for km in distances)])
        if self.lists_communes:
            self.listed("commune", commune_names())

    def _choose(self, field: str, nothing: Any, choices: Iterable[tuple[str, Any]]) -> None:
        self.offer(field, [("", nothing), *choices])

    def main_fields(self) -> list[forms.BoundField]:
        """The filters that stand open, in the order in which buyers ask."""
        return [self[name] for name in self.MAIN if name in self.fields]

    def more_fields(self) -> list[forms.BoundField]:
        """The filters that stand folded."""
        return [field for field in self if field.name not in self.MAIN and not field.is_hidden]

    def is_more_used(self) -> bool:
        """Whether a folded filter is in use."""
        return any(self.initial.get(field.name) for field in self.more_fields() if field.name != "sort")


class ProductMapForm(ProductFilterForm):
    """The filters with what else stands in the product map's address: order, and map or list."""

    lists_communes = False
    sort = forms.ChoiceField(label=_("Sắp xếp"), required=False)
    view = forms.CharField(required=False, widget=forms.HiddenInput)
    producer = forms.CharField(required=False, widget=forms.HiddenInput)
    bbox = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, params: QueryDict, *, facets: Mapping[str, list[FacetValue]] | None = None) -> None:
        super().__init__(params, facets=facets)
        self.offer(
            "sort",
            [("", PRODUCT_SORTS["name"].label), *((n, s.label) for n, s in PRODUCT_SORTS.items() if n != "name")],
        )


def _counted(values: Sequence[FacetValue]) -> list[tuple[str, str]]:
    return [(value.value, f"{value.label} ({value.count})") for value in values]


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
    """Which dated layer, which class (old code or new), where, read in which edition of the class list."""

    field_order = ["layer", "scheme", "q", "class", "commune"]

    layer = forms.ChoiceField(label=_("Lớp bản đồ"), required=False)
    q = forms.CharField(
        label=_("Tìm loại đất, số hiệu"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    commune = forms.CharField(
        label=_("Phường, xã"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("tên mới, cũ")}),
    )

    def __init__(
        self, params: QueryDict, *, layers: Sequence[LandUseLayer], editions: Sequence[ClassScheme] = ()
    ) -> None:
        super().__init__(params)
        choices = [
            (layer.slug, f"{layer.get_kind_display()}: {layer.name} ({layer.as_of:%d/%m/%Y})") for layer in layers
        ]
        self.offer("layer", choices)
        self.fields["class"] = forms.CharField(
            label=_("Mã loại đất (cũ hoặc mới)"),
            required=False,
            max_length=10,
            widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
        )
        if editions:
            self.fields["scheme"] = forms.ChoiceField(
                label=_("Đọc theo bộ mã"),
                required=False,
                choices=[("", _("Bộ mã của lớp")), *((one.code, one.name) for one in editions)],
            )
        self.order_fields(self.field_order)
        self.listed("commune", commune_names())


class ConflictForm(FilterForm):
    """Which plots, which kind of layer."""

    commune = forms.CharField(
        label=_("Phường, xã"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("tên mới, cũ")}),
    )
    crop = forms.ChoiceField(label=_("Cây trồng"), required=False)
    kind = forms.ChoiceField(
        label=_("So với"), required=False, choices=[("", _("Hiện trạng và quy hoạch")), *LayerKind.choices]
    )

    def __init__(self, params: QueryDict) -> None:
        super().__init__(params)
        name = "name_en" if get_language() == "en" else "name_vi"
        self.offer("crop", [("", _("Tất cả")), *Crop.objects.order_by(name).values_list("slug", name)])
        self.listed("commune", commune_names())
