"""Checks at work: an overlap settled by a ready correction, and a code whose area was drawn anew since it was given."""

from typing import Any

from casework.models import CodeAlert
from codes.models import ProductionArea
from codes.services import redraw_area
from codes.services.areas import AT_OFFICE
from farms.corrections import corrections_of
from farms.models import OverlapCase, OverlapDecision
from farms.permissions import can_decide_overlap
from farms.services import decide_overlap

MANY_GROWERS = 3  # the outline stays public, whatever its version


def tell_checks(*, officer: Any, clerk: Any) -> str:
    """Settle the first overlap that the officer may settle, and draw one coded area anew. Returns what was done."""
    return f"{_settle(officer)} overlap case settled by a cut, {_redraw(clerk)} alert on a code"


def _settle(officer: Any) -> int:
    for case in OverlapCase.objects.open().select_related("second__commune").order_by("pk"):
        trim = next(one for one in corrections_of(case) if one.decision == OverlapDecision.TRIM_SECOND)
        if not trim.problem and can_decide_overlap(officer, case):
            decide_overlap(case, trim.decision, reason="Thửa ghi trước có giấy tờ đất, thửa sau vẽ lấn.", by=officer)
            return 1
    return 0


def _redraw(clerk: Any) -> int:
    coded = ProductionArea.objects.filter(codes__status="active", grower_count__gte=MANY_GROWERS, is_active=True)
    area = coded.exclude(requests__status__in=AT_OFFICE).order_by("-pk").first()
    if area is not None:
        redraw_area(area, by=clerk)
    return CodeAlert.objects.open().count()
