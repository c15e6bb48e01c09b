"""Rules about the area's own plots: standing, crop, variety, growers, outline, identity."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from casework.eligibility.facts import DUPLICATE_SHARE, Facts
from casework.eligibility.question import FAIL, PASS, WARN, Finding, PlotAtFault, percent, plain, whole, with_market
from casework.eligibility.standards import standards
from codes.models import RuleKind
from farms.models import PlotStatus

GROUND_TOLERANCE = 0.001  # share of the area by which it may differ from its plots: rounding and slivers
NQ_36 = _("Nghị quyết 36/2026/NQ-CP (nguồn thứ cấp)")
LAW_91 = _("Luật 91/2025/QH15 về bảo vệ dữ liệu cá nhân: im lặng không phải là đồng ý")
CIRCULAR_19 = _("Thông tư 19/2026/TT-BNNMT, phụ lục I (mã định danh thửa đất)")
NONE_AT_FAULT = _("0 thửa")


def check_plots_in_good_standing(facts: Facts) -> Iterator[Finding]:
    """Every plot is in use and has no open overlap."""
    bad = [plot.id for plot in facts.plots if plot.status != PlotStatus.ACTIVE]
    yield Finding(
        rule="plots_in_good_standing",
        title=_("Thửa không chồng lấn, không lưu trữ"),
        verdict=FAIL if bad else PASS,
        measured=_("%(n)s thửa chưa đạt") % {"n": len(bad)},
        threshold=NONE_AT_FAULT,
        advice=_("Giải quyết chồng lấn hoặc bỏ thửa khỏi vùng trồng.") if bad else "",
        plots=facts.at_fault(bad),
    )


def check_one_crop(facts: Facts) -> Iterator[Finding]:
    """All plots grow the area's crop."""
    area = facts.question.area
    other = [plot.id for plot in facts.plots if plot.crop_id != area.crop_id]
    yield Finding(
        rule="one_crop",
        title=_("Một loại cây trồng"),
        verdict=FAIL if other else PASS,
        measured=_("%(n)s thửa trồng cây khác") % {"n": len(other)},
        threshold=area.crop.name_vi,
        plots=facts.at_fault(other),
    )


def check_one_variety(facts: Facts) -> Iterator[Finding]:
    """The plots name one variety, that of the area where it names one."""
    area = facts.question.area
    varieties = sorted({plot.variety for plot in facts.plots if plot.variety})
    other = [
        plot.id for plot in facts.plots if area.variety_id and plot.variety_id and plot.variety_id != area.variety_id
    ]
    is_mixed = len(varieties) > 1 or bool(other)
    for asked in standards(facts, RuleKind.ONE_VARIETY, legal_ref=NQ_36):
        yield Finding(
            rule=RuleKind.ONE_VARIETY.value,
            title=with_market(_("Một giống"), asked.row),
            verdict=asked.severity if is_mixed else PASS,
            measured=", ".join(varieties) or _("chưa ghi giống"),
            threshold=area.variety.name_vi if area.variety else _("một giống"),
            legal_ref=asked.legal_ref,
            advice=_("Vườn xen giống phải kê khai đúng diện tích và số cây từng giống.") if is_mixed else "",
            plots=facts.at_fault(other),
        )


def check_mixed_stand(facts: Facts) -> Iterator[Finding]:
    """A stand of several varieties is declared plot by plot (variety and trees), and beside the main one not too much.

    The share is of ground; without a row of the scheme any share passes that is declared (NQ 36/2026).
    """
    by_variety: dict[int | None, float] = defaultdict(float)
    for plot in facts.plots:
        by_variety[plot.variety_id] += plot.area_m2
    named = {variety: m2 for variety, m2 in by_variety.items() if variety is not None}
    if len(named) < 2:
        return
    main = facts.question.area.variety_id or max(named, key=lambda variety: (named[variety], variety))
    share = 1 - named.get(main, 0) / facts.plots_m2
    undeclared = [plot.id for plot in facts.plots if plot.variety_id is None or plot.tree_count is None]
    for asked in standards(facts, RuleKind.MIXED_STAND, threshold=100, legal_ref=NQ_36):
        is_too_much = share * 100 > asked.threshold
        others = [plot.id for plot in facts.plots if plot.variety_id != main] if is_too_much else undeclared
        limit: Any = _("kê khai giống và số cây từng thửa")
        if asked.threshold < 100:
            limit = _("giống phụ không quá %(share)s %% diện tích") % {"share": plain(asked.threshold)}
        yield Finding(
            rule=RuleKind.MIXED_STAND.value,
            title=with_market(_("Vườn xen giống"), asked.row),
            verdict=asked.severity if is_too_much or undeclared else PASS,
            measured=_("giống phụ %(share)s %% diện tích, %(n)s thửa chưa kê khai đủ")
            % {"share": percent(share), "n": len(undeclared)},
            threshold=limit,
            legal_ref=asked.legal_ref,
            advice=_("Ghi giống và số cây của từng thửa.") if undeclared else "",
            plots=facts.at_fault(others),
        )


