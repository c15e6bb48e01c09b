"""Rules about who else stands on the ground: plots, areas, codes."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from casework.eligibility.facts import Facts
from casework.eligibility.question import FAIL, PASS, WARN, Finding, PlotAtFault, whole, with_market
from casework.eligibility.standards import standards
from codes.models import RuleKind
from farms.models import PlotStatus

MAX_NAMES = 10


def check_neighbours_plots(facts: Facts) -> Iterator[Finding]:
    """No plot of another holder lies on the area's ground, beyond what an officer has accepted.

    A later plot that waits `in_conflict` only warns: else anybody could stop a neighbour's request by a drawing.
    """
    found = facts.neighbours
    open_ones = [one.id for one in found if one.status == PlotStatus.ACTIVE and not one.is_accepted]
    shared_m2 = sum(one.shared_m2 for one in found)
    for asked in standards(facts, RuleKind.NEIGHBOURS_PLOTS, severity=FAIL):
        yield Finding(
            rule=RuleKind.NEIGHBOURS_PLOTS.value,
            title=with_market(_("Không đè lên thửa của đơn vị khác"), asked.row),
            verdict=asked.severity if open_ones else WARN if found else PASS,
            measured=_("%(n)s thửa, %(m2)s m²") % {"n": len(found), "m2": whole(shared_m2)},
            threshold=_("0 thửa"),
            legal_ref=asked.legal_ref,
            advice=_("Phần chồng lấn cần được cán bộ giải quyết trước.") if open_ones else "",
            plots=tuple(PlotAtFault(pk, "") for pk in open_ones),
        )


def check_neighbours_areas(facts: Facts) -> Iterator[Finding]:
    """No area of another holder lies on the area's ground; of those that are not public no name is told."""
    names = [one.name for one in facts.areas if one.is_public][:MAX_NAMES]
    hidden = sum(not one.is_public for one in facts.areas)
    names += [str(_("%(n)s vùng chưa công khai") % {"n": hidden})] if hidden else []
    for asked in standards(facts, RuleKind.NEIGHBOURS_AREAS, severity=FAIL):
        yield Finding(
            rule=RuleKind.NEIGHBOURS_AREAS.value,
            title=with_market(_("Không đè lên vùng trồng khác"), asked.row),
            verdict=asked.severity if names else PASS,
            measured=", ".join(names) or _("0 vùng"),
            threshold=_("0 vùng"),
            legal_ref=asked.legal_ref,
        )


def check_no_live_code(facts: Facts) -> Iterator[Finding]:
    """None of the plots lies under a living code of the same scheme and market already."""
    codes = facts.live_codes
    yield Finding(
        rule="no_live_code",
        title=_("Chưa có mã còn hiệu lực"),
        verdict=FAIL if codes else PASS,
        measured=", ".join(codes[:MAX_NAMES]) or _("0 mã"),
        threshold=_("0 mã cùng chế độ và thị trường"),
        advice=_("Bỏ thị trường đã có mã, hoặc thu hồi mã cũ trước.") if codes else "",
    )
