"""Every act on codes and files as one list: who did what, when, why, by which document (ASVS 5.0.0 §16.2).

The rows are read from the append-only events of codes and files, not from a log of their own, so they cannot differ.
Positions and minutes of visits are left out: that a visit was made, by whom and with which result, is enough here.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import CharField, DateField, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.permissions import units_with
from casework.misuse_workflow import MISUSE_EVENT_TITLES
from casework.models import (
    CodeRequest,
    EligibilityOverride,
    Inspection,
    InspectionResult,
    MisuseEvent,
    MisuseStatus,
    Opinion,
    OpinionVerdict,
    RequestEvent,
    RequestStatus,
)
from casework.workflow import EVENT_TITLES as REQUEST_TITLES
from codes.models import ApprovalStatus, CodeCertificate, CodeEvent, CodeStatus, ProductionAreaCode
from codes.workflow import EVENT_TITLES as CODE_TITLES

GRANT = "casework.view_history"
KINDS = {
    "code": _("Mã số"),
    "market": _("Thị trường"),
    "request": _("Hồ sơ"),
    "override": _("Bỏ qua quy tắc"),
    "inspection": _("Kiểm tra thực địa"),
    "opinion": _("Ý kiến cơ quan khác"),
    "certificate": _("Giấy xác nhận"),
    "misuse": _("Sử dụng sai mã"),
}
OTHER_TITLES = {
    "override": _("Bỏ qua quy tắc"),
    "inspection": _("Kiểm tra thực địa"),
    "asked": _("Hỏi ý kiến"),
    "answered": _("Nhận ý kiến"),
    "made": _("Lập giấy xác nhận"),
    "signed": _("Nhận bản đã ký"),
}
TITLES: dict[str, Any] = {
    "code": CODE_TITLES,
    "market": CODE_TITLES,
    "request": REQUEST_TITLES,
    "misuse": MISUSE_EVENT_TITLES,
}
STATUSES: dict[str, Any] = {
    "code": CodeStatus,
    "market": ApprovalStatus,
    "request": RequestStatus,
    "inspection": InspectionResult,
    "opinion": OpinionVerdict,
    "misuse": MisuseStatus,
}
COLUMNS = (
    "act_at", "act_kind", "act_code", "act_file", "act_step", "act_market", "act_old", "act_new", "act_reason_code",
    "act_reason", "act_document", "act_effective_on", "act_by",
)  # fmt: skip
HEADER = (
    _("Thời điểm"), _("Loại"), _("Mã số"), _("Hồ sơ"), _("Việc"), _("Thị trường"), _("Trạng thái cũ"),
    _("Trạng thái mới"), _("Mã lý do"), _("Lý do"), _("Số văn bản"), _("Ngày hiệu lực"), _("Người thực hiện"),
)  # fmt: skip
_TEXT: TextField = TextField()


@dataclass(frozen=True, slots=True)
class Act:
    """One act, ready to be shown: statuses and steps in words, the time in Viet Nam."""

    at: dt.datetime
    kind: Any
    code: str
    file: str
    title: Any
    market: str
    old: Any
    new: Any
    reason_code: str
    reason: str
    document_number: str
    effective_on: dt.date | None
    by: Any

    def cells(self) -> tuple[Any, ...]:
        """Return the act as the cells of HEADER."""
        day = f"{self.effective_on:%Y-%m-%d}" if self.effective_on else ""
        return (
            f"{timezone.localtime(self.at):%Y-%m-%d %H:%M:%S}", self.kind, self.code, self.file, self.title,
            self.market, self.old, self.new, self.reason_code, self.reason, self.document_number, day, self.by,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """Which acts: those on `codes` and on `requests`, from `start` up to (not including) `end`, of some kinds."""

    codes: QuerySet[ProductionAreaCode]
    requests: QuerySet[CodeRequest]
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    kinds: frozenset[str] = frozenset(KINDS)

    def within(self, moment: str) -> Q:
        """Return the condition that the column `moment` lies in the period."""
        condition = Q(**{f"{moment}__isnull": False})
        if self.start is not None:
            condition &= Q(**{f"{moment}__gte": self.start})
        if self.end is not None:
            condition &= Q(**{f"{moment}__lt": self.end})
        return condition


def readable_codes(user: Any) -> QuerySet[ProductionAreaCode]:
    """Return the codes whose history the user may read: issued where the user holds the grant."""
    return ProductionAreaCode.objects.filter(commune__in=units_with(user, GRANT))


def acts_of(code: ProductionAreaCode) -> QuerySet[Any]:
    """Return the rows of all acts on one code and the files it came from, newest first; `acts` reads them."""
    codes = ProductionAreaCode.objects.filter(pk=code.pk)
    return _rows(Scope(codes=codes, requests=CodeRequest.objects.filter(codes=code)))


def acts_within(
    user: Any, *, first: dt.date, last: dt.date, kinds: frozenset[str] = frozenset(KINDS), code: str = ""
) -> QuerySet[Any]:
    """Return the rows of all acts from `first` to `last` (both days included, in Viet Nam) where the user may read.

    `code`: only acts on this code and its files.
    """
    codes, requests = readable_codes(user), CodeRequest.objects.filter(commune__in=units_with(user, GRANT))
    if code:
        codes, requests = codes.filter(code=code), requests.filter(codes__code=code)
    zone = timezone.get_default_timezone()
    start = dt.datetime.combine(first, dt.time(), zone)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)
    return _rows(Scope(codes=codes, requests=requests, start=start, end=end, kinds=kinds))


def acts(rows: Any) -> list[Act]:
    """Return rows of `acts_of` or `acts_within` in words."""
    return [as_act(row) for row in rows]


def as_act(row: tuple[Any, ...]) -> Act:
    """Return one row in words."""
    at, kind, code, file, step, market, old, new, reason_code, reason, document, effective_on, by = row
    return Act(
        at, KINDS[kind], code, f"YC-{file}" if file else "", _title(kind, step), market, _status(kind, old),
        _status(kind, new), reason_code, reason, document, effective_on, by or _("Hệ thống"),
    )  # fmt: skip


def _title(kind: str, step: str) -> Any:
    if kind == "override":
        return format_lazy("{}: {}", OTHER_TITLES["override"], step)
    return TITLES.get(kind, OTHER_TITLES).get(step, step)


def _status(kind: str, value: str) -> Any:
    """Return the label of a stored status."""
    choices = STATUSES.get(kind)
    return dict(choices.choices).get(value, value) if choices else value


def _rows(scope: Scope) -> QuerySet[Any]:
    sources = [
        source.values_list(*COLUMNS)
        for kinds, make in _SOURCES
        if kinds & scope.kinds
        for source in make(scope)
    ]  # fmt: skip
    first, *others = sources
    return first.union(*others, all=True).order_by("-act_at", "act_kind", "act_step")


def _row(source: QuerySet[Any], kind: Any, moment: str, **columns: Any) -> QuerySet[Any]:
    """Return `source` with every column of COLUMNS, empty where nothing is given; the model's order is dropped."""
    texts = {name: Value("", _TEXT) for name in COLUMNS[2:11]}
    given = {name: Cast(value, _TEXT) for name, value in columns.items() if name in texts}
    return source.order_by().annotate(
        act_at=F(moment),
        act_kind=kind if hasattr(kind, "resolve_expression") else Value(kind, CharField()),
        **(texts | given),
        act_effective_on=columns.get("act_effective_on", Value(None, DateField())),
        act_by=columns.get("act_by", Value("", _TEXT)),
    )


