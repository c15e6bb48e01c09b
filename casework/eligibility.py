"""May this area have these codes? One function per rule; the same engine in the draft, at submission and at approval.

A check yields findings of what it measured, also when all is well: rule, measured value, threshold, verdict, legal
reference and the plots at fault. `fail` blocks submission and approval, `warn` is shown to both sides.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import Union
from django.contrib.gis.db.models.functions import Intersection, SymDifference
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Least
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest
from codes.models import CodeScheme, CodeStatus, Market, ProductionArea, ProductionAreaCode, RuleKind, SchemeRule
from core.errors import Finding as ErrorFinding
from core.errors import RuleViolated
from core.expressions import SquareMetres
from farms.models import OverlapCase, OverlapDecision, OverlapStatus, Plot, PlotStatus

PASS, WARN, FAIL = "pass", "warn", "fail"
RULE_OF_HOUSE = _("Quy tắc dữ liệu của hệ thống")
GROUND_TOLERANCE = 0.001  # share of the area by which it may differ from its plots: rounding and slivers
MAX_SHOWN_PLOTS = 50


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: codes for `area` under `scheme` for `markets`, judged by the rules of the day `on`."""

    area: ProductionArea
    scheme: CodeScheme
    markets: tuple[Market, ...]
    on: dt.date


@dataclass(frozen=True, slots=True)
class PlotAtFault:
    """A plot to point at; `ref` is empty where the asker may not know it (another holder's)."""

    id: int
    ref: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found."""

    rule: str
    title: Any
    verdict: str
    measured: Any = ""
    threshold: Any = ""
    legal_ref: Any = RULE_OF_HOUSE
    advice: Any = ""
    plots: tuple[PlotAtFault, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data for events and the API."""
        shown = {
            "rule": self.rule,
            "verdict": self.verdict,
            "title": str(self.title),
            "measured": str(self.measured),
            "threshold": str(self.threshold),
            "legal_ref": str(self.legal_ref),
            "detail": str(self.advice),
        }
        return shown | {"plots": [{"id": plot.id, "ref": plot.ref} for plot in self.plots]}


Check = Callable[[Question], Iterator[Finding]]


# --- Thresholds of the scheme ------------------------------------------------------------------------------------


def check_minimum_area(question: Question) -> Iterator[Finding]:
    """The area is not smaller than the scheme's rules for its crop and markets ask."""
    for rule in _rules(question, RuleKind.MINIMUM_AREA):
        yield _area_finding(question, rule, question.area.area_ha >= rule.threshold, _("từ %(ha)s ha trở lên"))


def check_maximum_area(question: Question) -> Iterator[Finding]:
    """The area is not larger than the scheme's rules allow."""
    for rule in _rules(question, RuleKind.MAXIMUM_AREA):
        yield _area_finding(question, rule, question.area.area_ha <= rule.threshold, _("không quá %(ha)s ha"))


def check_minimum_growers(question: Question) -> Iterator[Finding]:
    """There are as many growers as the scheme's rules ask."""
    for rule in _rules(question, RuleKind.MINIMUM_GROWERS):
        is_met = question.area.grower_count >= rule.threshold
        yield Finding(
            rule=rule.kind,
            title=_with_market(_("Số hộ"), rule),
            verdict=PASS if is_met else rule.severity,
            measured=_("%(n)s hộ") % {"n": question.area.grower_count},
            threshold=_("từ %(n)s hộ trở lên") % {"n": _plain(rule.threshold)},
            legal_ref=rule.legal_ref,
        )


def _rules(question: Question, kind: str) -> list[SchemeRule]:
    """Return the rule of this kind for each market: in force, and of those the one made for market and crop."""
    rows = (
        question.scheme.rules.filter(
            Q(valid_to=None) | Q(valid_to__gt=question.on), kind=kind, valid_from__lte=question.on
        )
        .filter(Q(crop=None) | Q(crop=question.area.crop))
        .select_related("market")
    )
    chosen: dict[int, SchemeRule] = {}
    markets: list[str | None] = [one.pk for one in question.markets]
    for market in markets or [None]:
        fitting = [rule for rule in rows if rule.market_id in (None, market)]
        if fitting:
            best = max(
                fitting, key=lambda rule: (rule.market_id is not None, rule.crop_id is not None, rule.valid_from)
            )
            chosen[best.pk] = best
    return list(chosen.values())


