"""Writes on demands: a buyer says what is looked for, cooperatives that have it answer, neither contact is shown.

Behind the setting DEMAND_POSTS (docs/domain.md §6.4): the pages and the API ask it, these functions do not.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from codes.models import Market
from cooperatives.models import Cooperative
from core.errors import NotAllowed, RuleViolated, WrongState
from core.permissions import require
from core.text import clean_line, clean_lines
from core.workflow import next_status
from crops.models import Crop
from products import demand_notices
from products.demand_matching import matching_cooperatives
from products.models import Demand, DemandReply, DemandStatus, Product
from products.permissions import can_hide_demand, can_reply_for
from products.public_text import refuse_contacts
from products.services.findings import finding
from products.workflow import DEMAND_TRANSITIONS

SHOWN_DAYS = 30
MAX_OPEN = 5
MAX_A_DAY = 10  # each tells all matching cooperatives
MAX_REPLIES = 5  # of one cooperative to one demand


@transaction.atomic
def post_demand(
    user: User,
    *,
    buyer_name: str,
    crop: Crop,
    months: Iterable[int],
    quantity_t: float,
    market: Market | None = None,
    message: str = "",
) -> Demand:
    """Show a demand to matching cooperatives for 30 days, and tell them.

    Raises RuleViolated for months outside the year, a quantity that is not positive, texts with a phone number, mail or
    web address, and beyond five open demands.
    """
    months = sorted(set(months))
    if not months or not 1 <= months[0] <= months[-1] <= 12:
        raise RuleViolated(findings=[finding("bad_months", "months", _("Hãy chọn ít nhất một tháng, từ 1 đến 12."))])
    if not 0 < quantity_t < float("inf"):
        raise RuleViolated(findings=[finding("bad_quantity", "quantity_t", _("Số lượng phải lớn hơn 0."))])
    buyer_name, message = clean_line(buyer_name), clean_lines(message)
    refuse_contacts(buyer_name, "buyer_name")
    refuse_contacts(message, "message")
    _require_room(user)
    if Demand.objects.filter(user=user, created_at__gt=timezone.now() - dt.timedelta(days=1)).count() >= MAX_A_DAY:
        raise RuleViolated("too_many_demands", _("Hôm nay bạn đã đăng nhiều nhu cầu. Hãy thử lại vào ngày mai."))
    demand = Demand.objects.create(
        user=user,
        buyer_name=buyer_name,
        crop=crop,
        months=months,
        quantity_t=quantity_t,
        market=market,
        message=message,
        expires_on=_last_day(),
    )
    demand_notices.demand_posted(demand, matching_cooperatives(demand))
    return demand


@transaction.atomic
def close_demand(demand: Demand, *, by: User) -> Demand:
    """Take one's own demand from sight; replies stay readable to the buyer."""
    demand = _own(demand, by)
    demand.status = next_status(DEMAND_TRANSITIONS, "close", demand.status)
    demand.save(update_fields=["status"])
    return demand


@transaction.atomic
def repost_demand(demand: Demand, *, by: User) -> Demand:
    """Show one's own demand for another 30 days once it is over; what an office has hidden stays hidden."""
    demand = _own(demand, by)
    if demand.status == DemandStatus.OPEN and demand.expires_on >= localdate():
        raise WrongState(detail=_("Nhu cầu này vẫn đang hiển thị."))
    demand.status = next_status(DEMAND_TRANSITIONS, "repost", demand.status)
    _require_room(by, besides=demand)
    demand.expires_on = _last_day()
    demand.save(update_fields=["status", "expires_on"])
    demand_notices.demand_posted(demand, matching_cooperatives(demand))
    return demand


@transaction.atomic
def hide_demand(demand: Demand, *, reason: str, by: User) -> Demand:
    """Take a demand from the cooperatives' sight, with a reason that the buyer reads."""
    require(can_hide_demand(by))
    reason = clean_line(reason)
    if not reason:
        raise RuleViolated(findings=[finding("reason_missing", "reason", _("Hãy ghi lý do; người mua sẽ đọc."))])
    demand = Demand.objects.select_for_update(of=("self",)).get(pk=demand.pk)
    demand.status = next_status(DEMAND_TRANSITIONS, "hide", demand.status)
    demand.hidden_reason, demand.hidden_by, demand.hidden_at = reason, by, timezone.now()
    demand.save(update_fields=["status", "hidden_reason", "hidden_by", "hidden_at"])
    demand_notices.demand_hidden(demand)
    return demand


@transaction.atomic
def reply_to_demand(
    demand: Demand, *, cooperative: Cooperative, text: str, by: User, product: Product | None = None
) -> DemandReply:
    """Answer a demand for a cooperative that matches it; the buyer is told.

    Raises NotAllowed for who may not write for the cooperative and where it does not match, WrongState when the demand
    is over, RuleViolated for a text with a contact, for another's product, and beyond five replies.
    """
    require(can_reply_for(by, cooperative))
    demand = Demand.objects.select_for_update(of=("self",)).get(pk=demand.pk)
    if demand.status != DemandStatus.OPEN or demand.expires_on < localdate():
        raise WrongState(detail=_("Nhu cầu này không còn hiển thị nên không trả lời được nữa."))
    if not matching_cooperatives(demand).filter(pk=cooperative.pk).exists():
        raise NotAllowed(detail=_("Đơn vị này chưa có hàng khớp với nhu cầu."))
    text = clean_lines(text)
    if not text:
        raise RuleViolated(findings=[finding("text_missing", "text", _("Hãy ghi nội dung trả lời."))])
    refuse_contacts(text, "text")
    if product is not None and not Product.objects.public().filter(pk=product.pk, cooperative=cooperative).exists():
        raise RuleViolated(findings=[finding("foreign_product", "product", _("Sản phẩm không phải của đơn vị này."))])
    if demand.replies.filter(cooperative=cooperative).count() >= MAX_REPLIES:
        detail = _("Mỗi đơn vị trả lời một nhu cầu nhiều nhất %(n)s lần.") % {"n": MAX_REPLIES}
        raise RuleViolated(findings=[finding("too_many_replies", "text", detail)])
    reply = DemandReply.objects.create(demand=demand, cooperative=cooperative, product=product, text=text, by=by)
    demand_notices.demand_replied(reply)
    return reply


def _own(demand: Demand, by: User) -> Demand:
    found = Demand.objects.select_for_update(of=("self",)).get(pk=demand.pk)
    require(found.user_id == by.pk)
    return found


def _require_room(user: User, *, besides: Demand | None = None) -> None:
    # One row that all posts of the user wait for: two at once cannot both be the fifth.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    shown = Demand.objects.open_on(localdate()).filter(user=user).exclude(pk=besides.pk if besides else None)
    if shown.count() >= MAX_OPEN:
        detail = _("Mỗi tài khoản có nhiều nhất %(n)s nhu cầu đang hiển thị. Hãy đóng bớt.") % {"n": MAX_OPEN}
        raise RuleViolated("too_many_demands", detail)


def _last_day() -> dt.date:
    return localdate() + dt.timedelta(days=SHOWN_DAYS)
