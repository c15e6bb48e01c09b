"""Messages about enquiries. The buyer's contact is read only here, at the moment of delivery."""

from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts.models import User
from office.sentences import Sentence
from office.services.notices import notify
from office.services.outbox import queue
from products.models import ContactKind, Enquiry


def enquiry_sent(enquiry: Enquiry) -> None:
    """Tell those who enter data for the cooperative that a buyer wrote."""
    workers = User.objects.filter(
        memberships__cooperative=enquiry.cooperative_id, memberships__role__in=("owner", "clerk", "helper")
    )
    text = Sentence(gettext_lazy("%(buyer)s hỏi mua hàng"), {"buyer": enquiry.buyer_name})
    notify(workers, "enquiry_sent", text, enquiry.get_absolute_url())


def enquiry_answered(enquiry: Enquiry) -> None:
    """Tell the buyer after the commit; a buyer who left a phone number reads the answer on the private page."""
    if enquiry.contact_kind == ContactKind.EMAIL:
        queue("products.answer_mail", {"enquiry": enquiry.pk, "answers": enquiry.messages.count()})


def deliver_answer_mail(payload: dict[str, Any]) -> None:
    """Mail the buyer that an answer is there, with the private address; called by the outbox."""
    enquiry = Enquiry.objects.select_related("cooperative").filter(pk=payload["enquiry"]).first()
    if enquiry is None:
        return
    with override(settings.LANGUAGE_CODE):
        subject = _("Vùng Trồng: %(cooperative)s đã trả lời bạn") % {"cooperative": enquiry.cooperative}
        link = settings.PUBLIC_URL + reverse("products:enquiry", args=[enquiry.token])
        body = _("Xem trả lời tại trang riêng của bạn:\n\n%(link)s\n\nThư tự động, xin không trả lời.") % {"link": link}
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [enquiry.contact])
