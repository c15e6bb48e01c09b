"""The demonstration province from bare ground to answered enquiries, through the services of the apps."""

from collections.abc import Iterator

from django.db import connection, transaction

from codes.models import ProductionArea
from codes.services.areas import form_area
from cooperatives.models import Cooperative, Membership
from crops.models import Crop, Variety
from demo.accounts import make_accounts
from demo.casefiles import tell_casefiles
from demo.cast import COOPERATIVES
from demo.checks import tell_checks
from demo.conflicts import make_conflicts
from demo.desk import tell_desk
from demo.drawing import split_drawn_plot
from demo.former_units import draw_former_units
from demo.ground import Farmed, all_blocks, blocks_around, plant
from demo.joining import tell_joining
from demo.land import make_land_use
from demo.market import make_enquiries, make_products
from demo.members import tell_members
from demo.messages import tell_messages
from demo.papers import tell_certificates
from demo.requestfile import tell_request_file
from demo.seeking import tell_seeking
from demo.showcase import tell_showcase
from demo.stage import make_certificates, make_cooperatives, make_growers
from demo.trade import tell_trade
from demo.visits import tell_visits
from farms.models import Plot
from people.models import Channel, Purpose
from people.services import give_consent

GROWERS = 2_000
BLOCKS_PER_COOPERATIVE = 5
PLOTS_PER_GROWER = 3
SMALL_AREA_PLOTS = 5  # of two growers: its outline stays hidden


@transaction.atomic
def build_demo() -> list[str]:
    """Fill an empty installation; return lines that say what is there. All or nothing."""
    return list(_acts())


def _acts() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    cooperatives = make_cooperatives()
    users = make_accounts(cooperatives)
    helper = users["demo-hotro"]
    for cooperative in cooperatives.values():
        Membership.objects.create(user=helper, cooperative=cooperative, role="helper")
    make_certificates(cooperatives)
    growers = make_growers(list(cooperatives.values()), GROWERS)
    yield f"{len(cooperatives)} cooperatives, {growers} growers"
    farmed = _plant(cooperatives)
    conflicts = make_conflicts(cooperatives, helper)
    yield f"{Plot.objects.count()} plots, {conflicts} overlap cases"
    areas = _form_areas(cooperatives, farmed, helper)
    _give_some_consents(cooperatives["demo-xoai-nang-vang"])
    yield f"{len(areas)} production areas"
    yield tell_casefiles(areas, clerk=helper, officer=users["demo-canbo2"])
    yield tell_certificates(officer=users["demo-canbo2"])
    yield make_products(cooperatives, areas, helper)
    yield tell_showcase(cooperatives, clerk=helper, officer=users["demo-canbo2"])
    yield make_enquiries(cooperatives, helper)
    yield tell_seeking(cooperatives, clerk=helper)
    yield make_land_use(users["demo-quyhoach"])
    yield draw_former_units()
    yield tell_visits(users["demo-canbo2"])
    yield tell_checks(officer=users["demo-canbo2"], clerk=helper)
    yield tell_request_file(clerk=helper, officer=users["demo-canbo2"])
    yield tell_trade(cooperatives, clerk=helper, officer=users["demo-canbo2"])
    yield tell_desk(clerk=helper, officer=users["demo-canbo2"])
    yield tell_joining(users, cooperatives)
    yield tell_members(users, cooperatives)
    yield f"{split_drawn_plot(helper)} plots out of a split one"
    yield tell_messages(users)


def _plant(cooperatives: dict[str, Cooperative]) -> list[Farmed]:
    blocks = all_blocks()
    crops = {crop.short_code: crop.pk for crop in Crop.objects.all()}
    varieties = {(variety.crop_id, variety.name_vi): variety.pk for variety in Variety.objects.all()}
    farmed: list[Farmed] = []
    for role in COOPERATIVES:
        cooperative = cooperatives[role.slug]
        seat = cooperative.location
        assert seat is not None  # noqa: S101  (make_cooperatives gives every holder a seat)
        near = blocks_around(blocks, seat.x, seat.y, BLOCKS_PER_COOPERATIVE)
        taken = {item.block for item in farmed}
        for position, block in enumerate(block for block in near if block not in taken):
            crop_code, variety = role.crops[position % len(role.crops)]
            crop_id = crops[crop_code]
            farmed.append(Farmed(len(farmed) + 1, block, cooperative.pk, crop_id, varieties.get((crop_id, variety))))
    plant(farmed, plots_per_grower=PLOTS_PER_GROWER, checks_overlap=True)
    _analyse("farms_plot", "cooperatives_grower")
    return farmed


def _form_areas(cooperatives: dict[str, Cooperative], farmed: list[Farmed], helper: object) -> list[ProductionArea]:
    by_pk = {cooperative.pk: cooperative for cooperative in cooperatives.values()}
    crops = Crop.objects.in_bulk()
    varieties = Variety.objects.in_bulk()
    areas: list[ProductionArea] = []
    for item in farmed:
        cooperative, crop = by_pk[item.cooperative_id], crops[item.crop_id]
        number = sum(area.cooperative_id == cooperative.pk for area in areas) + 1
        plots = Plot.objects.in_good_standing().filter(cooperative=cooperative, ref__startswith=f"L{item.number}-")
        if number == BLOCKS_PER_COOPERATIVE:
            plots = Plot.objects.filter(pk__in=plots.order_by("ref").values("pk")[:SMALL_AREA_PLOTS])
        areas.append(
            form_area(
                cooperative,
                name=f"Vùng {crop.name_vi.lower()} số {number}",
                crop=crop,
                variety=varieties.get(item.variety_id) if item.variety_id else None,
                plots=plots,
                by=helper,
            )
        )
    _analyse("codes_areaplot", "codes_productionarea")
    return areas


def _analyse(*tables: str) -> None:
    """Let the planner know what is there: within one transaction nobody else tells it, and it would guess wrong."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def _give_some_consents(cooperative: Cooperative) -> None:
    """The growers of this holder's small area agreed on paper that its outline is shown."""
    area = ProductionArea.objects.filter(cooperative=cooperative).order_by("-pk").first()
    if area is None:
        return
    for plot in area.plots.select_related("grower__person").order_by("pk"):
        give_consent(
            plot.grower.person,
            Purpose.PUBLIC_OUTLINE,
            text_version="demo-1",
            channel=Channel.PAPER,
            evidence="Phiếu đồng ý DEMO",
        )
