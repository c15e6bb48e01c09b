"""Visits to coded areas: some made, one with a small fault, some planned; so that the desk has monitoring to do."""

import datetime as dt
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.timezone import localdate

from casework.checklists import checklist_of
from casework.models import InspectionPurpose
from casework.services.inspections import Seen, plan_visit, record_inspection
from codes.models import AnswerKind, CodeStatus, ProductionAreaCode

MADE = 6
PLANNED = 4


def tell_visits(officer: Any) -> str:
    """Record and plan monitoring visits to codes of the demonstration. Returns a line that says how many."""
    codes = ProductionAreaCode.objects.filter(status=CodeStatus.ACTIVE, holder__slug__startswith="demo-")
    chosen = list(codes.exclude(boundary=None).order_by("area_id", "code").distinct("area_id")[: MADE + PLANNED])
    today = localdate()
    for number, code in enumerate(chosen[:MADE]):
        _visit(code, today - dt.timedelta(days=10 + 7 * number), has_fault=number == 2, by=officer)
    for number, code in enumerate(chosen[MADE:]):
        plan_visit(code, planned_on=today + dt.timedelta(days=2 + number), note="Giám sát định kỳ (DEMO)", by=officer)
    return f"{len(chosen[:MADE])} visits made, {len(chosen[MADE:])} planned"


def _visit(code: ProductionAreaCode, day: dt.date, *, has_fault: bool, by: Any) -> None:
    values = {AnswerKind.YES_NO: True, AnswerKind.NUMBER: 5, AnswerKind.TEXT: "Bình thường (DEMO)"}
    answers = [{"item": item.slug, "answer": values[AnswerKind(item.answer_kind)]} for item in checklist_of(code, day)]
    middle = code.boundary.point_on_surface
    report = "Sổ ghi thiếu ngày phun, đã nhắc bổ sung (DEMO)." if has_fault else "Vườn sạch, sổ ghi đủ (DEMO)."
    record_inspection(
        code,
        visited_on=day,
        purpose=InspectionPurpose.MONITORING,
        result="minor" if has_fault else "pass",
        report=report,
        position=Point(middle.x, middle.y, srid=4326),
        accuracy_m=6,
        seen=Seen(answers=answers, signer_name="Người ký DEMO"),
        by=by,
    )
