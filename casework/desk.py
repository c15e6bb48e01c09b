"""The officers' desk: what lies on each tab. One function gives the rows of a tab; count and list both come from it."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import QueryDict
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficerPost, User
from accounts.permissions import roles_with, units_with
from casework.eligibility import FAIL, PASS, WARN
from casework.filters_desk import AlertFilters, CaseFilters, CodeDeskFilters, DeskFilters, OverlapFilters, VisitFilters
from casework.models import (
    FINAL_STATUSES,
    CodeAlert,
    CodeRequest,
    MisuseCase,
    MisuseStatus,
    PlannedVisit,
    RequestEvent,
    RequestStatus,
)
from casework.monitoring import CommuneShare, share_by_commune, watched_codes, with_monitoring
from casework.querysets import AWAITING_OFFICE
from casework.summaries import Deadline, deadline_of
from casework.workflow import EVENT_TITLES
from casework.working_days import Calendars
from codes.models import ProductionAreaCode
from core.errors import BadInput
from core.filters import StrictFilterSet, as_query_dict
from core.problems import parameter_finding
from farms.models import OverlapCase
from places.models import AdministrativeUnit

PAGE_PARAMETERS = ("tab", "page")
SHAPES = ("area__boundary", "area__boundary_3857", "area__public_shape", "area__public_shape_3857")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at the desk, and on which day."""

    user: Any
    day: dt.date

    def units(self, grant: str = "casework.view_request") -> QuerySet[AdministrativeUnit]:
        """Return the units where the reader holds `grant`."""
        return units_with(self.user, grant)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of row on a tab: how it is drawn (`kind`), which filters it understands, its unfiltered rows."""

    kind: str
    filters: type[StrictFilterSet]
    rows: Callable[[Reader], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab as the page shows it; `query` carries the filters that this tab understands."""

    name: str
    title: Any
    count: int
    is_current: bool
    query: str


# --- What lies where ---------------------------------------------------------------------------------------------


def _requests(condition: Callable[[Reader], Q]) -> Callable[[Reader], QuerySet[CodeRequest]]:
    def rows(reader: Reader) -> QuerySet[CodeRequest]:
        is_over = Case(When(status__in=FINAL_STATUSES, then=True), default=False)  # decided after what still waits
        asked = CodeRequest.objects.for_office(reader.user).filter(condition(reader))
        return asked.order_by(is_over, "due_on", "pk")

    return rows


def _at_office(**more: Any) -> Q:
    return Q(status__in=AWAITING_OFFICE, **more)


def _visits(reader: Reader) -> QuerySet[PlannedVisit]:
    """Planned visits whose day has come, of whoever they are."""
    units = reader.units()
    here = Q(code_request__commune__in=units) | Q(code__commune__in=units)
    due = PlannedVisit.objects.open().filter(here, planned_on__lte=reader.day)
    rows = due.select_related("code_request__area__crop", "code_request__commune", "code__commune", "inspector")
    return rows.defer("code__boundary", *(f"code_request__{name}" for name in SHAPES)).order_by("planned_on", "pk")


def _to_monitor(reader: Reader) -> QuerySet[ProductionAreaCode]:
    """Codes that nobody has visited for as long as their scheme says, and for which no visit is planned."""
    planned = PlannedVisit.objects.open().filter(code=OuterRef("pk"))
    due = (
        with_monitoring(watched_codes(reader.user), reader.day).filter(is_monitoring_due=True).exclude(Exists(planned))
    )
    return due.select_related("commune").defer("boundary").order_by("next_visit_on", "pk")


def _overlaps(reader: Reader) -> QuerySet[OverlapCase]:
    units = reader.units("farms.view_plot")
    here = Q(first__commune__in=units) | Q(second__commune__in=units)
    rows = OverlapCase.objects.open().filter(here)
    rows = rows.select_related("first__cooperative", "second__cooperative", "second__commune")
    outlines = ("shared", "first__boundary", "first__boundary_3857", "second__boundary", "second__boundary_3857")
    return rows.defer(*outlines).order_by("opened_at", "pk")


def _cases(reader: Reader) -> QuerySet[MisuseCase]:
    """Cases that are not closed: verified ones still wait for publication."""
    rows = MisuseCase.objects.visible_to(reader.user).exclude(status=MisuseStatus.CLOSED)
    return rows.select_related("code", "commune", "assigned_to").defer("code__boundary").order_by("created_at", "pk")


