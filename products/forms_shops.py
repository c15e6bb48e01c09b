"""Forms of a producer's own page: the story, photos, listings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative
from cooperatives.services.profile import MAX_STORY
from core.forms import CleanTextMixin
from products.models import Product


class ProfileForm(CleanTextMixin, forms.Form):
    """What the cooperative says of itself; only an owner gets the switch of the contact."""

    story = forms.CharField(
        label=_("Bài giới thiệu"),
        max_length=MAX_STORY,
        required=False,
        help_text=_(
            "Ai trồng, trồng gì, ở đâu, làm thế nào, giao hàng ra sao. Không ghi tên hay số của người chưa đồng ý."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    has_public_contact = forms.BooleanField(
        label=_("Cho mọi người thấy điện thoại, thư điện tử và địa chỉ của đơn vị"), required=False
    )

    def __init__(self, *args: Any, may_publish_contact: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_publish_contact:
            del self.fields["has_public_contact"]


class PhotoForm(CleanTextMixin, forms.Form):
    """A new photo."""

    image = forms.FileField(
        label=_("Ảnh"),
        help_text=_("JPEG, PNG hoặc WebP, tối đa 9 MB. Vị trí chụp và thông tin máy bị xóa khỏi ảnh."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    caption = forms.CharField(
        label=_("Chú thích"), max_length=160, help_text=_("Ảnh cho thấy gì; cũng là lời tả cho người không thấy ảnh.")
    )
    product = forms.ModelChoiceField(
        Product.objects.none(), label=_("Sản phẩm"), required=False, empty_label=_("Ảnh chung của đơn vị")
    )
    has_consent = forms.BooleanField(
        label=_("Người có mặt trong ảnh đã đồng ý cho đăng công khai, hoặc ảnh không có người."),
        error_messages={"required": _("Hãy xác nhận người trong ảnh đã đồng ý, hoặc ảnh không có người.")},
    )

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Product.objects.filter(cooperative=cooperative).order_by("name_vi")
        self.fields["product"].queryset = own  # type: ignore[attr-defined]


class CaptionForm(CleanTextMixin, forms.Form):
    """Another caption."""

    caption = forms.CharField(max_length=160, required=False)


class ListingForm(CleanTextMixin, forms.Form):
    """The page of a shop. Which addresses are taken the service says."""

    url = forms.CharField(
        label=_("Địa chỉ trang bán"),
        max_length=600,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "placeholder": "https://"}),
    )