def _person(field: str) -> Any:
    """Return the full name behind a foreign key to the user, else the sign-in name, else nothing."""
    return Coalesce(NullIf(F(f"{field}__full_name"), Value("")), F(f"{field}__username"), Value(""), output_field=_TEXT)


def _codes_of_request() -> Any:
    """Return the codes of the request that `code_request` points to, as one text."""
    codes = ProductionAreaCode.objects.filter(requests=OuterRef("code_request")).order_by().values("requests")
    return Coalesce(Subquery(codes.annotate(text=StringAgg("code", ", ")).values("text")), Value(""))


def _code_events(scope: Scope) -> list[QuerySet[Any]]:
    rows = CodeEvent.objects.filter(scope.within("at"), code__in=scope.codes)
    kinds = (("code", rows.filter(market=None)), ("market", rows.filter(market__isnull=False)))
    return [
        _row(
            found, kind, "at", act_code=F("code__code"), act_step=F("transition"),
            act_market=Coalesce(F("market_id"), Value("")), act_old=F("old_status"), act_new=F("new_status"),
            act_reason_code=Coalesce(F("reason_code__slug"), Value("")), act_reason=F("reason"),
            act_document=F("document_number"), act_effective_on=F("effective_on"), act_by=_person("by"),
        )
        for kind, found in kinds
        if kind in scope.kinds
    ]  # fmt: skip