def _area_finding(question: Question, rule: SchemeRule, is_met: bool, text: Any) -> Finding:
    return Finding(
        rule=rule.kind,
        title=_with_market(_("Diện tích"), rule),
        verdict=PASS if is_met else rule.severity,
        measured=f"{_ha(question.area.area_ha)} ha",
        threshold=text % {"ha": _plain(rule.threshold)},
        legal_ref=rule.legal_ref,
    )


def _with_market(title: Any, rule: SchemeRule) -> Any:
    return f"{title}: {rule.market}" if rule.market_id else title


def _plain(value: float) -> str:
    """Return a threshold without needless zeros: 10, not 10,0."""
    return number_format(int(value) if value == int(value) else value, use_l10n=True)


def _ha(value: float) -> str:
    return number_format(round(value, 2), decimal_pos=2, use_l10n=True)


# --- Plots -------------------------------------------------------------------------------------------------------


def check_plots_in_good_standing(question: Question) -> Iterator[Finding]:
    """Every plot is in use and has no open overlap."""
    bad = question.area.plots.exclude(status=PlotStatus.ACTIVE)
    at_fault = _at_fault(bad)
    yield Finding(
        rule="plots_in_good_standing",
        title=_("Thửa không chồng lấn, không lưu trữ"),
        verdict=FAIL if at_fault else PASS,
        measured=_("%(n)s thửa chưa đạt") % {"n": len(at_fault)},
        threshold=_("0 thửa"),
        advice=_("Giải quyết chồng lấn hoặc bỏ thửa khỏi vùng trồng.") if at_fault else "",
        plots=at_fault,
    )


def check_one_crop(question: Question) -> Iterator[Finding]:
    """All plots grow the area's crop."""
    at_fault = _at_fault(question.area.plots.exclude(crop=question.area.crop_id))
    yield Finding(
        rule="one_crop",
        title=_("Một loại cây trồng"),
        verdict=FAIL if at_fault else PASS,
        measured=_("%(n)s thửa trồng cây khác") % {"n": len(at_fault)},
        threshold=question.area.crop.name_vi,
        plots=at_fault,
    )


def check_one_variety(question: Question) -> Iterator[Finding]:
    """The plots name one variety; mixed stands must be declared as they are (NQ 36/2026)."""
    named = question.area.plots.exclude(variety=None)
    varieties = sorted(set(named.order_by().values_list("variety__name_vi", flat=True)))
    other = named.exclude(variety=question.area.variety_id) if question.area.variety_id else named.none()
    at_fault = _at_fault(other)
    is_mixed = len(varieties) > 1 or bool(at_fault)
    yield Finding(
        rule="one_variety",
        title=_("Một giống"),
        verdict=WARN if is_mixed else PASS,
        measured=", ".join(varieties) or _("chưa ghi giống"),
        threshold=question.area.variety.name_vi if question.area.variety else _("một giống"),
        legal_ref=_("Nghị quyết 36/2026/NQ-CP (nguồn thứ cấp)"),
        advice=_("Vườn xen giống phải kê khai đúng diện tích và số cây từng giống.") if is_mixed else "",
        plots=at_fault,
    )


def check_growers_known(question: Question) -> Iterator[Finding]:
    """Every plot has a grower."""
    at_fault = _at_fault(question.area.plots.filter(grower=None))
    yield Finding(
        rule="growers_known",
        title=_("Thửa có nông hộ"),
        verdict=WARN if at_fault else PASS,
        measured=_("%(n)s thửa chưa có nông hộ") % {"n": len(at_fault)},
        threshold=_("0 thửa"),
        advice=_("Ghi nông hộ cho từng thửa: danh sách hộ là một phần của hồ sơ.") if at_fault else "",
        plots=at_fault,
    )


