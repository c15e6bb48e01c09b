"""Terms of the steps of a request: dated data of its scheme, counted in the days that the scheme's text means."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from casework.working_days import add_working_days
from codes.models import CodeScheme, DeadlineStep
from core.errors import RuleViolated
from places.models import AdministrativeUnit


def due_on(
    scheme: CodeScheme, step: DeadlineStep, *, start: dt.date, unit: AdministrativeUnit | None = None
) -> dt.date:
    """Return the last day of the term of `step` that begins on `start` (the day after counts as the first).

    The scheme's row in force on `start` decides; working days are those at `unit` (the commune that the matter belongs
    to), without one those of the scheme's province. Raises RuleViolated("deadline_missing") where it has none.
    """
    rows = scheme.deadlines.on(start).filter(step=step)  # type: ignore[attr-defined]
    deadline = rows.order_by("-valid_from").first()
    if deadline is None:
        raise RuleViolated(
            "deadline_missing",
            _("Chế độ “%(scheme)s” chưa có thời hạn cho bước “%(step)s”. Quản trị viên cần nhập vào chế độ.")
            % {"scheme": scheme.name, "step": step.label},
        )
    if not deadline.is_working_days:
        return start + dt.timedelta(deadline.days)
    return add_working_days(start, deadline.days, unit or scheme.province)
