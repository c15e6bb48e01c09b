"""What a return marks for correction: fields of the form, plots, why, and until when."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest, RequestEvent
from core.errors import Finding, RuleViolated

MARKABLE = {
    "area": _("Vùng trồng, ranh giới"),
    "scheme": _("Chế độ mã số"),
    "markets": _("Thị trường"),
    "expected_output_t": _("Sản lượng dự kiến (tấn/năm)"),
    "contact_person": _("Người phụ trách kỹ thuật"),
    "note": _("Ghi chú"),
    "documents": _("Giấy tờ"),
}


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one return. `plots`: ids; `refs`: their names that day; `due_on` the last day to correct."""

    fields: tuple[str, ...]
    plots: frozenset[int]
    refs: tuple[str, ...]
    reason: str
    reason_code: str
    due_on: dt.date | None
    event: RequestEvent

    @property
    def field_labels(self) -> list[Any]:
        """Names of the marked fields."""
        return [MARKABLE[name] for name in self.fields if name in MARKABLE]


def check_marks(code_request: CodeRequest, fields: Iterable[str], plots: Iterable[int]) -> dict[str, Any]:
    """Return `{fields, plots, refs}` for the event. Raises RuleViolated for a field or plot that the request lacks."""
    names, ids = list(dict.fromkeys(fields)), set(plots)
    strange = [name for name in names if name not in MARKABLE]
    known = dict(code_request.area.plots.filter(pk__in=ids).order_by("ref").values_list("pk", "ref"))
    findings = [Finding("unknown_field", _("Không đánh dấu được mục này."), "/fields") for _name in strange[:1]]
    if ids - known.keys():
        findings.append(Finding("unknown_plot", _("Có thửa không thuộc vùng trồng của hồ sơ."), "/plots"))
    if findings:
        raise RuleViolated("invalid", findings=findings)
    return {"fields": names, "plots": list(known), "refs": list(known.values())}


def marks_of(code_request: CodeRequest) -> Marks | None:
    """Return the marks of the last return, None when the request was never returned."""
    event = code_request.events.filter(transition="return").last()
    if event is None:
        return None
    details = event.details
    due_on = details.get("due_on")
    return Marks(
        fields=tuple(details.get("fields", ())),
        plots=frozenset(details.get("plots", ())),
        refs=tuple(details.get("refs", ())),
        reason=event.note,
        reason_code=details.get("reason_code", ""),
        due_on=dt.date.fromisoformat(due_on) if due_on else None,
        event=event,
    )
