"""Forms of certificates: what a holder declares, the paper, what an officer finds."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.models import CertificateCheck, CertificateKind
from core.forms import CleanTextMixin
from crops.models import Crop

ACCEPTED = {"accept": ".pdf,.jpg,.jpeg,.png,.webp"}
STARS = [("", _("Không phải OCOP")), (3, _("3 sao")), (4, _("4 sao")), (5, _("5 sao"))]


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class CertificateForm(CleanTextMixin, forms.Form):
    """A certificate as its paper says."""

    kind = forms.ChoiceField(label=_("Loại"), choices=CertificateKind.choices)
    number = forms.CharField(
        label=_("Số chứng nhận"), max_length=60, help_text=_("Ghi đúng như trên giấy; GlobalG.A.P. ghi số GGN.")
    )
    issuer = forms.CharField(label=_("Nơi cấp"), max_length=120)
    issued_on = forms.DateField(label=_("Ngày cấp"), widget=_day())
    valid_until = forms.DateField(label=_("Có giá trị đến hết ngày"), widget=_day())
    stars = forms.TypedChoiceField(label=_("Số sao OCOP"), choices=STARS, coerce=int, empty_value=None, required=False)
    crop = forms.ModelChoiceField(
        Crop.objects.order_by("name_vi"), label=_("Cây trồng"), required=False, empty_label=_("Mọi cây trồng")
    )
    area_ha = forms.DecimalField(
        label=_("Diện tích được chứng nhận (ha)"), min_value=0, max_digits=8, decimal_places=2, required=False
    )
    file = forms.FileField(
        label=_("Giấy chứng nhận"),
        required=False,
        help_text=_("PDF hoặc ảnh, tối đa 10 MB. Chỉ đơn vị và cán bộ mở được; cán bộ đối chiếu rồi mới xác nhận."),
        widget=forms.ClearableFileInput(attrs=ACCEPTED),
    )


class PaperForm(forms.Form):
    """The paper of a certificate that has none, or a better one."""

    file = forms.FileField(
        label=_("Tệp giấy chứng nhận"),
        help_text=_("PDF hoặc ảnh, tối đa 10 MB. Gửi tệp mới thì cán bộ phải kiểm tra lại."),
        widget=forms.ClearableFileInput(attrs=ACCEPTED),
    )


class EndForm(CleanTextMixin, forms.Form):
    """Why a certificate is no longer in use."""

    note = forms.CharField(label=_("Lý do ngừng dùng"), max_length=300, required=False)


class CheckForm(CleanTextMixin, forms.Form):
    """The paper bears out what was declared."""

    note = forms.CharField(label=_("Ghi chú"), max_length=300, required=False)


class RefuseForm(CleanTextMixin, forms.Form):
    """The paper says otherwise."""

    reason = forms.CharField(
        label=_("Lý do không khớp"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Hãy ghi lý do để đơn vị biết cần sửa gì.")},
    )


class CertificateSearchForm(forms.Form):
    """What the officers' list shows; a wrong value shows what waits."""

    STATES = [
        ("waiting", _("Chờ kiểm tra")),
        ("ending", _("Hết hạn trong 60 ngày")),
        ("all", _("Tất cả")),
        *((value, label) for value, label in CertificateCheck.choices if value != CertificateCheck.DECLARED),
    ]
    state = forms.ChoiceField(label=_("Trạng thái"), choices=STATES, required=False)
    kind = forms.ChoiceField(label=_("Loại"), choices=[("", _("Mọi loại")), *CertificateKind.choices], required=False)

    def chosen(self) -> dict[str, Any]:
        """Return `state` and `kind`, each with its default where the address says nothing that is known."""
        self.is_valid()
        return {
            "state": self.cleaned_data.get("state") or "waiting",
            "kind": self.cleaned_data.get("kind") or "",
        }
