"""What a cooperative says of itself on its public page."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.changes import CooperativesChanged
from cooperatives.models import Cooperative
from cooperatives.permissions import can_edit_for_cooperative, can_publish_contact
from core.changes import announce
from core.errors import Finding, RuleViolated
from core.permissions import require
from core.text import clean_lines

MAX_STORY = 4_000  # characters


@transaction.atomic
def change_profile(
    cooperative: Cooperative, *, story: str, has_public_contact: bool | None = None, by: Any
) -> Cooperative:
    """Change the story and, for owners only, whether phone, mail and address are public (None: as it is).

    Raises NotAllowed; RuleViolated `story_too_long`, `no_contact` where there is nothing to publish.
    """
    cooperative = Cooperative.objects.select_for_update(of=("self",)).get(pk=cooperative.pk)
    require(can_edit_for_cooperative(by, cooperative))
    story = clean_lines(story)
    if len(story) > MAX_STORY:
        text = _("Bài giới thiệu dài nhất %(limit)s ký tự.") % {"limit": MAX_STORY}
        raise RuleViolated(findings=[Finding("story_too_long", text, "/story")])
    if has_public_contact is not None and has_public_contact != cooperative.has_public_contact:
        require(can_publish_contact(by, cooperative), _("Chỉ chủ nhiệm mới được công khai hoặc ẩn liên hệ."))
        if has_public_contact and not (cooperative.phone or cooperative.email):
            text = _("Đơn vị chưa ghi điện thoại hay thư điện tử nào để công khai.")
            raise RuleViolated(findings=[Finding("no_contact", text, "/has_public_contact")])
        cooperative.has_public_contact = has_public_contact
    cooperative.story = story
    cooperative.save(update_fields=["story", "has_public_contact", "updated_at"])
    announce(CooperativesChanged(cooperatives=Cooperative.objects.filter(pk=cooperative.pk)))
    return cooperative
