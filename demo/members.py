"""What some members agreed to before a witness, and an officer's look at one number."""

from collections.abc import Mapping

from accounts.models import User
from cooperatives import services
from cooperatives.models import Cooperative, Grower
from people.models import Channel, Purpose

WITNESSED = 8


def tell_members(users: Mapping[str, User], cooperatives: Mapping[str, Cooperative]) -> str:
    """Members of one cooperative agree to messages, one withdraws; a number is read with its purpose."""
    cooperative = cooperatives["demo-xoai-nang-vang"]
    members = list(
        Grower.objects.current()
        .filter(cooperative=cooperative)
        .select_related("person", "cooperative__commune")
        .order_by("number")[:WITNESSED]
    )
    clerk = users["demo-hotro"]
    for member in members:
        services.record_consents(
            member, [Purpose.MESSAGES], channel=Channel.WITNESSED, evidence="Trưởng ấp DEMO", by=clerk
        )
    services.withdraw_consents(members[-1], [Purpose.MESSAGES], by=clerk)
    services.read_number(members[0], "phone", purpose="Mời họp về mã số vùng trồng", by=users["demo-canbo2"])
    return f"{len(members)} members with consents"