def _overdrawn(reader: Reader) -> QuerySet[ProductionAreaCode]:
    """Codes on whose area more was declared this year than it can bear."""
    codes = ProductionAreaCode.objects.filter(commune__in=reader.units("codes.view_code"))
    case = MisuseCase.objects.open().filter(code=OuterRef("pk"))
    rows = (
        codes.with_ledger(reader.day.year)
        .filter(is_overdrawn=True)
        .annotate(open_case=Subquery(case.order_by("pk").values("pk")[:1]), over_t=F("declared_t") - F("expected_t"))
    )
    return rows.select_related("commune").defer("boundary").order_by("remaining_t", "pk")


def _alerts(reader: Reader) -> QuerySet[CodeAlert]:
    rows = CodeAlert.objects.open().filter(code__commune__in=reader.units())
    is_warning = Case(When(verdict="warn", then=Value(True)), default=Value(False), output_field=BooleanField())
    return rows.select_related("code").defer("code__boundary").order_by(is_warning, "-opened_at", "pk")


def _request_part(condition: Callable[[Reader], Q]) -> tuple[Part, ...]:
    return (Part("request", DeskFilters, _requests(condition)),)


TABS: dict[str, tuple[Any, tuple[Part, ...]]] = {
    "mine": (_("Của tôi"), _request_part(lambda reader: _at_office(assigned_to=reader.user))),
    "unassigned": (_("Chưa ai nhận"), _request_part(lambda reader: _at_office(assigned_to=None))),
    "late": (_("Trễ hạn"), _request_part(lambda reader: _at_office(due_on__lt=reader.day))),
    "returned": (_("Đã trả lại"), _request_part(lambda reader: Q(status=RequestStatus.RETURNED))),
    "inspections": (
        _("Đến hạn kiểm tra"),
        (Part("visit", VisitFilters, _visits), Part("code_due", CodeDeskFilters, _to_monitor)),
    ),
    "overlaps": (_("Chồng lấn"), (Part("overlap", OverlapFilters, _overlaps),)),
    "misuse": (_("Sử dụng sai mã"), (Part("case", CaseFilters, _cases),)),
    "ledger": (_("Vượt khối lượng"), (Part("overdrawn", CodeDeskFilters, _overdrawn),)),
    "alerts": (_("Cảnh báo"), (Part("alert", AlertFilters, _alerts),)),
    "all": (_("Tất cả"), _request_part(lambda reader: Q())),
}
REQUEST_TABS = frozenset(name for name, (_title, parts) in TABS.items() if parts[0].kind == "request")


def rows_of(tab: str, reader: Reader, params: Mapping[str, Any]) -> list[tuple[str, QuerySet[Any]]]:
    """Return (kind, rows) of every part of a tab, filtered by those of `params` that the tab understands.

    Raises BadInput naming the parameter whose value cannot be read. The count of a tab is that of these rows.
    """
    data = as_query_dict(params)
    return [(part.kind, part.filters.checked(_known(data, part.filters), part.rows(reader))) for part in TABS[tab][1]]


def count_of(tab: str, reader: Reader, params: Mapping[str, Any]) -> int:
    """Return how many rows lie on a tab."""
    return sum(rows.count() for _kind, rows in rows_of(tab, reader, params))


def refuse_unknown(tab: str, params: Mapping[str, Any]) -> None:
    """Raise BadInput for a parameter that the tab does not understand: nothing asked for is silently left out."""
    known = {*PAGE_PARAMETERS, *TABS[tab][1][0].filters.parameters()}
    texts = _("Không có tham số này. Các tham số dùng được: %(known)s.") % {"known": ", ".join(sorted(known))}
    findings = [parameter_finding(name[:100], "unknown_parameter", texts) for name in params if name not in known]
    if findings:
        raise BadInput(findings=findings)


def tabs_of(reader: Reader, params: Mapping[str, Any], current: str) -> list[Tab]:
    """Return all tabs with the counts of their lists under the filters that each understands."""
    data = as_query_dict(params)
    tabs = []
    for name, (title, parts) in TABS.items():
        query = _known(data, parts[0].filters).urlencode()
        tabs.append(Tab(name, title, count_of(name, reader, data), name == current, query))
    return tabs


def first_tab(reader: Reader) -> str:
    """Return the tab that the desk opens on: one's own work, else what nobody has taken."""
    has_own = any(rows.exists() for _kind, rows in rows_of("mine", reader, {}))
    return "mine" if has_own else "unassigned"


def _known(params: QueryDict, filters: type[StrictFilterSet]) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name, values in params.lists():
        if name in filters.parameters():
            kept.setlist(name, values)
    return kept


