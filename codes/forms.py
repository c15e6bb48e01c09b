"""Forms of areas and of acts on codes."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.html import escape
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from codes import imports, numbering
from codes.models import (
    ApprovalStatus,
    CodeList,
    CodeScheme,
    CodeStatus,
    ListKind,
    Market,
    PackingHouseCode,
    PackingLink,
    ProductionArea,
    ProductionAreaCode,
    Reason,
)
from codes.querysets import HOME_MARKET
from cooperatives.models import Cooperative
from crops.models import Crop, Variety
from farms.models import Plot
from places.models import AdministrativeUnit

LISTED_STATUSES = (
    ApprovalStatus.APPROVED,
    ApprovalStatus.ON_HOLD,
    ApprovalStatus.WITHDRAWN,
    ApprovalStatus.REJECTED,
)


class AreaForm(forms.Form):
    """Name, crop and plots of an area; plots are those of the cooperative in good standing."""

    name = forms.CharField(label=_("Tên vùng trồng"), max_length=160)
    crop = forms.ModelChoiceField(label=_("Cây trồng"), queryset=Crop.objects.none())
    variety = forms.ModelChoiceField(
        label=_("Giống"), queryset=Variety.objects.none(), required=False, empty_label=_("Nhiều giống hoặc chưa rõ")
    )
    expected_output_t = forms.FloatField(label=_("Sản lượng dự kiến (tấn/năm)"), required=False, min_value=0)
    plots = forms.ModelMultipleChoiceField(label=_("Thửa"), queryset=Plot.objects.none())

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plots = Plot.objects.in_good_standing().filter(cooperative=cooperative)
        crops = Crop.objects.filter(pk__in=plots.order_by().values("crop"))
        self.fields["plots"].queryset = plots  # type: ignore[attr-defined]
        self.fields["crop"].queryset = crops  # type: ignore[attr-defined]
        self.fields["variety"].queryset = Variety.objects.filter(crop__in=crops)  # type: ignore[attr-defined]


class ActForm(forms.Form):
    """Why and by which document a step is taken, or what a market said; `reasons` are the codes that it may name."""

    reason_code = forms.ModelChoiceField(
        label=_("Mã lý do"), queryset=Reason.objects.none(), required=True, empty_label=_("Chọn lý do")
    )
    reason = forms.CharField(label=_("Lý do (lưu nội bộ)"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000)
    document_number = forms.CharField(label=_("Số văn bản"), max_length=80)
    effective_on = forms.DateField(
        label=_("Ngày hiệu lực"), initial=localdate, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    public_note = forms.CharField(
        label=_("Ghi chú công khai"),
        help_text=_("Mọi người đọc được trên trang tra cứu; không ghi tên người."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1000,
        required=False,
    )

    def __init__(self, *args: Any, needs_note: bool = False, reasons: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["public_note"].required = needs_note
        if reasons is None or not reasons.exists():
            del self.fields["reason_code"]
            return
        self.fields["reason_code"].queryset = reasons  # type: ignore[attr-defined]
        self.fields["reason"].required = False
        self.fields["reason"].help_text = _("Để trống: dùng lời văn soạn sẵn của mã lý do.")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        chosen = values.get("reason_code")
        if chosen and not values.get("reason"):
            values["reason"] = chosen.canned_text or str(chosen)
        return values


class SupersedeForm(ActForm):
    """Which codes replace this one, and which others are replaced with it (areas merged)."""

    successors = forms.ModelMultipleChoiceField(
        label=_("Mã thay thế của cùng đơn vị"),
        queryset=ProductionAreaCode.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    typed = forms.CharField(
        label=_("Mã thay thế khác"),
        help_text=_("Mã của đơn vị khác, cách nhau bằng dấu phẩy; khi đó phải ghi chú công khai."),
        required=False,
        max_length=600,
    )
    also_replaced = forms.ModelMultipleChoiceField(
        label=_("Các mã khác cùng được thay (gộp vùng)"),
        queryset=ProductionAreaCode.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    field_order = ("successors", "typed", "also_replaced")

    def __init__(self, *args: Any, code: ProductionAreaCode, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        same = ProductionAreaCode.objects.filter(crop=code.crop_id, holder=code.holder_id).exclude(pk=code.pk)
        same = same.exclude(holder=None).defer("boundary").order_by("code")
        self.fields["successors"].queryset = same.active_on(localdate())  # type: ignore[attr-defined]
        self.fields["also_replaced"].queryset = same.filter(  # type: ignore[attr-defined]
            status__in=(CodeStatus.ACTIVE, CodeStatus.SUSPENDED)
        )
        if not self.fields["also_replaced"].queryset.exists():  # type: ignore[attr-defined]
            del self.fields["also_replaced"]

    def clean_typed(self) -> list[ProductionAreaCode]:
        found, unknown = [], []
        for typed in self.cleaned_data["typed"].replace(";", ",").split(","):
            code = numbering.find_code(typed) if typed.strip() else None
            if code is not None:
                found.append(code)
            elif typed.strip():
                unknown.append(typed.strip())
        if unknown:
            raise forms.ValidationError(_("Không có mã số: %(codes)s.") % {"codes": ", ".join(unknown)})
        return found


class LotForm(forms.Form):
    """A lot that went out: for the holder its own codes, for a packing house those that it may use."""

    code = forms.ModelChoiceField(
        label=_("Mã số vùng trồng"), queryset=ProductionAreaCode.objects.none(), empty_label=_("Chọn mã số")
    )
    lot_number = forms.CharField(label=_("Số lô"), max_length=60)
    shipped_on = forms.DateField(
        label=_("Ngày xuất"), initial=localdate, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    weight_kg = forms.DecimalField(label=_("Khối lượng (kg)"), max_digits=11, decimal_places=1)
    market = forms.ModelChoiceField(
        label=_("Thị trường đến"), queryset=Market.objects.all(), required=False, empty_label=_("Chưa rõ")
    )
    packing_code = forms.ModelChoiceField(
        label=_("Cơ sở đóng gói"),
        queryset=PackingHouseCode.objects.none(),
        required=False,
        empty_label=_("Không qua cơ sở đóng gói"),
    )
    note = forms.CharField(
        label=_("Ghi chú"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000, required=False
    )

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        live = PackingLink.objects.live()
        served = live.filter(packing_code__house__operator=cooperative).values("code")
        codes = ProductionAreaCode.objects.filter(Q(holder=cooperative) | Q(pk__in=served))
        linked = live.filter(code__holder=cooperative).values("packing_code")
        houses = PackingHouseCode.objects.filter(Q(house__operator=cooperative) | Q(pk__in=linked))
        self.fields["code"].queryset = codes.defer("boundary").order_by("code")  # type: ignore[attr-defined]
        self.fields["packing_code"].queryset = houses.select_related("house")  # type: ignore[attr-defined]


class PackingHouseForm(forms.Form):
    """A packing house: by its own firm (`operator` is known), or by an officer for any."""

    name = forms.CharField(label=_("Tên cơ sở"), max_length=160)
    operator = forms.ModelChoiceField(
        label=_("Đơn vị vận hành"),
        queryset=Cooperative.objects.none(),
        required=False,
        to_field_name="slug",
        empty_label=_("Chưa có trong hệ thống"),
    )
    operator_name = forms.CharField(
        label=_("Tên đơn vị vận hành"),
        help_text=_("Khi đơn vị chưa có trong hệ thống."),
        max_length=160,
        required=False,
    )
    commune = forms.ModelChoiceField(label=_("Phường, xã"), queryset=AdministrativeUnit.objects.none())
    address = forms.CharField(label=_("Địa chỉ"), max_length=200, required=False)
    contact_name = forms.CharField(label=_("Người liên hệ (không công khai)"), max_length=120, required=False)
    phone = forms.CharField(label=_("Điện thoại (không công khai)"), max_length=20, required=False)

    def __init__(self, *args: Any, operators: Any, communes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["operator"].queryset = operators  # type: ignore[attr-defined]
        self.fields["commune"].queryset = communes.communes().without_shapes().order_by("name_vi")  # type: ignore[attr-defined]


class PackingCodeForm(forms.Form):
    """The code of a packing house as the authority gave it."""

    code = forms.CharField(label=_("Mã số cơ sở đóng gói"), max_length=60)
    market = forms.ModelChoiceField(
        label=_("Thị trường"), queryset=Market.objects.all(), required=False, empty_label=_("Mọi thị trường")
    )
    issued_on = forms.DateField(
        label=_("Ngày cấp"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    valid_until = forms.DateField(
        label=_("Hiệu lực đến hết"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    document_number = forms.CharField(label=_("Số văn bản"), max_length=80, required=False)


class PackingActForm(forms.Form):
    """By which document a packing house code is suspended, restored or revoked."""

    document_number = forms.CharField(label=_("Số văn bản"), max_length=80)
    public_note = forms.CharField(
        label=_("Ghi chú công khai"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000, required=False
    )

    def __init__(self, *args: Any, needs_note: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["public_note"].required = needs_note


class LinkForm(forms.Form):
    """Which packing house is to use which code."""

    code = forms.CharField(label=_("Mã số vùng trồng"), max_length=60)
    packing_code = forms.CharField(label=_("Mã số cơ sở đóng gói"), max_length=60)
    note = forms.CharField(
        label=_("Ghi chú"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000, required=False
    )

    def clean_code(self) -> ProductionAreaCode:
        found = numbering.find_code(self.cleaned_data["code"])
        if found is None:
            raise forms.ValidationError(_("Không có mã số này."))
        return found

    def clean_packing_code(self) -> PackingHouseCode:
        found = PackingHouseCode.objects.spelled(self.cleaned_data["packing_code"])
        if found is None:
            raise forms.ValidationError(_("Không có mã số cơ sở đóng gói này."))
        return found


class AreaLinkForm(forms.Form):
    """Which area an imported code is about."""

    area = forms.ModelChoiceField(label=_("Vùng trồng"), queryset=ProductionArea.objects.none())

    def __init__(self, *args: Any, code: ProductionAreaCode, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = ProductionArea.objects.filter(crop=code.crop_id, is_active=True).select_related("cooperative")
        areas = areas.filter(cooperative=code.holder_id) if code.holder_id else areas.filter(commune=code.commune_id)
        areas = areas.defer("boundary", "boundary_3857", "public_shape", "public_shape_3857")
        self.fields["area"].queryset = areas.order_by("name")  # type: ignore[attr-defined]


class ListForm(forms.Form):
    """A list of codes to bring in: an importing country's, or codes of the time before this system."""

    kind = forms.ChoiceField(label=_("Loại danh sách"), choices=ListKind.choices)
    file = forms.FileField(label=_("Tệp (XLSX, XLS, ODS, CSV hoặc PDF)"))
    unit = forms.ModelChoiceField(label=_("Địa bàn"), queryset=AdministrativeUnit.objects.none())
    market = forms.ModelChoiceField(
        label=_("Thị trường"),
        help_text=_("Cho danh sách của nước nhập khẩu."),
        queryset=Market.objects.exclude(code=HOME_MARKET),
        required=False,
        empty_label=_("Chọn thị trường"),
    )
    scheme = forms.ModelChoiceField(
        label=_("Chế độ mã số"),
        help_text=_("Cho danh sách mã số cũ: mẫu mã cho biết số thứ tự."),
        queryset=CodeScheme.objects.all(),
        required=False,
        empty_label=_("Chọn chế độ"),
    )
    document_number = forms.CharField(label=_("Số văn bản"), max_length=80)
    decided_on = forms.DateField(
        label=_("Ngày của danh sách"),
        initial=localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    default_status = forms.ChoiceField(
        label=_("Khi dòng không ghi trạng thái"),
        help_text=_("Cho danh sách của nước nhập khẩu."),
        choices=[(status, status.label) for status in LISTED_STATUSES],
        initial=ApprovalStatus.APPROVED,
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["unit"].initial = units.first()


class ColumnsForm(forms.Form):
    """What each column of the list means."""

    def __init__(self, *args: Any, code_list: CodeList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        used = [("", _("Không dùng")), *((name, imports.COLUMNS[name]) for name in imports.USED[code_list.kind])]
        samples = code_list.summary.get("samples", [])
        self.headings = list(code_list.summary.get("headings", []))
        for index, heading in enumerate(self.headings):
            shown = "; ".join(row[index] for row in samples if index < len(row) and row[index])[:120]
            self.fields[f"column{index}"] = forms.ChoiceField(
                label=heading,
                help_text=escape(shown),
                choices=used,
                required=False,
                initial=code_list.columns.get(heading, ""),
            )

    def columns(self) -> dict[str, str]:
        """Return heading -> meaning."""
        chosen = {heading: self.cleaned_data[f"column{index}"] for index, heading in enumerate(self.headings)}
        return {heading: meaning for heading, meaning in chosen.items() if meaning}