def check_ground_matches_plots(question: Question) -> Iterator[Finding]:
    """The area's outline still is the union of its plots."""
    ground = (
        Plot.objects.in_good_standing()
        .filter(area_plots__area=question.area)
        .aggregate(
            difference=SquareMetres(SymDifference(Union("boundary"), Value(question.area.boundary))),
        )["difference"]
    )
    limit = max(settings.OVERLAP_MIN_M2, GROUND_TOLERANCE * question.area.area_m2)
    is_met = ground is not None and ground <= limit
    yield Finding(
        rule="ground_matches_plots",
        title=_("Ranh vùng khớp với các thửa"),
        verdict=PASS if is_met else FAIL,
        measured=_("lệch %(m2)s m²") % {"m2": number_format(round(ground), use_l10n=True)}
        if ground is not None
        else _("không còn thửa"),
        threshold=_("không quá %(m2)s m²") % {"m2": number_format(round(limit), use_l10n=True)},
        advice="" if is_met else _("Thửa đã đổi sau khi lập vùng: mở vùng trồng và bấm “Vẽ lại theo thửa”."),
    )


# --- Neighbours --------------------------------------------------------------------------------------------------


def check_neighbours_plots(question: Question) -> Iterator[Finding]:
    """No plot of another holder lies on the area's ground, beyond what an officer has accepted.

    A later plot that waits `in_conflict` only warns: else anybody could stop a neighbour's request by a drawing.
    """
    shared = Plot.objects.exclude(cooperative=question.area.cooperative_id).overlapping(question.area.boundary)
    found = {plot.pk: plot for plot in shared.only("pk", "status")[:MAX_SHOWN_PLOTS]}
    settled = _accepted(question.area, found)
    open_ones = [pk for pk, plot in found.items() if plot.status == PlotStatus.ACTIVE and pk not in settled]
    shared_m2 = sum(plot.shared_m2 for plot in found.values())
    yield Finding(
        rule="neighbours_plots",
        title=_("Không đè lên thửa của đơn vị khác"),
        verdict=FAIL if open_ones else WARN if found else PASS,
        measured=_("%(n)s thửa, %(m2)s m²") % {"n": len(found), "m2": number_format(round(shared_m2), use_l10n=True)},
        threshold=_("0 thửa"),
        advice=_("Phần chồng lấn cần được cán bộ giải quyết trước.") if open_ones else "",
        plots=tuple(PlotAtFault(pk, "") for pk in sorted(open_ones)),
    )


def _accepted(area: ProductionArea, others: Iterable[int]) -> set[int]:
    """Return those of `others` whose overlap with a plot of the area was accepted by an officer."""
    own = area.area_plots.values("plot_id")
    cases = OverlapCase.objects.filter(status=OverlapStatus.DECIDED, decision=OverlapDecision.ACCEPTED)
    pairs = cases.filter(Q(first__in=own, second__in=list(others)) | Q(second__in=own, first__in=list(others)))
    return {pk for pair in pairs.values_list("first_id", "second_id") for pk in pair} & set(others)


def check_neighbours_areas(question: Question) -> Iterator[Finding]:
    """No area of another holder lies on the area's ground; of those that are not public no name is told."""
    ground = question.area.boundary
    tolerance = Greatest(
        Value(float(settings.OVERLAP_MIN_M2)),
        Least(F("area_m2"), Value(question.area.area_m2)) * settings.OVERLAP_MIN_SHARE,
    )
    found = (
        ProductionArea.objects.filter(is_active=True, boundary__intersects=ground)
        .exclude(cooperative=question.area.cooperative_id)
        .annotate(shared_m2=SquareMetres(Intersection("boundary", ground)))
        .filter(shared_m2__gt=tolerance)
    )
    names = list(found.public().order_by("name").values_list("name", flat=True)[:10])
    hidden = found.exclude(pk__in=ProductionArea.objects.public().values("pk")).count()
    names += [str(_("%(n)s vùng chưa công khai") % {"n": hidden})] if hidden else []
    yield Finding(
        rule="neighbours_areas",
        title=_("Không đè lên vùng trồng khác"),
        verdict=FAIL if names else PASS,
        measured=", ".join(names) or _("0 vùng"),
        threshold=_("0 vùng"),
    )