class Chain:
    """Rows of several parts one after the other, for the paginator: `len` counts, a slice reads only what it needs."""

    def __init__(self, parts: list[tuple[str, QuerySet[Any]]]) -> None:
        self.parts = [(kind, rows, rows.count()) for kind, rows in parts]

    def __len__(self) -> int:
        return sum(count for _kind, _rows, count in self.parts)

    def __getitem__(self, cut: slice) -> list[tuple[str, Any]]:
        start, stop, _step = cut.indices(len(self))
        found: list[tuple[str, Any]] = []
        for kind, rows, count in self.parts:
            if start < count and stop > 0:
                found += [(kind, row) for row in rows[max(start, 0) : min(stop, count)]]
            start, stop = start - count, stop - count
        return found


# --- The columns of a request ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request on the desk. `spent`: working days used of the term, as "4/10"; `checks`: None before the first."""

    code_request: CodeRequest
    deadline: Deadline
    spent: str
    checks: Mapping[str, int] | None
    last_event: Any
    last_at: dt.datetime | None


def with_columns(rows: QuerySet[CodeRequest]) -> QuerySet[CodeRequest]:
    """Add what the columns show, by subqueries: stored findings and the last step, no check is run."""
    events = RequestEvent.objects.filter(code_request=OuterRef("pk")).order_by("-at", "-pk")
    handed_in = events.filter(transition__in=("submit", "resubmit"))
    return (
        rows.with_plot_count()  # type: ignore[attr-defined]
        .annotate(
            stored_findings=Subquery(events.exclude(findings=[]).values("findings")[:1]),
            last_step=Subquery(events.values("transition")[:1]),
            last_step_at=Subquery(events.values("at")[:1]),
            handed_in_at=Subquery(handed_in.values("at")[:1]),
        )
        .select_related("area__crop", "cooperative", "commune", "scheme", "assigned_to")
        .prefetch_related("markets")
        .defer(*SHAPES, "commune__boundary", "commune__boundary_3857")
    )


def request_rows(code_requests: Iterable[Any], day: dt.date) -> list[RequestRow]:
    """Return what the desk shows of requests that went through `with_columns`."""
    calendars = _CalendarsOnce()
    return [
        RequestRow(
            code_request=one,
            deadline=deadline_of(one, day, calendars=calendars),  # type: ignore[arg-type]
            spent=_spent(one, day, calendars),
            checks=_checks(one.stored_findings),
            last_event=EVENT_TITLES.get(one.last_step, one.last_step),
            last_at=one.last_step_at,
        )
        for one in code_requests
    ]


class _CalendarsOnce:
    """The calendar of each commune is put together once for a page."""

    def __init__(self) -> None:
        self.all = Calendars.load()
        self.found: dict[int, Any] = {}

    def of(self, unit: Any) -> Any:
        if unit.pk not in self.found:
            self.found[unit.pk] = self.all.of(unit)
        return self.found[unit.pk]


def _spent(code_request: Any, day: dt.date, calendars: _CalendarsOnce) -> str:
    """Working days that the office has used of its term; the day of handing in does not count."""
    if code_request.status not in AWAITING_OFFICE or code_request.handed_in_at is None:
        return ""
    calendar = calendars.of(code_request.commune)
    start = localtime(code_request.handed_in_at).date()
    used, term = calendar.days_until(day, start), calendar.days_until(code_request.due_on, start)
    return f"{max(used, 0)}/{max(term, 0)}"


def _checks(findings: Any) -> Mapping[str, int] | None:
    if not findings:
        return None
    counts = Counter(one.get("verdict") for one in findings)
    return {verdict: counts[verdict] for verdict in (PASS, WARN, FAIL)}


# --- How many codes were visited this year ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Monitored:
    """The share of codes visited in the calendar year, in all the reader's units and by commune, lowest first."""

    codes: int
    monitored: int
    communes: list[CommuneShare]

    @property
    def share(self) -> float:
        """Per cent; 100 where there is nothing to visit."""
        return 100 * self.monitored / self.codes if self.codes else 100.0


def monitored_in(reader: Reader) -> Monitored:
    """Return the shares from the same rows for the total and for each commune."""
    communes = share_by_commune(reader.user, reader.day)
    return Monitored(sum(one.codes for one in communes), sum(one.monitored for one in communes), communes)


# --- Who may have a file -----------------------------------------------------------------------------------------


def officers_in(units: QuerySet[AdministrativeUnit]) -> QuerySet[User]:
    """Return who may examine requests somewhere in `units`, or above them."""
    posts = OfficerPost.objects.on(localdate()).filter(role__in=roles_with("casework.examine_request"))
    above = AdministrativeUnit.objects.filter(pk__in=units.values("parent")).values("pk")
    here = posts.filter(Q(unit__in=units.values("pk")) | Q(unit__in=above) | Q(unit__children__in=above))
    return User.objects.filter(is_active=True, posts__in=here).distinct().order_by("full_name", "username")
