"""Rules about the land: its class today and what is planned for it, by the newest public layers."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from casework.eligibility.facts import Facts
from casework.eligibility.question import PASS, WARN, Finding, percent, plain, with_market
from casework.eligibility.standards import standards
from codes.models import RuleKind
from landuse.models import LayerKind

# In percent of the plots' ground: as much as two outlines may differ without being an overlap (OVERLAP_MIN_SHARE).
TOLERATED_PERCENT = 1.0
MAX_CLASSES = 4
LAND_LAW = _("Luật Đất đai 31/2024/QH15: sử dụng đất đúng mục đích")


def check_land_use_class(facts: Facts) -> Iterator[Finding]:
    """The plots lie on land that the present land-use layer calls agricultural, up to the tolerated share."""
    yield from _land_findings(
        facts,
        RuleKind.LAND_USE_CLASS,
        LayerKind.LAND_USE,
        title=_("Đúng loại đất nông nghiệp"),
        advice=_("Đối chiếu hiện trạng sử dụng đất; bỏ phần không phải đất nông nghiệp khỏi vùng trồng."),
    )


def check_planned_zone(facts: Facts) -> Iterator[Finding]:
    """The plots do not lie where the plan in force wants other than agricultural land, up to the tolerated share."""
    yield from _land_findings(
        facts,
        RuleKind.PLANNED_ZONE,
        LayerKind.PLANNING,
        title=_("Không nằm trong quy hoạch đất phi nông nghiệp"),
        advice=_("Hỏi cơ quan đất đai về quy hoạch trước khi cấp mã dài hạn."),
    )


def _land_findings(facts: Facts, kind: RuleKind, layer_kind: str, *, title: Any, advice: Any) -> Iterator[Finding]:
    """Judge the non-agricultural share by one kind of layer; where none knows the ground, only a row makes noise."""
    known = [one for one in facts.land if one.kind == layer_kind]
    wrong = [one for one in known if not one.is_agricultural]
    share = min(1.0, sum(one.m2 for one in wrong) / facts.plots_m2) if facts.plots else 0.0
    for asked in standards(facts, kind, threshold=TOLERATED_PERCENT, legal_ref=LAND_LAW):
        if not known and asked.row is None:
            continue
        is_met = bool(known) and share * 100 <= asked.threshold
        yield Finding(
            rule=kind.value,
            title=with_market(title, asked.row),
            verdict=PASS if is_met else asked.severity if known else WARN,
            measured=_measured(share, wrong, known),
            threshold=_("không quá %(share)s %%") % {"share": plain(asked.threshold)},
            legal_ref=asked.legal_ref,
            advice="" if is_met else advice if known else _("Kiểm tra bằng bản đồ giấy hoặc hỏi cơ quan đất đai."),
            plots=() if is_met else facts.at_fault(plot_id for one in wrong for plot_id in one.plot_ids),
        )


def _measured(share: float, wrong: list[Any], known: list[Any]) -> Any:
    if not known:
        return _("chưa có lớp bản đồ công khai để đối chiếu")
    classes = ", ".join(dict.fromkeys(f"{one.code} {one.name}" for one in wrong[:MAX_CLASSES]))
    layers = ", ".join(sorted({one.layer for one in known}))
    text = _("%(share)s %% (%(layers)s)") % {"share": percent(share), "layers": layers}
    return f"{text}: {classes}" if classes else text