def _request_events(scope: Scope) -> list[QuerySet[Any]]:
    rows = RequestEvent.objects.filter(scope.within("at"), code_request__in=scope.requests)
    return [
        _row(
            rows, "request", "at", act_code=_codes_of_request(), act_file=F("code_request_id"),
            act_step=F("transition"), act_old=F("old_status"), act_new=F("new_status"), act_reason=F("note"),
            act_by=_person("by"),
        )
    ]  # fmt: skip


def _overrides(scope: Scope) -> list[QuerySet[Any]]:
    rows = EligibilityOverride.objects.filter(scope.within("at"), code_request__in=scope.requests)
    return [
        _row(
            rows, "override", "at", act_code=_codes_of_request(), act_file=F("code_request_id"), act_step=F("rule"),
            act_reason_code=Coalesce(F("reason_code__slug"), Value("")), act_reason=F("reason"), act_by=_person("by"),
        )
    ]  # fmt: skip


def _inspections(scope: Scope) -> list[QuerySet[Any]]:
    rows = Inspection.objects.filter(
        Q(code__in=scope.codes) | Q(code_request__in=scope.requests), scope.within("created_at")
    )
    return [
        _row(
            rows, "inspection", "created_at",
            act_code=Coalesce(F("code__code"), _codes_of_request()),
            act_file=Coalesce(Cast(F("code_request_id"), _TEXT), Value("")), act_step=Value("inspection"),
            act_new=F("result"), act_effective_on=F("visited_on"), act_by=_person("inspector"),
        )
    ]  # fmt: skip


def _opinions(scope: Scope) -> list[QuerySet[Any]]:
    rows = Opinion.objects.filter(code_request__in=scope.requests)
    shared = {"act_code": _codes_of_request(), "act_file": F("code_request_id")}
    return [
        _row(
            rows.filter(scope.within("asked_at")), "opinion", "asked_at", act_step=Value("asked"),
            act_reason=F("question"), act_by=_person("asked_by"), **shared,
        ),
        _row(
            rows.filter(scope.within("answered_at")), "opinion", "answered_at", act_step=Value("answered"),
            act_new=F("verdict"), act_reason=F("answer"), act_by=Cast(F("office"), _TEXT), **shared,
        ),
    ]  # fmt: skip


def _certificates(scope: Scope) -> list[QuerySet[Any]]:
    rows = CodeCertificate.objects.filter(code__in=scope.codes)
    shared = {"act_code": F("code__code"), "act_document": Cast(F("version"), _TEXT)}
    return [
        _row(
            rows.filter(scope.within("made_at")), "certificate", "made_at", act_step=Value("made"),
            act_by=_person("made_by"), **shared,
        ),
        _row(
            rows.filter(scope.within("signed_at")), "certificate", "signed_at", act_step=Value("signed"),
            act_by=_person("uploaded_by"), **shared,
        ),
    ]  # fmt: skip


def _misuse(scope: Scope) -> list[QuerySet[Any]]:
    rows = MisuseEvent.objects.filter(scope.within("at"), case__code__in=scope.codes)
    return [
        _row(
            rows, "misuse", "at", act_code=F("case__code__code"), act_step=F("transition"), act_old=F("old_status"),
            act_new=F("new_status"), act_reason=F("note"), act_document=F("case__decision_number"),
            act_by=_person("by"),
        )
    ]  # fmt: skip


_SOURCES = (
    (frozenset({"code", "market"}), _code_events),
    (frozenset({"request"}), _request_events),
    (frozenset({"override"}), _overrides),
    (frozenset({"inspection"}), _inspections),
    (frozenset({"opinion"}), _opinions),
    (frozenset({"certificate"}), _certificates),
    (frozenset({"misuse"}), _misuse),
)
