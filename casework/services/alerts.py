"""The nightly second look at issued codes: alerts are flags on the desk; no status is ever changed here."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.eligibility import CHECKS_OF_CODES, FAIL, PASS, WARN, Finding, examine, question_of_code
from casework.models import CodeAlert, RequestEvent
from casework.permissions import can_dismiss_alert
from codes.models import ProductionArea, ProductionAreaCode
from core.errors import Finding as ErrorFinding
from core.errors import RuleViolated, WrongState
from core.permissions import require

BATCH = 50
AREA_CHANGED = "area_changed"  # row E15 of the catalogue
WEIGHT = {PASS: 0, WARN: 1, FAIL: 2}
Progress = Callable[[int, str], None]


def recheck_codes(*, on: dt.date | None = None, progress: Progress | None = None) -> dict[str, int]:
    """Ask the rules again for every active code that has an area; open, renew and close alerts; return counts.

    Each batch is a transaction of its own: what was found stays when the job is stopped half-way.
    """
    day = on or timezone.localdate()
    rows = ProductionAreaCode.objects.active_on(day).filter(area__isnull=False)
    total, last, counts = rows.count(), 0, Counter[str](checked=0, opened=0, closed=0)
    counts.update(closed=_close_of_dead_codes(day))
    while batch := list(_heavy(rows.filter(pk__gt=last).order_by("pk"))[:BATCH]):
        with transaction.atomic():
            counts.update(_recheck(batch, day))
        last = batch[-1].pk
        if progress is not None:
            progress(round(100 * counts["checked"] / max(total, counts["checked"])), _("Kiểm tra lại mã số"))
    return dict(counts)


def _heavy(rows: QuerySet[ProductionAreaCode]) -> QuerySet[ProductionAreaCode]:
    return rows.select_related("area__crop", "area__variety", "scheme", "market").prefetch_related("approvals__market")


def _close_of_dead_codes(day: dt.date) -> int:
    """Alerts of codes that are no longer in force have nothing to warn of."""
    alive = ProductionAreaCode.objects.active_on(day)
    return CodeAlert.objects.filter(closed_at=None).exclude(code__in=alive).update(closed_at=timezone.now())


def _recheck(codes: list[ProductionAreaCode], day: dt.date) -> Counter[str]:
    counts = Counter[str](checked=len(codes))
    decided = _decisions(codes)
    standing: dict[int, list[CodeAlert]] = {code.pk: [] for code in codes}
    for alert in CodeAlert.objects.select_for_update().filter(code__in=codes, closed_at=None).order_by("pk"):
        standing[alert.code_id].append(alert)
    for code in codes:
        request_id, baseline = decided.get(code.pk, (None, None))
        found = examine(question_of_code(code, on=day, request_id=request_id), CHECKS_OF_CODES)
        wanted = _worth_an_alert([*_area_changed(code), *found], baseline)
        counts.update(_bring_up_to_date(code, wanted, standing[code.pk]))
    return counts


def _decisions(codes: list[ProductionAreaCode]) -> dict[int, tuple[int, dict[str, str]]]:
    """Return, by code, the request that issued it and the verdict of each rule when it was approved."""
    events = RequestEvent.objects.filter(transition="approve", code_request__codes__in=codes).order_by("pk")
    found = {}
    for code_id, request_id, findings in events.values_list("code_request__codes", "code_request", "findings"):
        verdicts: dict[str, str] = {}
        for one in findings:
            verdicts[one["rule"]] = max(verdicts.get(one["rule"], PASS), one["verdict"], key=WEIGHT.__getitem__)
        found[code_id] = (request_id, verdicts)
    return found


def _worth_an_alert(findings: Iterable[Finding], baseline: dict[str, str] | None) -> dict[str, Finding]:
    """Return, by rule, the worst finding that is worse than when the code was given.

    A code that was not given on a request here (imported) has no such day: of it only failures are told.
    """
    wanted: dict[str, Finding] = {}
    for finding in findings:
        before = WARN if baseline is None else baseline.get(finding.rule, PASS)
        is_news = finding.rule == AREA_CHANGED or WEIGHT[finding.verdict] > WEIGHT[before]
        known = wanted.get(finding.rule)
        if is_news and (known is None or WEIGHT[finding.verdict] > WEIGHT[known.verdict]):
            wanted[finding.rule] = finding
    return wanted


def _area_changed(code: ProductionAreaCode) -> list[Finding]:
    """The area has been drawn anew since the code was given: the code stands for other ground than the map shows."""
    if code.area is None or code.area_version in (None, code.area.version):
        return []
    return [
        Finding(
            rule=AREA_CHANGED,
            title=_("Vùng trồng đã đổi sau khi cấp mã"),
            verdict=WARN,
            measured=_("bản %(n)s") % {"n": code.area.version},
            threshold=_("bản %(n)s khi cấp") % {"n": code.area_version},
            advice=_("Xem lại hồ sơ: mã vẫn giữ ranh giới khi cấp, vùng trồng thì không."),
        )
    ]


def _bring_up_to_date(code: ProductionAreaCode, wanted: dict[str, Finding], standing: list[CodeAlert]) -> Counter[str]:
    counts, known = Counter[str](), {alert.rule: alert for alert in standing}
    for rule, alert in known.items():
        finding = wanted.get(rule)
        is_worse = finding is not None and WEIGHT[finding.verdict] > WEIGHT[alert.verdict]
        if finding is None or (alert.dismissed_by_id is not None and is_worse):  # dismissed for less than it is now
            alert.closed_at = timezone.now()
            alert.save(update_fields=["closed_at"])
            counts["closed"] += 1
        else:
            alert.verdict, alert.finding = finding.verdict, finding.as_dict()
            alert.save(update_fields=["verdict", "finding", "seen_at"])
    missing = [rule for rule in wanted if rule not in known or known[rule].closed_at is not None]
    made = CodeAlert.objects.bulk_create(
        [
            CodeAlert(code=code, rule=rule, verdict=wanted[rule].verdict, finding=wanted[rule].as_dict())
            for rule in missing
        ],
        ignore_conflicts=True,  # the area's own news (`note_changed_areas`) may have been faster
    )
    counts["opened"] += len(made)
    return counts


def note_changed_areas(areas: QuerySet[ProductionArea]) -> int:
    """Open the alert of row E15 at once for the active codes of areas that were drawn anew; return how many codes."""
    codes = list(
        ProductionAreaCode.objects.active_on(timezone.localdate())
        .filter(area__in=areas.values("pk"), area_version__lt=F("area__version"))
        .select_related("area")
        .order_by("pk")
    )
    alerts = [
        CodeAlert(code=code, rule=AREA_CHANGED, verdict=WARN, finding=finding.as_dict())
        for code in codes
        for finding in _area_changed(code)
    ]
    CodeAlert.objects.bulk_create(alerts, ignore_conflicts=True)
    return len(codes)


@transaction.atomic
def dismiss_alert(alert: CodeAlert, *, reason: str, by: Any) -> CodeAlert:
    """Put an alert aside with a reason; it stays quiet until the rule passes again or gets worse.

    Raises NotAllowed, WrongState("alert_over"), RuleViolated("reason_missing").
    """
    alert = CodeAlert.objects.select_for_update(of=("self",)).select_related("code__commune").get(pk=alert.pk)
    require(can_dismiss_alert(by, alert))
    if alert.closed_at is not None or alert.dismissed_by_id is not None:
        raise WrongState("alert_over", _("Cảnh báo này đã được xử lý hoặc không còn."))
    if not reason.strip():
        raise RuleViolated("reason_missing", findings=[ErrorFinding("reason_missing", _("Hãy ghi lý do."), "/reason")])
    alert.dismissed_by, alert.dismiss_reason = by, reason
    alert.save(update_fields=["dismissed_by", "dismiss_reason"])
    return alert
