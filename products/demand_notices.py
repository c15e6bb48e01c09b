"""News about demands: to those who may answer for a matching cooperative, and to the buyer; without contacts."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cooperatives.models import Cooperative
from cooperatives.permissions import EDITORS
from office.sentences import Sentence
from office.services.notices import notify
from products.models import Demand, DemandReply


def demand_posted(demand: Demand, cooperatives: QuerySet[Cooperative]) -> None:
    """Tell each person once, however many cooperatives he or she works for and however often it is shown again."""
    workers = User.objects.filter(memberships__cooperative__in=cooperatives, memberships__role__in=EDITORS).distinct()
    text = Sentence(
        _("Có người tìm mua %(tonnes)s tấn %(crop)s"), {"tonnes": f"{demand.quantity_t:g}", "crop": demand.crop}
    )
    address = reverse("products:demand-inbox-detail", args=[demand.pk])
    notify(workers, "demand_posted", text, address, once_key=f"demand:{demand.pk}")


def demand_replied(reply: DemandReply) -> None:
    """Tell the buyer that a cooperative answered."""
    text = Sentence(
        _("%(cooperative)s trả lời nhu cầu mua %(crop)s của bạn"),
        {"cooperative": reply.cooperative, "crop": reply.demand.crop},
    )
    address = reverse("products:demand-detail", args=[reply.demand_id])
    notify(reply.demand.user, "demand_replied", text, address, once_key=f"demand_reply:{reply.pk}")


def demand_hidden(demand: Demand) -> None:
    """Tell the buyer that an office took the demand from sight, and why."""
    text = Sentence(
        _("Nhu cầu mua %(crop)s của bạn đã bị ẩn: %(reason)s"), {"crop": demand.crop, "reason": demand.hidden_reason}
    )
    address = reverse("products:demand-detail", args=[demand.pk])
    notify(demand.user, "demand_hidden", text, address, once_key=f"demand_hidden:{demand.pk}")
