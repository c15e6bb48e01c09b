"""Monitoring of issued codes: when each was last visited and when its next visit is due."""

import datetime as dt

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    F,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Greatest

from casework.expressions import plus_months
from casework.models import Inspection
from codes.models import CodeStatus
from codes.querysets import CodeQuerySet

WATCHED = (CodeStatus.ACTIVE, CodeStatus.SUSPENDED)  # what is over for good is not visited any more


def with_monitoring(codes: CodeQuerySet, day: dt.date) -> CodeQuerySet:
    """Annotate `last_visit_on`, `next_visit_on`, `is_monitoring_due` as of `day`.

    A visit is to the ground: one to any code of the same area counts for all of them (a scheme bound to markets gives
    one area many codes). The next is due `scheme.monitoring_months` after the last one, or after issue (null: the
    scheme asks for none); due from that day on, while the code is active or suspended.
    """
    own = Inspection.objects.filter(code=OuterRef("pk"), visited_on__lte=day)
    same_ground = Inspection.objects.filter(code__area=OuterRef("area"), visited_on__lte=day)
    return codes.annotate(
        last_visit_on=Greatest(_latest(own, "code"), _latest(same_ground, "code__area")),
        next_visit_on=plus_months(Greatest(F("issued_on"), F("last_visit_on")), F("scheme__monitoring_months")),
        is_monitoring_due=Case(
            When(Q(status__in=WATCHED, next_visit_on__lte=day), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        ),
    )


def _latest(visits: object, group: str) -> Subquery:
    """The day of the last of `visits`, one row by `group`."""
    latest = visits.order_by().values(group).annotate(last=Max("visited_on"))  # type: ignore[attr-defined]
    return Subquery(latest.values("last"), output_field=DateField())
