"""Mail beside a notice; called by the outbox, so it may be called twice."""

from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from office.models import Notice


def deliver_mail(payload: dict[str, Any]) -> None:
    """Mail the notice `payload["notice"]` to its user, unless that was done, or the notice or address is gone."""
    notice = Notice.objects.select_related("user").filter(pk=payload["notice"], mailed_at=None).first()
    if notice is None or not notice.user.email:
        return
    with override(settings.LANGUAGE_CODE):
        subject = " ".join(f"Vùng Trồng: {notice.text}".split())[:120]
        link = f"\n\n{settings.PUBLIC_URL}{notice.url}" if notice.url else ""
        body = _("%(text)s%(link)s\n\nThư tự động, xin không trả lời.") % {"text": notice.text, "link": link}
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [notice.user.email])
    Notice.objects.filter(pk=notice.pk).update(mailed_at=timezone.now())
