"""Forms of the farmer directory: a purpose for a look at a phone, and for a table that is taken out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms_growers import OwnIds
from core.forms import CleanTextMixin


class PhoneForm(OwnIds, CleanTextMixin, forms.Form):
    """What a phone number is looked at for."""

    prefix_of_ids = "phone"

    purpose = forms.CharField(
        label=_("Xem để làm gì"), min_length=5, max_length=160, help_text=_("Được ghi vào nhật ký cùng tên bạn.")
    )


class DirectoryExportForm(OwnIds, CleanTextMixin, forms.Form):
    """Purpose and format of a table; phones only for who may have them."""

    prefix_of_ids = "export"

    purpose = forms.CharField(
        label=_("Danh sách này dùng để làm gì"),
        min_length=5,
        max_length=160,
        help_text=_("Được ghi lại cùng tên bạn, bộ lọc và những người có trong tệp; không xóa được."),
    )
    suffix = forms.ChoiceField(
        label=_("Định dạng"), choices=[("xlsx", "XLSX"), ("csv", "CSV")], widget=forms.RadioSelect, initial="xlsx"
    )
    with_phones = forms.BooleanField(
        label=_("Kèm số điện thoại của người đã đồng ý; mỗi số là một lượt xem được ghi lại"), required=False
    )

    def __init__(self, *args: Any, may_have_phones: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_have_phones:
            del self.fields["with_phones"]

    def for_service(self) -> dict[str, Any]:
        """Return what `export_directory` takes."""
        return dict(self.cleaned_data)