def check_growers_known(facts: Facts) -> Iterator[Finding]:
    """Every plot has a grower."""
    unknown = [plot.id for plot in facts.plots if plot.grower_id is None]
    for asked in standards(facts, RuleKind.GROWERS_KNOWN):
        yield Finding(
            rule=RuleKind.GROWERS_KNOWN.value,
            title=with_market(_("Thửa có nông hộ"), asked.row),
            verdict=asked.severity if unknown else PASS,
            measured=_("%(n)s thửa chưa có nông hộ") % {"n": len(unknown)},
            threshold=NONE_AT_FAULT,
            legal_ref=asked.legal_ref,
            advice=_("Ghi nông hộ cho từng thửa: danh sách hộ là một phần của hồ sơ.") if unknown else "",
            plots=facts.at_fault(unknown),
        )


def check_consent(facts: Facts) -> Iterator[Finding]:
    """The growers have agreed to stand in the sector's directory (purpose `directory`), as the list of a code needs.

    A warning unless a row says more: the office may examine by law without consent, but nothing else may use the list.
    """
    missing = [plot for plot in facts.plots if plot.grower_id is not None and not plot.agrees]
    growers = {plot.grower_id for plot in missing}
    for asked in standards(facts, RuleKind.CONSENT, legal_ref=LAW_91):
        yield Finding(
            rule=RuleKind.CONSENT.value,
            title=with_market(_("Nông hộ đồng ý có tên trong danh bạ ngành"), asked.row),
            verdict=asked.severity if missing else PASS,
            measured=_("%(n)s hộ chưa đồng ý") % {"n": len(growers)},
            threshold=_("0 hộ"),
            legal_ref=asked.legal_ref,
            advice=_("Xin ý kiến từng hộ và ghi bằng chứng ở danh sách nông hộ.") if missing else "",
            plots=facts.at_fault(plot.id for plot in missing),
        )


def check_ground_matches_plots(facts: Facts) -> Iterator[Finding]:
    """The area's outline still is the union of its plots."""
    difference = facts.ground_difference_m2
    limit = max(settings.OVERLAP_MIN_M2, GROUND_TOLERANCE * facts.question.area.area_m2)
    is_met = difference is not None and difference <= limit
    yield Finding(
        rule="ground_matches_plots",
        title=_("Ranh vùng khớp với các thửa"),
        verdict=PASS if is_met else FAIL,
        measured=_("lệch %(m2)s m²") % {"m2": whole(difference)} if difference is not None else _("không còn thửa"),
        threshold=_("không quá %(m2)s m²") % {"m2": whole(limit)},
        advice="" if is_met else _("Thửa đã đổi sau khi lập vùng: mở vùng trồng và bấm “Vẽ lại theo thửa”."),
    )


def check_duplicate_parcel(facts: Facts) -> Iterator[Finding]:
    """No plot looks like the same land parcel as another one (docs/domain.md §3.4).

    A likely double (GeoHash of 9 characters, area within 2 %) never does more than warn: the point is our own, and
    provisional. Where the land office gave two holders' plots one identifier, the rule fails.
    """
    full = [one for one in facts.duplicates if one.is_full]
    likely = [one for one in facts.duplicates if not one.is_full]
    for asked in standards(
        facts, RuleKind.DUPLICATE_PARCEL, threshold=DUPLICATE_SHARE * 100, severity=FAIL, legal_ref=CIRCULAR_19
    ):
        verdict = asked.severity if full else WARN if likely else PASS
        # Another holder's plot is pointed at on the officer's map, but its number is not told.
        others = [PlotAtFault(one.other_id, "") for one in facts.duplicates if not one.is_own]
        yield Finding(
            rule=RuleKind.DUPLICATE_PARCEL.value,
            title=with_market(_("Thửa đất không bị khai hai lần"), asked.row),
            verdict=verdict,
            measured=_("%(full)s thửa trùng mã định danh, %(likely)s thửa có thể trùng")
            % {"full": len({one.plot_id for one in full}), "likely": len({one.plot_id for one in likely})},
            threshold=_("0 thửa (cùng vị trí khoảng 5 m và diện tích lệch không quá %(share)s %%)")
            % {"share": plain(asked.threshold)},
            legal_ref=asked.legal_ref,
            advice=_("Đối chiếu giấy tờ đất của các thửa này.") if facts.duplicates else "",
            plots=facts.at_fault(one.plot_id for one in facts.duplicates) + tuple(others),
        )
