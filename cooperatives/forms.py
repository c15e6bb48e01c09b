"""Forms of cooperatives."""

from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core.text import clean_text
from people.models import Sex


class GrowerForm(forms.Form):
    """A new member; only the name is needed."""

    full_name = forms.CharField(label=_("Họ và tên"), max_length=120)
    number = forms.CharField(
        label=_("Số thành viên"), max_length=20, required=False, help_text=_("Để trống, hệ thống sẽ đặt số tiếp theo.")
    )
    hamlet = forms.CharField(label=_("Ấp, khóm"), max_length=80, required=False)
    birth_year = forms.IntegerField(label=_("Năm sinh"), min_value=1900, required=False)
    sex = forms.ChoiceField(label=_("Giới tính"), choices=[(Sex.UNKNOWN, "—"), *Sex.choices[:2]], required=False)
    phone = forms.RegexField(
        r"^[0-9 .+()-]{8,20}$",
        label=_("Điện thoại"),
        required=False,
        help_text=_("Được mã hóa, không bao giờ công khai."),
        error_messages={"invalid": _("Số điện thoại chỉ gồm chữ số, từ 8 đến 20 ký tự.")},
    )
    declared_area_ha = forms.DecimalField(
        label=_("Diện tích kê khai (ha)"), max_digits=8, decimal_places=2, min_value=0, required=False
    )

    def clean_full_name(self) -> str:
        return clean_text(self.cleaned_data["full_name"])

    def clean_birth_year(self) -> int | None:
        year = self.cleaned_data["birth_year"]
        if year is not None and year > localdate().year:
            raise forms.ValidationError(_("Năm sinh chưa tới."))
        return year

    def fields_for_service(self) -> dict[str, Any]:
        """Return the cleaned values as `add_grower` takes them."""
        return dict(self.cleaned_data)
