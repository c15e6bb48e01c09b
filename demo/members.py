"""What some members agreed to before a witness, an officer's look at one number, and a table taken out."""

from collections.abc import Mapping

from accounts.models import User
from cooperatives import services
from cooperatives.models import Cooperative, Grower
from cooperatives.services.directory import export_directory
from people.models import PURPOSE_FIELDS, Channel, ConsentField, Purpose

WITNESSED = 8
NAMED = 3  # of them agree to be named on the producer page, and to all fields of the directory


def tell_members(users: Mapping[str, User], cooperatives: Mapping[str, Cooperative]) -> str:
    """Members of one cooperative stand in the directory, some are named in public, one withdraws; a number is read."""
    cooperative = cooperatives["demo-xoai-nang-vang"]
    members = list(
        Grower.objects.current()
        .filter(cooperative=cooperative)
        .select_related("person", "cooperative__commune")
        .order_by("number")[:WITNESSED]
    )
    clerk = users["demo-hotro"]
    for place, member in enumerate(members):
        opened: dict[str, tuple[str, ...]] = {
            Purpose.MESSAGES: (),
            Purpose.DIRECTORY: PURPOSE_FIELDS[Purpose.DIRECTORY] if place < NAMED else (ConsentField.LAND,),
        }
        if place < NAMED:
            opened[Purpose.PUBLIC_NAME] = (ConsentField.HAMLET,)
        services.record_consents(
            member, list(opened), fields=opened, channel=Channel.WITNESSED, evidence="Trưởng ấp DEMO", by=clerk
        )
    services.withdraw_consents(members[-1], [Purpose.MESSAGES], by=clerk)
    services.read_number(members[0], "phone", purpose="Mời họp về mã số vùng trồng", by=users["demo-canbo2"])
    export_directory({}, purpose="Mời tập huấn vụ mới (DEMO)", suffix="xlsx", by=users["demo-canbo2"])
    return f"{len(members)} members with consents"
