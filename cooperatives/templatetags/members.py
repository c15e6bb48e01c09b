"""Names of members in templates, for those who may read them."""

from typing import Any

from django import template

from cooperatives.models import Grower
from cooperatives.permissions import has_role_in

register = template.Library()


@register.simple_tag(takes_context=True)
def grower_name(context: Any, grower: Grower) -> str:
    """The member's name for the cooperative's own people, and for officers when the member stands in the directory;
    else the member's number only."""
    user = context["request"].user
    known = context.render_context.setdefault("named_growers", {})
    if grower.cooperative_id not in known:
        known[grower.cooperative_id] = _named(user, grower)
    named = known[grower.cooperative_id]
    return grower.person.full_name if named is None or grower.pk in named else f"#{grower.number}"


def _named(user: Any, grower: Grower) -> set[int] | None:
    """Return the ids of the cooperative's members whose names the user may read; None for all."""
    if has_role_in(user, grower.cooperative):
        return None
    rows = Grower.objects.listed_for(user).filter(cooperative=grower.cooperative_id)
    return set(rows.values_list("pk", flat=True))