def check_no_live_code(question: Question) -> Iterator[Finding]:
    """None of the plots lies under a living code of the same scheme and market already."""
    plots = question.area.area_plots.values("plot_id")
    live = ProductionAreaCode.objects.filter(
        Q(area=question.area) | Q(area__area_plots__plot__in=plots),
        scheme=question.scheme,
        status__in=(CodeStatus.ACTIVE, CodeStatus.SUSPENDED),
    ).filter(Q(valid_until=None) | Q(valid_until__gte=question.on))
    if question.scheme.is_market_bound:
        live = live.filter(market__in=question.markets)
    codes = sorted(set(live.order_by().values_list("code", flat=True)))
    yield Finding(
        rule="no_live_code",
        title=_("Chưa có mã còn hiệu lực"),
        verdict=FAIL if codes else PASS,
        measured=", ".join(codes[:10]) or _("0 mã"),
        threshold=_("0 mã cùng chế độ và thị trường"),
        advice=_("Bỏ thị trường đã có mã, hoặc thu hồi mã cũ trước.") if codes else "",
    )


def check_scheme_usable(question: Question) -> Iterator[Finding]:
    """The scheme is confirmed and in force."""
    if not CodeScheme.objects.usable_on(question.on).filter(pk=question.scheme.pk).exists():
        yield Finding(
            rule="scheme_usable",
            title=_("Chế độ mã số đang áp dụng"),
            verdict=FAIL,
            measured=_("chưa xác nhận hoặc hết hiệu lực"),
            legal_ref=question.scheme.legal_ref,
        )


def check_markets_named(question: Question) -> Iterator[Finding]:
    """An export request names its markets."""
    if not question.scheme.is_domestic:
        yield Finding(
            rule="markets_named",
            title=_("Thị trường đề nghị"),
            verdict=PASS if question.markets else FAIL,
            measured=", ".join(market.name_vi for market in question.markets) or _("chưa chọn"),
            threshold=_("ít nhất một"),
            legal_ref=question.scheme.legal_ref,
        )


CHECKS: tuple[Check, ...] = (
    check_scheme_usable,
    check_markets_named,
    check_minimum_area,
    check_maximum_area,
    check_minimum_growers,
    check_one_crop,
    check_one_variety,
    check_plots_in_good_standing,
    check_growers_known,
    check_ground_matches_plots,
    check_neighbours_plots,
    check_neighbours_areas,
    check_no_live_code,
)


def _at_fault(plots: Any) -> tuple[PlotAtFault, ...]:
    rows = plots.order_by("ref").values_list("pk", "ref")[:MAX_SHOWN_PLOTS]
    return tuple(PlotAtFault(pk, ref) for pk, ref in rows)


# --- The engine --------------------------------------------------------------------------------------------------


def examine(question: Question) -> list[Finding]:
    """Return what all rules found, worst first, in the order of CHECKS."""
    findings = [finding for check in CHECKS for finding in check(question)]
    return sorted(findings, key=lambda finding: (FAIL, WARN, PASS).index(finding.verdict))


def question_of(code_request: CodeRequest, *, on: dt.date) -> Question:
    """Return the question that a stored request asks, judged on the day `on`."""
    return Question(code_request.area, code_request.scheme, tuple(code_request.markets.all()), on)


def ensure_eligible(code_request: CodeRequest, *, on: dt.date) -> list[Finding]:
    """Return the findings; raise RuleViolated("not_eligible") with the failed ones where a rule fails."""
    findings = examine(question_of(code_request, on=on))
    failed = [finding for finding in findings if finding.verdict == FAIL]
    if failed:
        raise RuleViolated(
            "not_eligible",
            _("Hồ sơ chưa đạt yêu cầu. Xin sửa những điểm sau."),
            findings=[_as_error(finding) for finding in failed],
        )
    return findings


def _as_error(finding: Finding) -> ErrorFinding:
    refs = ", ".join(plot.ref for plot in finding.plots[:10] if plot.ref)
    text = f"{finding.title}: {finding.measured}"
    if refs:
        text += f" ({refs})"
    if finding.advice:
        text += f". {finding.advice}"
    return ErrorFinding(finding.rule, text, extra=finding.as_dict() | {"detail": text})
