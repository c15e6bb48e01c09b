"""Notices of farms."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cooperatives.permissions import EDITORS
from farms.corrections import Correction
from farms.models import OverlapCase, OverlapDecision
from office.sentences import Sentence
from office.services import notify


def editors_of(cooperative_id: int) -> list[User]:
    """Return the users who enter data for the cooperative."""
    return list(
        User.objects.filter(
            memberships__cooperative=cooperative_id, memberships__role__in=EDITORS, is_active=True
        ).distinct()
    )


def overlap_opened(later: int, earlier: int, count: int, ref: str, neighbour: str) -> None:
    """Tell both cooperatives (by id) of `count` new overlaps; the later one's plots wait."""
    url = reverse("farms:overlap-list")
    facts = {"count": count, "ref": ref, "neighbour": neighbour}
    notify(
        editors_of(later),
        "farms.overlap_opened",
        Sentence(
            _("%(count)s thửa của bạn (như %(ref)s) chồng lên đất của đơn vị khác và phải chờ giải quyết."), facts
        ),
        url,
    )
    notify(
        editors_of(earlier),
        "farms.overlap_opened",
        Sentence(_("%(count)s thửa mới của đơn vị khác chồng lên thửa của bạn (như %(neighbour)s)."), facts),
        url,
    )


def overlap_decided(case: OverlapCase) -> None:
    """Tell both cooperatives."""
    for plot in (case.first, case.second):
        notify(
            editors_of(plot.cooperative_id),
            "farms.overlap_decided",
            Sentence(
                _("Vụ chồng lấn ở thửa %(ref)s đã được giải quyết: %(decision)s."),
                {"ref": plot.ref, "decision": OverlapDecision(case.decision).label},
            ),
            reverse("farms:overlap-list"),
        )


def overlap_corrected(case: OverlapCase, correction: Correction) -> None:
    """Tell both cooperatives what became of their own plot; of the other's plot nothing is told."""
    for side, plot in ((correction.first, case.first), (correction.second, case.second)):
        notify(
            editors_of(plot.cooperative_id),
            "farms.overlap_decided",
            Sentence(
                _(
                    "Cán bộ đã giải quyết chồng lấn ở thửa %(ref)s: %(decision)s. "
                    "Thửa từ %(before)s m² nay là %(after)s m²."
                ),
                {
                    "ref": plot.ref,
                    "decision": OverlapDecision(case.decision).label,
                    "before": round(side.before_m2),
                    "after": round(side.after_m2),
                },
            ),
            reverse("farms:overlap-case", args=[case.pk]),
        )


def import_read(plot_import_id: str, user: User) -> None:
    """Tell who uploaded the file that the check is done."""
    notify(
        user,
        "farms.import_read",
        _("Đã kiểm tra xong tệp thửa bạn tải lên. Hãy xem và xác nhận."),
        reverse("farms:import-detail", args=[plot_import_id]),
    )
