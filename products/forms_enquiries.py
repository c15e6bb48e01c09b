"""Forms of enquiries. They check the shape of what was typed; rules live in the services."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes.models import Market
from cooperatives.models import Cooperative
from core.forms import CleanTextMixin
from core.widgets import MonthsStrip
from products.amounts import amount
from products.models import AnswerTemplate, CloseReason, Offer, Product

MONTH_CHOICES = [(str(month), str(month)) for month in range(1, 13)]
TONNES = {"t": 1.0, "kg": 0.001}  # one unit of what is typed, in tonnes
UNITS = [("t", _("tấn")), ("kg", _("kg"))]
LEAST_T, MOST_T = 0.001, 1_000_000
_DAY = {"type": "date"}


class QuantityWidget(forms.MultiWidget):
    """A number and its unit, side by side."""

    template_name = "includes/quantity.html"
    use_fieldset = True

    def __init__(self) -> None:
        number = {"step": "any", "min": "0", "inputmode": "decimal", "aria-label": _("Số lượng")}
        unit = forms.Select(attrs={"aria-label": _("Đơn vị tính")}, choices=UNITS)
        super().__init__({"": forms.NumberInput(attrs=number), "unit": unit})

    def decompress(self, value: float | None) -> list[Any]:
        """Return number and unit of a quantity in tonnes."""
        return [value, "t"]


class QuantityField(forms.MultiValueField):
    """A quantity typed in tonnes or kilograms; its value is in tonnes."""

    def __init__(self, **kwargs: Any) -> None:
        fields = (forms.FloatField(required=False), forms.ChoiceField(choices=UNITS, required=False))
        super().__init__(fields, require_all_fields=False, widget=QuantityWidget(), **kwargs)

    def compress(self, data_list: list[Any]) -> float | None:
        """Return tonnes, None for nothing typed. Raises ValidationError below a kilogram and above a million tonnes."""
        if not data_list or data_list[0] is None:
            return None
        tonnes = round(data_list[0] * TONNES[data_list[1] or "t"], 9)
        if not LEAST_T <= tonnes <= MOST_T:
            raise forms.ValidationError(_("Hãy ghi số lượng từ 1 kg đến 1.000.000 tấn."), code="bad_quantity")
        return tonnes


class EnquiryForm(CleanTextMixin, forms.Form):
    """What a buyer asks; no account."""

    product = forms.ModelChoiceField(
        Product.objects.none(), label=_("Sản phẩm"), required=False, empty_label=_("Hỏi chung")
    )
    quantity_t = QuantityField(label=_("Số lượng"), required=False)
    delivery_from = forms.DateField(label=_("Giao từ ngày"), required=False, widget=forms.DateInput(attrs=_DAY))
    delivery_to = forms.DateField(label=_("Giao đến ngày"), required=False, widget=forms.DateInput(attrs=_DAY))
    wanted_months = forms.TypedMultipleChoiceField(
        label=_("Tháng cần hàng"), choices=MONTH_CHOICES, coerce=int, required=False, widget=MonthsStrip
    )
    market = forms.ModelChoiceField(
        Market.objects.all(), label=_("Thị trường đích"), required=False, empty_label=_("Chưa xác định")
    )
    quality = forms.CharField(
        label=_("Yêu cầu chất lượng, chứng nhận"),
        max_length=160,
        required=False,
        help_text=_("Ví dụ: loại 1, 300–450 g, VietGAP."),
    )
    message = forms.CharField(label=_("Nội dung"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    buyer_name = forms.CharField(
        label=_("Tên của bạn hoặc công ty"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    contact = forms.CharField(
        label=_("Điện thoại hoặc thư điện tử"),
        max_length=200,
        help_text=_("Chúng tôi gửi một mã tới đây để xác nhận, rồi báo khi có trả lời."),
    )
    shares_contact = forms.BooleanField(
        label=_("Cho hợp tác xã thấy liên hệ của tôi khi họ trả lời (không chọn thì liên hệ luôn được giấu)."),
        required=False,
    )
    consent = forms.BooleanField(
        label=_("Tôi đồng ý cho lưu và chuyển yêu cầu này tới hợp tác xã."),
        error_messages={"required": _("Cần đồng ý để chúng tôi chuyển yêu cầu.")},
    )

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products = Product.objects.public().filter(cooperative=cooperative).order_by("name_vi")
        self.fields["product"].queryset = products  # type: ignore[attr-defined]


class CodeForm(forms.Form):
    """The one-time code that went to the buyer's contact."""

    code = forms.CharField(
        label=_("Mã 6 số"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "size": "8"}),
    )


class LinksForm(CleanTextMixin, forms.Form):
    """To whom the addresses of private pages are sent again."""

    contact = forms.CharField(label=_("Điện thoại hoặc thư điện tử"), max_length=200)


class MessageForm(CleanTextMixin, forms.Form):
    """One line of an enquiry's conversation."""

    text = forms.CharField(label=_("Nội dung"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class AnswerForm(MessageForm):
    """A cooperative's answer, with one of its products or offers if it likes."""

    attached = forms.ChoiceField(label=_("Kèm sản phẩm"), required=False)
    shows_contact = forms.BooleanField(
        label=_("Cho người mua này thấy điện thoại và thư điện tử của đơn vị."), required=False
    )

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.products = {
            product.pk: product
            for product in Product.objects.public().filter(cooperative=cooperative).order_by("name_vi")
        }
        offers = Offer.objects.on(timezone.localdate()).filter(product__in=self.products).order_by("id")
        self.offers = {offer.pk: offer for offer in offers}
        self.fields["attached"].choices = [("", _("Không kèm")), *self._choices()]  # type: ignore[attr-defined]

    def _choices(self) -> list[tuple[str, Any]]:
        choices: list[tuple[str, Any]] = []
        for product in self.products.values():
            choices.append((f"product:{product.pk}", product.name))
            choices += [
                (f"offer:{offer.pk}", f"{product.name}: {offer_line(offer)}")
                for offer in self.offers.values()
                if offer.product_id == product.pk
            ]
        return choices

    def attachment(self) -> dict[str, Any]:
        """Return `product=` or `offer=` as the service takes it; empty when nothing goes with the answer."""
        kind, _colon, key = self.cleaned_data["attached"].partition(":")
        if not kind:
            return {}
        return {kind: (self.products if kind == "product" else self.offers)[int(key)]}


def offer_line(offer: Offer) -> str:
    """Return months, tonnes and quality of an offer in one line."""
    months = _("tháng %(months)s") % {"months": ", ".join(map(str, offer.months))}
    parts = [str(months), amount(offer.volume_t), offer.quality]
    return ", ".join(part for part in parts if part)


class CloseForm(forms.Form):
    """Why the cooperative closes an enquiry."""

    reason = forms.ChoiceField(label=_("Lý do đóng"), choices=CloseReason.choices)


class AnswerTemplateForm(CleanTextMixin, forms.Form):
    """A ready answer; the cooperative is asked for only when the user works for several."""

    cooperative = forms.ModelChoiceField(Cooperative.objects.none(), label=_("Đơn vị"), empty_label=None)
    title = forms.CharField(label=_("Tiêu đề"), max_length=80)
    text = forms.CharField(label=_("Nội dung"), max_length=2000, widget=forms.Textarea(attrs={"rows": 6}))

    def __init__(self, *args: Any, cooperatives: Any, template: AnswerTemplate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cooperative"].queryset = cooperatives  # type: ignore[attr-defined]
        if template is not None or len(cooperatives) == 1:
            del self.fields["cooperative"]
