"""The bell in the header."""

from django import template
from django.template.context import Context

from office.models import Notice

register = template.Library()


@register.inclusion_tag("office/_notice_bell.html", takes_context=True)
def notice_bell(context: Context) -> dict[str, object]:
    """Draw a link to the notices with the number of unread ones; nothing for visitors."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"is_shown": False}
    return {"is_shown": True, "unread": Notice.objects.visible_to(user).unread().count()}
