"""Rules about the scheme and the size and shape of what is asked for."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from casework.eligibility.facts import Facts, chosen_rules
from casework.eligibility.question import FAIL, PASS, Finding, ha, plain, whole, with_market
from codes.models import RuleKind, SchemeRule


def check_scheme_usable(facts: Facts) -> Iterator[Finding]:
    """The scheme is confirmed, in force, and of the area's province or of all."""
    scheme, day = facts.question.scheme, facts.question.on
    is_over = scheme.valid_to is not None and scheme.valid_to <= day
    is_usable = scheme.is_confirmed and scheme.valid_from <= day and not is_over
    if not is_usable or not facts.is_scheme_here:
        yield Finding(
            rule="scheme_usable",
            title=_("Chế độ mã số đang áp dụng"),
            verdict=FAIL,
            measured=_("của tỉnh khác") if is_usable else _("chưa xác nhận hoặc hết hiệu lực"),
            legal_ref=scheme.legal_ref,
        )


def check_markets_named(facts: Facts) -> Iterator[Finding]:
    """An export request names its markets."""
    question = facts.question
    if not question.scheme.is_domestic:
        yield Finding(
            rule="markets_named",
            title=_("Thị trường đề nghị"),
            verdict=PASS if question.markets else FAIL,
            measured=", ".join(market.name_vi for market in question.markets) or _("chưa chọn"),
            threshold=_("ít nhất một"),
            legal_ref=question.scheme.legal_ref,
        )


def check_minimum_area(facts: Facts) -> Iterator[Finding]:
    """The area is not smaller than the scheme's rules for its crop and markets ask."""
    area_ha = facts.question.area.area_ha
    for rule, threshold in _thresholds(facts, RuleKind.MINIMUM_AREA):
        yield _area_finding(facts, rule, threshold, area_ha >= threshold, _("từ %(ha)s ha trở lên"))


def check_maximum_area(facts: Facts) -> Iterator[Finding]:
    """The area is not larger than the scheme's rules allow."""
    area_ha = facts.question.area.area_ha
    for rule, threshold in _thresholds(facts, RuleKind.MAXIMUM_AREA):
        yield _area_finding(facts, rule, threshold, area_ha <= threshold, _("không quá %(ha)s ha"))


def check_minimum_growers(facts: Facts) -> Iterator[Finding]:
    """There are as many growers as the scheme's rules ask."""
    growers = facts.question.area.grower_count
    for rule, threshold in _thresholds(facts, RuleKind.MINIMUM_GROWERS):
        yield Finding(
            rule=rule.kind,
            title=with_market(_("Số hộ"), rule),
            verdict=PASS if growers >= threshold else rule.severity,
            measured=_("%(n)s hộ") % {"n": growers},
            threshold=_("từ %(n)s hộ trở lên") % {"n": plain(threshold)},
            legal_ref=rule.legal_ref,
        )


def check_piece_distance(facts: Facts) -> Iterator[Finding]:
    """The pieces of the area lie together: no gap above the threshold parts them into groups (0 m: they touch)."""
    for rule, threshold in _thresholds(facts, RuleKind.PIECE_DISTANCE):
        bridged, apart = facts.gaps.get(threshold), facts.gaps.get(0.0)
        if bridged is None or apart is None:  # no plot is left: ground_matches_plots says so
            continue
        is_met = bridged.groups == 1
        gap_m = (apart if is_met else bridged).gap_m or 0
        yield Finding(
            rule=rule.kind,
            title=with_market(_("Các khoảnh nằm gần nhau"), rule),
            verdict=PASS if is_met else rule.severity,
            measured=_("%(n)s khoảnh, cách nhau đến %(m)s m") % {"n": apart.groups, "m": whole(gap_m)},
            threshold=_("liền nhau") if threshold == 0 else _("không quá %(m)s m") % {"m": plain(threshold)},
            legal_ref=rule.legal_ref,
            advice="" if is_met else _("Tách khoảnh ở xa thành vùng trồng riêng."),
        )


def _thresholds(facts: Facts, kind: str) -> list[tuple[SchemeRule, float]]:
    """A rule of measure without a number asks for nothing."""
    return [(rule, rule.threshold) for rule in chosen_rules(facts, kind) if rule.threshold is not None]


def _area_finding(facts: Facts, rule: SchemeRule, threshold: float, is_met: bool, text: Any) -> Finding:
    return Finding(
        rule=rule.kind,
        title=with_market(_("Diện tích"), rule),
        verdict=PASS if is_met else rule.severity,
        measured=f"{ha(facts.question.area.area_ha)} ha",
        threshold=text % {"ha": plain(threshold)},
        legal_ref=rule.legal_ref,
    )
