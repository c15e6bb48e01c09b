"""Forms of members, their consents and lists of them."""

from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from cooperatives import grower_lists
from cooperatives.models import Grower, GrowerImport
from core.errors import RuleViolated
from core.forms import CleanTextMixin
from people.consent_texts import choices_of_fields, chosen_fields
from people.models import Channel, NumberKind, Sex
from people.numbers import clean_id_number, clean_phone


class DayInput(forms.DateInput):
    """The browser's own day picker."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class GrowerForm(CleanTextMixin, forms.Form):
    """A member; only the name is needed. Of numbers that are stored the form shows nothing: blank keeps them."""

    full_name = forms.CharField(label=_("Họ và tên"), max_length=120)
    number = forms.CharField(
        label=_("Số thành viên"), max_length=20, required=False, help_text=_("Để trống, hệ thống sẽ đặt số tiếp theo.")
    )
    hamlet = forms.CharField(label=_("Ấp, khóm"), max_length=80, required=False)
    birth_year = forms.IntegerField(label=_("Năm sinh"), min_value=1900, required=False)
    sex = forms.ChoiceField(label=_("Giới tính"), choices=[(Sex.UNKNOWN, "—"), *Sex.choices[:2]], required=False)
    phone = forms.CharField(
        label=_("Điện thoại"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=_("Được mã hóa, không bao giờ công khai; sau đó chỉ hiện 3 số cuối."),
    )
    id_number = forms.CharField(
        label=_("Số giấy tờ (căn cước, CMND)"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Được mã hóa; chỉ dùng để tránh ghi trùng người. Không cần ảnh giấy tờ."),
    )
    declared_area_ha = forms.DecimalField(
        label=_("Diện tích kê khai (ha)"), max_digits=8, decimal_places=2, min_value=0, required=False
    )
    joined_on = forms.DateField(label=_("Ngày vào"), required=False, widget=DayInput())

    def clean_birth_year(self) -> int | None:
        year = self.cleaned_data["birth_year"]
        if year is not None and year > localdate().year:
            raise forms.ValidationError(_("Năm sinh chưa tới."))
        return year

    def clean_joined_on(self) -> Any:
        return _not_after_today(self.cleaned_data["joined_on"])

    def clean_phone(self) -> str:
        return _by_rule(clean_phone, self.cleaned_data["phone"])

    def clean_id_number(self) -> str:
        return _by_rule(clean_id_number, self.cleaned_data["id_number"])

    def fields_for_service(self) -> dict[str, Any]:
        """Return the cleaned values as `add_grower` takes them."""
        return dict(self.cleaned_data)


class GrowerEditForm(GrowerForm):
    """Corrects a member. Blank number fields leave what is stored; a tick takes it away."""

    drop_phone = forms.BooleanField(label=_("Xóa số điện thoại đang lưu"), required=False)
    drop_id_number = forms.BooleanField(label=_("Xóa số giấy tờ đang lưu"), required=False)

    def __init__(self, *args: Any, grower: Grower, **kwargs: Any) -> None:
        person = grower.person
        kwargs["initial"] = {name: getattr(person, name) for name in ("full_name", "birth_year", "sex")} | {
            name: getattr(grower, name) for name in ("number", "hamlet", "declared_area_ha", "joined_on")
        }
        super().__init__(*args, **kwargs)
        keep = _("Để trống là giữ số đang lưu.")
        for name, is_stored in (("phone", person.phone_encrypted), ("id_number", person.id_number_encrypted)):
            if is_stored:
                self.fields[name].help_text = keep
            else:
                del self.fields[f"drop_{name}"]
        self.fields["number"].required = True
        self.fields["number"].help_text = ""

    def fields_for_service(self) -> dict[str, Any]:
        """Return what `change_grower` takes; a number only when it is to change."""
        values = dict(self.cleaned_data)
        for name in ("phone", "id_number"):
            dropped = values.pop(f"drop_{name}", False)
            if not values[name] and not dropped:
                del values[name]
        return values


def _by_rule(clean: Any, value: str) -> str:
    try:
        return str(clean(value))
    except RuleViolated as error:
        raise forms.ValidationError(str(error.detail), code=error.code) from error


def _not_after_today(day: Any) -> Any:
    if day is not None and day > localdate():
        raise forms.ValidationError(_("Ngày không được sau hôm nay."))
    return day


class OwnIds:
    """Mixin: several forms stand on one page, so the ids of this one begin with `prefix_of_ids`."""

    prefix_of_ids = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{self.prefix_of_ids}_%s", **kwargs)  # type: ignore[call-arg]


class LeaveForm(OwnIds, forms.Form):
    prefix_of_ids = "leave"

    on = forms.DateField(label=_("Ngày ra"), widget=DayInput())

    def clean_on(self) -> Any:
        return _not_after_today(self.cleaned_data["on"])


class NumberForm(CleanTextMixin, forms.Form):
    """Which number, and what for."""

    what = forms.ChoiceField(label=_("Số cần xem"), choices=NumberKind.choices)
    purpose = forms.CharField(
        label=_("Xem để làm gì"), min_length=5, max_length=160, help_text=_("Được ghi vào nhật ký cùng tên bạn.")
    )

    def __init__(self, *args: Any, grower: Grower, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = grower.person
        stored = {NumberKind.PHONE: person.phone_encrypted, NumberKind.ID_NUMBER: person.id_number_encrypted}
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (value, label) for value, label in NumberKind.choices if stored[NumberKind(value)]
        ]


class DataForm(OwnIds, CleanTextMixin, forms.Form):
    prefix_of_ids = "data"

    purpose = forms.CharField(
        label=_("Theo yêu cầu nào"),
        min_length=5,
        max_length=160,
        help_text=_("Ví dụ: thành viên hỏi trực tiếp ngày 5/3. Tệp có số đầy đủ nên được ghi vào nhật ký."),
    )


PURPOSES = [(purpose.value, purpose.label) for purpose in grower_lists.CONSENTS]


def _offer(form: Any, purposes: list[str]) -> None:
    """Offer these purposes, and the fields that each of them may open."""
    form.fields["purposes"].choices = [(value, label) for value, label in PURPOSES if value in purposes]
    more = [(value, label) for value, label in choices_of_fields() if value.partition(":")[0] in purposes]
    form.fields["fields_opened"].choices = more
    if not more:
        del form.fields["fields_opened"]


class EvidenceField(forms.CharField):
    """Required without a photo of the paper: its help says so, so includes/field.html does not call it optional."""

    sometimes_required = True


class ConsentForm(CleanTextMixin, forms.Form):
    """A consent on paper or before a witness."""

    purposes = forms.MultipleChoiceField(
        label=_("Đồng ý cho"), choices=PURPOSES, widget=forms.CheckboxSelectMultiple, required=True
    )
    fields_opened = forms.MultipleChoiceField(
        label=_("Và mở thêm thông tin"),
        choices=[],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Chỉ đánh dấu điều người này tự chọn trên phiếu; không đánh dấu là không mở."),
    )
    channel = forms.ChoiceField(
        label=_("Hình thức"),
        choices=[(Channel.PAPER, Channel.PAPER.label), (Channel.WITNESSED, Channel.WITNESSED.label)],
        widget=forms.RadioSelect,
        initial=Channel.PAPER,
    )
    on = forms.DateField(label=_("Ngày đồng ý"), widget=DayInput(), initial=localdate)
    evidence = EvidenceField(
        label=_("Nơi lưu phiếu, hoặc người làm chứng"),
        max_length=200,
        required=False,
        help_text=_("Bắt buộc khi có người làm chứng, và khi không có ảnh phiếu đã ký."),
    )
    photo = forms.FileField(
        label=_("Ảnh phiếu đã ký"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("Chụp phiếu đồng ý, không chụp giấy tờ tùy thân."),
    )

    def __init__(self, *args: Any, purposes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, purposes)

    def clean_on(self) -> Any:
        return _not_after_today(self.cleaned_data["on"])

    def for_service(self) -> dict[str, Any]:
        """Return what `record_consents` takes."""
        values = dict(self.cleaned_data)
        photo = values.pop("photo")
        opened = chosen_fields(values.pop("fields_opened", []))
        return values | {"fields": opened, "photo": photo.read() if photo else None}


class CodeForm(OwnIds, forms.Form):
    """Purposes for which a code is sent to the member's phone."""

    prefix_of_ids = "code"

    purposes = forms.MultipleChoiceField(
        label=_("Gửi mã để hỏi đồng ý cho"), choices=PURPOSES, widget=forms.CheckboxSelectMultiple
    )
    fields_opened = forms.MultipleChoiceField(
        label=_("Và mở thêm thông tin"), choices=[], widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, purposes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, purposes)


