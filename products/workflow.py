"""Which status of an enquiry follows which; the scheduled task expires those unanswered for 14 days."""

from core.workflow import Transition
from products.models import EnquiryStatus

SENT, READ, ANSWERED = EnquiryStatus.SENT, EnquiryStatus.READ, EnquiryStatus.ANSWERED

ENQUIRY_TRANSITIONS = {
    "read": Transition({SENT}, READ),
    "answer": Transition({SENT, READ, ANSWERED}, ANSWERED),
    "write_back": Transition({SENT, READ, ANSWERED}, SENT),
    "expire": Transition({SENT, READ}, EnquiryStatus.EXPIRED),
    "close": Transition({SENT, READ, ANSWERED}, EnquiryStatus.CLOSED),
}
