"""Two registrations that are not verified, an invitation on its way, and what a few plots were before."""

from collections.abc import Mapping

import pghistory
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import User
from cooperatives import services
from cooperatives.models import Cooperative, HolderKind, MemberRole
from crops.models import Crop
from demo.cast import person_name, phone_number
from farms.models import Plot, SeasonName
from farms.services import change_plot
from farms.services.seasons import record_season
from places.models import AdministrativeUnit

COMMUNE = "29869"
PROOF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
CUT_SHARE = 0.15  # of the plot's width


def tell_joining(users: Mapping[str, User], cooperatives: Mapping[str, Cooperative]) -> str:
    """Register two, return one, invite somebody, and let a helper correct and describe plots."""
    commune = AdministrativeUnit.objects.current().communes().get(code=COMMUNE)
    clerk, officer = users["demo-htx2"], users["demo-canbo2"]
    waiting = services.register_cooperative(
        slug="demo-xoai-ray-moi", kind=HolderKind.COOPERATIVE, name="HTX Xoài Rẫy Mới", tax_number="0000009001",
        representative=person_name(9051)[0], representative_position="Giám đốc", phone=phone_number(9051),
        commune=commune, address="Ấp Một", main_crops=Crop.objects.filter(slug="xoai"),
        proof=ContentFile(PROOF, "giay-dang-ky.pdf"), by=clerk,
    )  # fmt: skip
    returned = services.register_cooperative(
        slug="demo-oi-con-nho", kind=HolderKind.GROUP, name="Tổ hợp tác Ổi Cồn Nhỏ",
        representative=person_name(9052)[0], phone=phone_number(9052), commune=commune, by=clerk,
    )  # fmt: skip
    services.return_cooperative(returned, "Thiếu hợp đồng hợp tác có chứng thực của phường.", by=officer)
    services.invite(waiting, email="nguoi-xem@demo.invalid", role=MemberRole.VIEWER, by=clerk)
    told = _tell_history(cooperatives["demo-xoai-song-xanh"], users["demo-hotro"])
    return f"2 registrations, {told} seasons"


def _tell_history(cooperative: Cooperative, helper: User) -> int:
    """A helper draws one plot smaller and counts its trees; three plots tell what they bore."""
    plots = list(Plot.objects.filter(cooperative=cooperative, area_plots=None, status="active").order_by("pk")[:3])
    with pghistory.context(user=helper.pk, on_behalf_of=[cooperative.pk]):
        for plot in plots[:1]:
            west, south, east, north = plot.boundary.extent
            rest = Polygon.from_bbox((west, south, east - (east - west) * CUT_SHARE, north))
            rest.srid = plot.boundary.srid
            cut = plot.boundary & rest
            parts = [cut] if isinstance(cut, Polygon) else list(cut)
            change_plot(plot, by=helper, boundary=MultiPolygon(parts, srid=plot.boundary.srid), tree_count=120)
        year = timezone.localdate().year
        for plot in plots:
            for back in (1, 2):
                record_season(
                    plot, year=year - back, season=SeasonName.YEAR, crop=plot.crop, variety=plot.variety,
                    harvested_t=round(plot.area_m2 / 10_000 * (12 + back), 1), by=helper,
                )  # fmt: skip
    return 2 * len(plots)