class CodeBackForm(forms.Form):
    code = forms.RegexField(
        r"^\s*[0-9]{6}\s*$",
        label=_("Mã mà thành viên đọc lại"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": "6"}),
        error_messages={"invalid": _("Mã gồm 6 chữ số.")},
    )


class ListUploadForm(CleanTextMixin, forms.Form):
    """A list of members, and where the signed papers of its consents are."""

    file = forms.FileField(
        label=_("Danh sách thành viên"),
        help_text=_("XLSX, XLS, ODS hoặc CSV, tối đa 10 MB và 5.000 dòng."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )
    evidence = forms.CharField(
        label=_("Bằng chứng đồng ý chung cho cả tệp"),
        max_length=200,
        required=False,
        help_text=_("Chỉ cần khi tệp có cột đồng ý mà không có cột bằng chứng. Ví dụ: Phiếu ký tại họp 5/3, tủ số 2."),
    )


class ListColumnsForm(CleanTextMixin, forms.Form):
    """Which heading means what, the evidence of the whole file, and the encoding where it is in doubt."""

    def __init__(self, *args: Any, grower_import: GrowerImport, content: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Không có")), *((heading, heading) for heading in content.get("headings", []))]
        if content.get("encodings"):
            shown: list[tuple[str, Any]] = [("", _("Như đang thấy"))]
            shown += [(item["encoding"], f"{item['encoding']}: {_samples(item)}") for item in content["encodings"]]
            self.fields["encoding"] = forms.ChoiceField(
                label=_("Chữ có dấu bị sai? Hãy chọn cách đọc đúng"),
                choices=shown,
                required=False,
                widget=forms.RadioSelect,
                initial=content.get("encoding", ""),
            )
        for field, (title, _names) in grower_lists.FIELDS.items():
            self.fields[f"column_{field}"] = forms.ChoiceField(
                label=title, choices=choices, required=False, initial=grower_import.columns.get(field, "")
            )
        self.fields["evidence"] = forms.CharField(
            label=_("Bằng chứng đồng ý chung cho cả tệp"),
            max_length=200,
            required=False,
            initial=content.get("evidence", ""),
        )

    def for_service(self) -> dict[str, Any]:
        """Return what `answer_grower_import` takes."""
        values = self.cleaned_data
        columns = {name: values[f"column_{name}"] for name in grower_lists.FIELDS}
        answer: dict[str, Any] = {
            "columns": {name: heading for name, heading in columns.items() if heading},
            "evidence": values["evidence"],
        }
        if values.get("encoding"):
            return {"encoding": values["encoding"], "evidence": values["evidence"]}
        return answer


def _samples(item: dict[str, Any]) -> str:
    return " · ".join(str(sample)[:60] for sample in item.get("samples", [])[:3])
