"""Forms of requests and of the steps of the office."""

import re
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficerPost, User
from accounts.permissions import roles_with
from casework.marks import MARKABLE
from casework.models import CodeRequest, InspectionResult, OpinionVerdict
from casework.reasons import reasons_for
from codes.models import CodeScheme, DocumentKind, Market, ProductionArea, ReasonUse
from cooperatives.models import Cooperative
from farms.models import Plot

ACCEPTED = ".pdf,.png,.jpg,.jpeg,.webp,.heic,.heif,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.odt,.ods,.odp"


class MarketsField(forms.ModelMultipleChoiceField):
    """Asked for, so not called optional; a draft may be saved without, the checks hold it back later."""

    def clean(self, value: Any) -> Any:
        self.required = False
        try:
            return super().clean(value)
        finally:
            self.required = True


class RequestForm(forms.Form):
    """What is asked for, by whom, with the declaration."""

    area = forms.ModelChoiceField(label=_("Vùng trồng"), queryset=ProductionArea.objects.none(), empty_label=None)
    scheme = forms.ModelChoiceField(label=_("Chế độ mã số"), queryset=CodeScheme.objects.none(), empty_label=None)
    markets = MarketsField(
        label=_("Thị trường"),
        queryset=Market.objects.exclude(code="VNM"),
        widget=forms.CheckboxSelectMultiple,
    )
    expected_output_t = forms.FloatField(label=_("Sản lượng dự kiến (tấn/năm)"), required=False, min_value=0)
    contact_person = forms.CharField(label=_("Người phụ trách kỹ thuật"), max_length=120, required=False)
    note = forms.CharField(
        label=_("Ghi chú cho cơ quan"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000, required=False
    )
    has_declared = forms.BooleanField(
        label=_("Chúng tôi cam kết khai đúng sự thật và chịu trách nhiệm về hồ sơ này."), required=False
    )

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = ProductionArea.objects.filter(cooperative=cooperative, is_active=True).order_by("name")
        self.fields["area"].queryset = areas.defer("boundary", "boundary_3857")  # type: ignore[attr-defined]
        schemes = CodeScheme.objects.usable_on(localdate()).for_unit(cooperative.commune).order_by("name")
        self.fields["scheme"].queryset = schemes  # type: ignore[attr-defined]

    @property
    def chosen_scheme(self) -> CodeScheme | None:
        """The scheme that the form shows now: as posted, as given, else the first."""
        schemes = self.fields["scheme"].queryset  # type: ignore[attr-defined]
        value = str(self["scheme"].value() or "")
        found = schemes.filter(pk=value).first() if value.isascii() and value.isdigit() and len(value) < 18 else None
        return found or schemes.first()


class CannedSelect(forms.Select):
    """A choice of reasons; each option carries its canned text, which `js/pages/canned-text.js` puts into the text."""

    canned: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-text"] = self.canned.get(str(value), "")
        return option


class ReasonForm(forms.Form):
    """A reason that the cooperative reads: in the officer's words, or the canned text of the reason chosen."""

    use = ReasonUse.REJECT
    reason_code = forms.ChoiceField(label=_("Lý do có sẵn"), required=False, widget=CannedSelect)
    reason = forms.CharField(
        label=_("Lý do (đơn vị sẽ đọc)"),
        help_text=_("Để trống: dùng lời văn soạn sẵn của lý do đã chọn."),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=4000,
        required=False,
    )

    def __init__(self, *args: Any, code_request: CodeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = reasons_for(self.use, code_request.scheme, localdate())
        choice = self.fields["reason_code"]
        choice.choices = [("", _("(không chọn)")), *((one.slug, str(one)) for one in reasons)]  # type: ignore[attr-defined]
        widget = choice.widget
        widget.canned = {one.slug: one.canned_text or one.text_vi for one in reasons}  # type: ignore[attr-defined]
        widget.attrs["data-canned"] = self["reason"].auto_id
        if not reasons:
            del self.fields["reason_code"]
            self.fields["reason"].help_text = ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("reason") and not data.get("reason_code") and not self.errors:
            self.add_error("reason", _("Hãy ghi lý do."))
        return data


class ReturnForm(ReasonForm):
    """What is to be corrected: reason, marked fields and plots. The last day comes from the scheme."""

    use = ReasonUse.RETURN
    marked = forms.MultipleChoiceField(
        label=_("Mục cần sửa"), choices=list(MARKABLE.items()), widget=forms.CheckboxSelectMultiple, required=False
    )
    plots = forms.ModelMultipleChoiceField(
        label=_("Thửa cần sửa"), queryset=Plot.objects.none(), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, code_request: CodeRequest, **kwargs: Any) -> None:
        super().__init__(*args, code_request=code_request, **kwargs)
        self.fields["plots"].queryset = code_request.area.plots.only("pk", "ref").order_by("ref")  # type: ignore[attr-defined]
        self.fields["plots"].widget.attrs["class"] = "plot-choice"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        data["fields"] = data.pop("marked", [])
        data["plots"] = [plot.pk for plot in data.get("plots", ())]
        return data


class DocumentForm(forms.Form):
    """A document to attach; season and plots are asked of a diary only."""

    kind = forms.ChoiceField(label=_("Loại giấy tờ"), choices=DocumentKind.choices)
    file = forms.FileField(
        label=_("Tệp"),
        help_text=_("PDF, ảnh hoặc tệp văn phòng, tối đa 20 MB."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    title = forms.CharField(label=_("Tên giấy tờ"), max_length=160, required=False)
    season = forms.CharField(
        label=_("Mùa vụ (nhật ký phải ghi)"), help_text=_("Ví dụ: vụ thuận 2026."), max_length=40, required=False
    )
    plots = forms.ModelMultipleChoiceField(
        label=_("Thửa của nhật ký"),
        help_text=_("Không chọn thửa nào: tất cả các thửa của vùng."),
        queryset=Plot.objects.none(),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "plot-choice"}),
        required=False,
    )

    def __init__(self, *args: Any, code_request: CodeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plots"].queryset = code_request.area.plots.order_by("ref")  # type: ignore[attr-defined]


class OpinionForm(forms.Form):
    """Whom to ask what."""

    office = forms.CharField(label=_("Cơ quan được hỏi"), max_length=160)
    email = forms.EmailField(label=_("Thư điện tử của cơ quan"))
    question = forms.CharField(label=_("Nội dung hỏi"), widget=forms.Textarea(attrs={"rows": 4}), max_length=4000)


class OpinionAnswerForm(forms.Form):
    """The one answer of the office that was asked."""

    verdict = forms.ChoiceField(label=_("Ý kiến"), choices=OpinionVerdict.choices, widget=forms.RadioSelect)
    answer = forms.CharField(
        label=_("Nội dung"),
        help_text=_("Cần ghi khi có lưu ý hoặc không đồng ý. Xin không ghi tên người."),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=4000,
        required=False,
    )


class ReceiptForm(forms.Form):
    """A receipt number as somebody types it: spaces, dashes and capitals do not matter."""

    receipt = forms.CharField(label=_("Số biên nhận"), max_length=80)

    def clean_receipt(self) -> str:
        plain = re.sub(r"[\s\-.]", "", self.cleaned_data["receipt"]).lower()
        if not re.fullmatch(r"[0-9a-f]{32}", plain):
            raise forms.ValidationError(_("Số biên nhận có 32 ký tự, gồm chữ số và các chữ từ a đến f."))
        return plain


class NoteForm(forms.Form):
    """A note that may stay empty."""

    note = forms.CharField(
        label=_("Ghi chú"), widget=forms.Textarea(attrs={"rows": 2}), max_length=4000, required=False
    )


class ScheduleForm(NoteForm):
    """When the area will be visited, and by whom; the service checks both."""

    planned_on = forms.DateField(
        label=_("Ngày kiểm tra"),
        help_text=_("Để trống: ngày cuối mà chế độ cho phép."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        required=False,
    )
    inspector = forms.ModelChoiceField(
        label=_("Người đi"), queryset=User.objects.none(), required=False, empty_label=_("Chưa phân công")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posts = OfficerPost.objects.on(localdate()).filter(role__in=roles_with("casework.examine_request"))
        officers = User.objects.filter(posts__in=posts, is_active=True).distinct().order_by("full_name", "username")
        self.fields["inspector"].queryset = officers  # type: ignore[attr-defined]


class ApproveForm(forms.Form):
    """The document by which the codes are issued."""

    document_number = forms.CharField(label=_("Số văn bản cấp mã"), max_length=80, required=False)


class InspectionForm(forms.Form):
    """A visit; the position is filled in by the phone, or left out."""

    visited_on = forms.DateField(
        label=_("Ngày kiểm tra"), initial=localdate, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    result = forms.ChoiceField(label=_("Kết quả"), choices=InspectionResult.choices)
    report = forms.CharField(label=_("Nội dung biên bản"), widget=forms.Textarea(attrs={"rows": 4}), max_length=10_000)
    lon = forms.FloatField(label=_("Kinh độ"), min_value=102, max_value=118, required=False)
    lat = forms.FloatField(label=_("Vĩ độ"), min_value=6.5, max_value=23.6, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        lon, lat = data.pop("lon", None), data.pop("lat", None)
        if (lon is None) != (lat is None):
            self.add_error("lat", _("Hãy ghi cả kinh độ và vĩ độ, hoặc để trống cả hai."))
        data["position"] = Point(lon, lat, srid=4326) if lon is not None and lat is not None else None
        return data


def step_form(step: str, code_request: CodeRequest, data: Any = None) -> forms.Form | None:
    """Return the form of a step of this request, bound to `data` when given; None where nothing is to be said."""
    form = STEP_FORMS.get(step)
    if form is None:
        return None
    about: dict[str, Any] = {"code_request": code_request} if issubclass(form, ReasonForm) else {}
    return form(data, prefix=step, **about)


STEP_FORMS: dict[str, type[forms.Form]] = {
    "return": ReturnForm,
    "reject": ReasonForm,
    "approve": ApproveForm,
    "schedule_inspection": ScheduleForm,
    "record_inspection": InspectionForm,
    "withdraw": NoteForm,
    "resubmit": NoteForm,
}
