"""Forms of joining: the registration, an invitation."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative, HolderKind, MemberRole
from core.text import clean_line, fold
from crops.models import Crop
from places.models import AdministrativeUnit

PHONE = r"^\+?[0-9][0-9 .()-]{6,18}[0-9]$"
PHONE_ERROR = {"invalid": _("Số điện thoại chỉ gồm chữ số, từ 8 đến 20 ký tự.")}
MAX_OFFERED = 30


class CommuneField(forms.CharField):
    """A commune by its name, by the name of a former commune that went into it, or by its code.

    The list beside it (`datalist`) offers the communes of today; what is typed is looked up here, so that it works
    without script. Several that fit are named, and the code decides.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=120, **kwargs)
        self.widget.attrs |= {"list": "communes", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return commune_label(value) if isinstance(value, AdministrativeUnit) else value

    def clean(self, value: Any) -> AdministrativeUnit | None:
        text = clean_line(super().clean(value))
        if not text:
            return None
        found = communes_named(text)
        if not found:
            raise forms.ValidationError(
                _("Không có phường, xã nào tên “%(name)s”. Hãy chọn trong danh sách; tên cũ cũng tìm được."),
                params={"name": text},
            )
        if len(found) > 1:
            names = "; ".join(commune_label(unit) for unit in found[:MAX_OFFERED])
            raise forms.ValidationError(_("Có nhiều nơi khớp, hãy chọn một: %(names)s."), params={"names": names})
        return found[0]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def communes_named(text: str) -> list[AdministrativeUnit]:
    """Return the communes of today that `text` means: "name (code)", a code, a whole name, else parts of names."""
    rows = AdministrativeUnit.objects.communes().current().without_shapes().select_related("parent")
    code = text.rpartition("(")[2].rstrip(") ") if text.endswith(")") else text
    if code.isdigit():
        by_code = list(rows.with_code(code))
        if by_code:
            return by_code
    found = list(rows.search(text)[: MAX_OFFERED + 1])
    whole = [unit for unit in found if fold(text) in (fold(unit.name_vi), fold(str(unit)))]
    return whole if len(whole) == 1 else found


def commune_label(unit: AdministrativeUnit) -> str:
    """Return how the list names a commune; its code makes it unique."""
    return f"{unit} ({unit.code})"


class TaxNumberField(forms.RegexField):
    """Required of some kinds of holders: its help says of which, so includes/field.html does not call it optional."""

    sometimes_required = True


class RegistrationForm(forms.Form):
    """What a cooperative says of itself (product.md §7.2.1)."""

    kind = forms.ChoiceField(label=_("Loại hình"), choices=HolderKind.choices)
    name = forms.CharField(label=_("Tên đầy đủ"), max_length=160)
    short_name = forms.CharField(label=_("Tên ngắn"), max_length=60, required=False)
    tax_number = TaxNumberField(
        r"^[0-9A-Za-z .-]{6,20}$",
        label=_("Mã số thuế hoặc số đăng ký"),
        required=False,
        help_text=_("Bắt buộc, trừ tổ hợp tác, nhóm hộ và hộ cá thể."),
        error_messages={"invalid": _("Chỉ gồm chữ, số, dấu chấm và gạch ngang, từ 6 đến 20 ký tự.")},
    )
    representative = forms.CharField(label=_("Người đại diện"), max_length=120)
    representative_position = forms.CharField(label=_("Chức vụ"), max_length=80, required=False)
    phone = forms.RegexField(PHONE, label=_("Điện thoại"), error_messages=PHONE_ERROR)
    email = forms.EmailField(label=_("Thư điện tử"), required=False)
    zalo = forms.RegexField(PHONE, label=_("Zalo"), required=False, error_messages=PHONE_ERROR)
    commune = CommuneField(
        label=_("Phường, xã"), help_text=_("Gõ tên, không cần dấu; tên cũ trước sáp nhập cũng được.")
    )
    address = forms.CharField(label=_("Địa chỉ"), max_length=200, required=False)
    main_crops = forms.ModelMultipleChoiceField(
        Crop.objects.order_by("name_vi"),
        label=_("Cây trồng chính"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    proof = forms.FileField(
        label=_("Giấy tờ chứng minh"),
        required=False,
        help_text=_("Giấy chứng nhận đăng ký, quyết định thành lập hoặc hợp đồng hợp tác: PDF hoặc ảnh, tối đa 10 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp"}),
    )
    despite_duplicates = forms.BooleanField(
        label=_("Tôi đã xem các đơn vị trên; đây là đơn vị khác"), required=False, widget=forms.HiddenInput
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        needs_number = cleaned.get("kind") in (HolderKind.COOPERATIVE, HolderKind.FIRM)
        if needs_number and not cleaned.get("tax_number") and "tax_number" not in self.errors:
            self.add_error("tax_number", _("Hãy ghi mã số thuế hoặc số đăng ký của đơn vị."))
        for name in ("name", "short_name", "representative", "representative_position", "address"):
            if cleaned.get(name):
                cleaned[name] = clean_line(cleaned[name])
        return cleaned

    def offer_confirmation(self) -> None:
        """Show the tick by which somebody says that the likely duplicates are not the same."""
        self.fields["despite_duplicates"].widget = forms.CheckboxInput()

    def fields_for_service(self, *, is_new: bool) -> dict[str, Any]:
        """Return the cleaned values as `register_cooperative` and `correct_registration` take them."""
        values = dict(self.cleaned_data)
        if not is_new:
            values.pop("despite_duplicates", None)
        return values

    @staticmethod
    def initial_of(cooperative: Cooperative) -> dict[str, Any]:
        """Return what the form shows of a stored registration."""
        names = [name for name in RegistrationForm.base_fields if name not in ("proof", "despite_duplicates")]
        initial = {name: getattr(cooperative, name) for name in names if name != "main_crops"}
        return initial | {"main_crops": [crop.pk for crop in cooperative.main_crops.all()]}


class InvitationForm(forms.Form):
    """Whom an owner invites, and in which role."""

    email = forms.EmailField(label=_("Thư điện tử"), max_length=254)
    role = forms.ChoiceField(label=_("Vai trò"), choices=MemberRole.choices, initial=MemberRole.CLERK)
