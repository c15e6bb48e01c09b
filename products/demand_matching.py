"""Which cooperatives have what a buyer looks for, and the other way round.

A cooperative matches when it is public (verified, no single household), has an offer in force of the demand's crop, or
an area whose plots are harvested, in one of its months, and, where a market is named, a code in force for that crop
that the market has approved (at home: a domestic one). Offers are the rows of the layer `offers`, codes are judged as
`ProductionAreaCodeQuerySet.good_for` does.
"""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from codes.models import ApprovalStatus, AreaPlot, ProductionAreaCode
from codes.querysets import HOME_MARKET
from cooperatives.models import Cooperative
from cooperatives.querysets import own_cooperative_ids
from products.models import Demand, Offer


def matching_cooperatives(demand: Demand) -> QuerySet[Cooperative]:
    """Return the cooperatives that have what the demand asks for."""
    sellers = _sellers(demand.crop_id, demand.months)
    return sellers.filter(_has_code(demand.crop_id, demand.market_id)) if demand.market_id else sellers


def matching_demands(user: Any) -> QuerySet[Demand]:
    """Return the open demands that cooperatives of the user (in any role) match today; none for others."""
    if not user.is_authenticated:
        return Demand.objects.none()
    crop, months = OuterRef("crop"), OuterRef("months")
    own = _sellers(OuterRef(crop), OuterRef(months)).filter(pk__in=own_cooperative_ids(user))
    abroad = own.filter(_has_code(OuterRef(crop), OuterRef(OuterRef("market"))))
    at_home = own.filter(_has_code(OuterRef(crop), HOME_MARKET))
    return Demand.objects.open_on(localdate()).filter(
        Q(Q(market=None), Exists(own))
        | Q(Q(market=HOME_MARKET), Exists(at_home))
        | Q(Q(market__isnull=False) & ~Q(market=HOME_MARKET), Exists(abroad))
    )


def _sellers(crop: Any, months: Any) -> QuerySet[Cooperative]:
    offers = Offer.objects.on(localdate()).public()
    offers = offers.filter(product__cooperative=OuterRef("pk"), product__crop=crop, months__overlap=months)
    harvests = AreaPlot.objects.filter(
        area__cooperative=OuterRef("pk"), area__crop=crop, area__is_active=True, plot__harvest_months__overlap=months
    )
    return Cooperative.objects.public().filter(Q(Exists(offers)) | Q(Exists(harvests)))


def _has_code(crop: Any, market: Any) -> Exists:
    codes = ProductionAreaCode.objects.active_on(localdate()).filter(area__cooperative=OuterRef("pk"), area__crop=crop)
    if market == HOME_MARKET:
        return Exists(codes.filter(scheme__is_domestic=True))
    return Exists(codes.filter(approvals__market=market, approvals__status=ApprovalStatus.APPROVED))
