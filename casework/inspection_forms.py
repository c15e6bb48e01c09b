"""Forms of visits: planning one, and the page that is filled in on a phone."""

import base64
import binascii
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from casework.checklists import MAX_TEXT
from casework.corners import SYSTEMS, read_corners
from casework.models import InspectionPurpose, InspectionResult
from casework.services.inspections import Seen
from codes.models import AnswerKind, ChecklistItem
from core.errors import BadInput, Finding, RuleViolated

SAMPLE_ROWS = 3
_DATA_URL = "data:image/png;base64,"
_DAY = {"type": "date"}


class PlanVisitForm(forms.Form):
    """A visit to an issued code: why, when, who."""

    purpose = forms.ChoiceField(
        label=_("Mục đích"),
        choices=[choice for choice in InspectionPurpose.choices if choice[0] != InspectionPurpose.REQUEST],
    )
    planned_on = forms.DateField(label=_("Ngày hẹn"), widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    inspector = forms.ModelChoiceField(
        label=_("Người đi"), queryset=User.objects.none(), required=False, empty_label=_("Chưa phân công")
    )
    note = forms.CharField(
        label=_("Ghi chú"), widget=forms.Textarea(attrs={"rows": 2}), max_length=4000, required=False
    )

    def __init__(self, *args: Any, inspectors: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if inspectors is not None:
            self.fields["inspector"].queryset = inspectors  # type: ignore[attr-defined]


class VisitForm(forms.Form):
    """Everything of a visit that the page asks besides the checklist, whose fields are made from its lines.

    Works without script: position and corners can be typed; a typed name stands for the signature on glass.
    """

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    visited_on = forms.DateField(
        label=_("Ngày kiểm tra"), initial=localdate, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d")
    )
    lat = forms.FloatField(label=_("Vĩ độ"), min_value=6.5, max_value=23.6, required=False)
    lon = forms.FloatField(label=_("Kinh độ"), min_value=102, max_value=118, required=False)
    accuracy_m = forms.FloatField(label=_("Sai số (m)"), min_value=0, required=False)
    corner_system = forms.ChoiceField(label=_("Hệ tọa độ của điểm góc"), choices=SYSTEMS, required=False)
    corners = forms.CharField(
        label=_("Điểm góc đề nghị sửa"),
        help_text=_("Mỗi dòng một điểm, theo vòng, ví dụ: 10.4512; 105.6321"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        max_length=20_000,
        required=False,
    )
    result = forms.ChoiceField(label=_("Kết quả"), choices=InspectionResult.choices, widget=forms.RadioSelect)
    report = forms.CharField(label=_("Nội dung biên bản"), widget=forms.Textarea(attrs={"rows": 4}), max_length=10_000)
    signer_name = forms.CharField(
        label=_("Người ký phía đơn vị (ghi tên)"),
        help_text=_("Tên ghi ở đây thay cho chữ ký khi không ký được trên màn hình."),
        max_length=120,
        required=False,
    )
    signature = forms.CharField(widget=forms.HiddenInput, required=False, max_length=600_000)

    def __init__(self, *args: Any, items: Sequence[ChecklistItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        self.fields["client_id"].initial = uuid.uuid4
        for item in items:
            self.fields[f"item-{item.slug}"] = _answer_field(item)
            self.fields[f"note-{item.slug}"] = forms.CharField(label=_("Ghi chú"), max_length=MAX_TEXT, required=False)
        for row in range(SAMPLE_ROWS):
            for name, label in (("number", _("Số mẫu")), ("what", _("Lấy gì")), ("for_test", _("Để kiểm"))):
                field = forms.CharField(label=label, max_length=120, required=False)
                self.fields[f"sample-{row}-{name}"] = field

    @property
    def checklist(self) -> list[tuple[ChecklistItem, Any, Any]]:
        """Each line with its answer's field and its note's field."""
        return [(item, self[f"item-{item.slug}"], self[f"note-{item.slug}"]) for item in self.items]

    @property
    def sample_rows(self) -> list[list[Any]]:
        """The fields of each sample."""
        return [[self[f"sample-{row}-{name}"] for name in ("number", "what", "for_test")] for row in range(SAMPLE_ROWS)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (data.get("lat") is None) != (data.get("lon") is None):
            self.add_error("lat", _("Hãy ghi cả kinh độ và vĩ độ, hoặc để trống cả hai."))
        try:
            data["corners"] = read_corners(data.get("corners", ""))
        except RuleViolated as error:
            self.add_error("corners", [str(finding.message) for finding in error.findings])
        return data

    def visit(self) -> dict[str, Any]:
        """Return the arguments of `record_inspection`, of a valid form."""
        data = self.cleaned_data
        lon, lat = data["lon"], data["lat"]
        return {
            "client_id": data["client_id"],
            "visited_on": data["visited_on"],
            "result": data["result"],
            "report": data["report"],
            "position": None if lon is None else Point(lon, lat, srid=4326),
            "accuracy_m": data["accuracy_m"],
            "seen": Seen(
                answers=[self._answer(item) for item in self.items],
                corners=data["corners"],
                corner_system=data["corner_system"] or SYSTEMS[0][0],
                samples=self._samples(),
                signer_name=data["signer_name"],
                signature=decode_signature(data["signature"]),
            ),
        }

    def _answer(self, item: ChecklistItem) -> dict[str, Any]:
        value = self.cleaned_data.get(f"item-{item.slug}")
        if item.answer_kind == AnswerKind.YES_NO:
            value = {"yes": True, "no": False}.get(value or "")
        return {"item": item.slug, "answer": value, "note": self.cleaned_data.get(f"note-{item.slug}", "")}

    def _samples(self) -> list[dict[str, str]]:
        names = ("number", "what", "for_test")
        return [
            {name: self.cleaned_data.get(f"sample-{row}-{name}", "") for name in names} for row in range(SAMPLE_ROWS)
        ]


def decode_signature(text: str) -> bytes:
    """Return the PNG of `data:image/png;base64,...`; nothing for an empty text. Raises BadInput."""
    if not text:
        return b""
    try:
        return base64.b64decode(text.removeprefix(_DATA_URL), validate=True)
    except (binascii.Error, ValueError) as error:
        finding = Finding("signature_unreadable", _("Không đọc được chữ ký. Hãy ký lại."), "/signature")
        raise BadInput("signature_unreadable", findings=[finding]) from error


def _answer_field(item: ChecklistItem) -> forms.Field:
    label = f"{item.text} ({item.unit})" if item.unit else item.text
    if item.answer_kind == AnswerKind.NUMBER:
        return forms.FloatField(label=label, required=item.is_required)
    if item.answer_kind == AnswerKind.TEXT:
        return forms.CharField(label=label, required=item.is_required, max_length=MAX_TEXT)
    choices = [("yes", _("Đạt")), ("no", _("Không đạt"))]
    if not item.is_required:
        choices.append(("", _("Không xem xét")))
    attrs = {"data-critical": "1"} if item.is_critical else {}
    widget = forms.RadioSelect(attrs=attrs)
    return forms.ChoiceField(label=label, choices=choices, widget=widget, required=item.is_required)
