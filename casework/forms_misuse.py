"""Forms of misuse cases: the public report, the holder's reply, the steps of the office."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from casework.models import MisuseCase
from casework.services.misuse import MAX_PHOTOS
from codes.numbering import MAX_TYPED_LENGTH
from core.forms import CleanTextMixin
from office.photos import MAX_PHOTO_BYTES


class PhotosInput(forms.ClearableFileInput):
    """One control that takes several files."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Up to MAX_PHOTOS files; cleans to a list. What they hold is read by `office.photos`."""

    widget = PhotosInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if len(files) > MAX_PHOTOS:
            raise forms.ValidationError(_("Chỉ gửi được nhiều nhất %(n)s ảnh."), params={"n": MAX_PHOTOS})
        cleaned = [super(PhotosField, self).clean(one, initial) for one in files]
        if any(one.size > MAX_PHOTO_BYTES for one in cleaned):
            raise forms.ValidationError(_("Mỗi ảnh không quá %(n)s MB."), params={"n": MAX_PHOTO_BYTES // 1024**2})
        return cleaned


class ReportForm(CleanTextMixin, forms.Form):
    """What somebody saw; no account. `website` is a trap that people do not see."""

    code_text = forms.CharField(
        label=_("Mã số bị sử dụng sai"),
        max_length=MAX_TYPED_LENGTH,
        help_text=_("Mã số vùng trồng hoặc cơ sở đóng gói, như in trên thùng hàng."),
    )
    description = forms.CharField(
        label=_("Bạn đã thấy gì, ở đâu, khi nào"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )
    shipment = forms.CharField(label=_("Lô hàng, xe hoặc số chứng từ"), max_length=200, required=False)
    photos = PhotosField(
        label=_("Ảnh"),
        required=False,
        help_text=_("Nhiều nhất 3 ảnh JPEG, PNG hoặc WebP. Vị trí và thông tin máy trong ảnh bị xóa khi nhận."),
        widget=PhotosInput(attrs={"accept": "image/jpeg,image/png,image/webp", "multiple": True}),
    )
    contact = forms.CharField(
        label=_("Điện thoại hoặc thư điện tử của bạn"),
        max_length=200,
        required=False,
        help_text=_("Chỉ cán bộ xử lý đọc được, mỗi lần đọc đều được ghi lại. Có thể để trống."),
    )
    consent = forms.BooleanField(
        label=_(
            "Tôi đồng ý cho cơ quan nông nghiệp lưu và dùng tin báo này để xác minh. "
            "Liên hệ của tôi được mã hóa và bị xóa khi vụ việc đóng."
        ),
        error_messages={"required": _("Cần đồng ý để chúng tôi lưu và xử lý tin báo.")},
    )
    website = forms.CharField(
        label=_("Để trống ô này"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def clean_website(self) -> str:
        if self.cleaned_data.get("website"):
            raise forms.ValidationError(_("Hãy để trống ô này rồi gửi lại."))
        return ""


class NewCaseForm(CleanTextMixin, forms.Form):
    """A case opened by the office."""

    description = forms.CharField(
        label=_("Đã thấy gì"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Có thể để trống khi sổ khối lượng đã vượt mức: hệ thống ghi số liệu."),
    )
    shipment = forms.CharField(label=_("Lô hàng"), max_length=200, required=False)


class ReplyForm(CleanTextMixin, forms.Form):
    """The holder's answer."""

    text = forms.CharField(
        label=_("Giải trình của đơn vị"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6})
    )


class ClaimForm(CleanTextMixin, forms.Form):
    """What the holder is asked to answer."""

    claim = forms.CharField(
        label=_("Nội dung gửi đơn vị"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Đơn vị sẽ đọc. Bỏ mọi chi tiết có thể nhận ra người báo tin."),
    )


class FindingForm(CleanTextMixin, forms.Form):
    """The grounds of a decision or of a step back."""

    note = forms.CharField(label=_("Kết luận và căn cứ"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class CloseForm(CleanTextMixin, forms.Form):
    """A note that may stay empty."""

    note = forms.CharField(
        label=_("Ghi chú"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class PublishForm(CleanTextMixin, forms.Form):
    """The decision and what the public reads."""

    decision_number = forms.CharField(label=_("Số quyết định"), max_length=80)
    decided_on = forms.DateField(
        label=_("Ngày quyết định"),
        initial=localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    public_text = forms.CharField(
        label=_("Nội dung công bố"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Không nêu tên cá nhân, số điện thoại, số giấy tờ."),
    )


CASE_FORMS: dict[str, type[forms.Form]] = {
    "ask_reply": ClaimForm,
    "verify": FindingForm,
    "dismiss": FindingForm,
    "publish": PublishForm,
    "withdraw_publication": FindingForm,
    "close": CloseForm,
}


def case_form(step: str, case: MisuseCase, data: Any = None) -> forms.Form | None:
    """Return the form of a step of the case, bound to `data` when given; None where nothing is to be said."""
    form = CASE_FORMS.get(step)
    if form is None:
        return None
    initial = {"claim": case.description} if step == "ask_reply" else {}
    return form(data, prefix=step, initial=initial)
