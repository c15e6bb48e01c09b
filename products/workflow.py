"""Which status of an enquiry follows which; the scheduled task expires those unanswered for 14 days."""

from core.workflow import Transition
from products.models import DemandStatus, EnquiryStatus

UNCONFIRMED, SENT, READ = EnquiryStatus.UNCONFIRMED, EnquiryStatus.SENT, EnquiryStatus.READ
ANSWERED = EnquiryStatus.ANSWERED
WAITING = (SENT, READ)
OPEN = (SENT, READ, ANSWERED)
OVER = (EnquiryStatus.CLOSED, EnquiryStatus.EXPIRED)

ENQUIRY_TRANSITIONS = {
    "confirm": Transition({UNCONFIRMED}, SENT),
    "read": Transition({SENT}, READ),
    "answer": Transition({SENT, READ, ANSWERED}, ANSWERED),
    "write_back": Transition({SENT, READ, ANSWERED}, SENT),
    "expire": Transition({SENT, READ}, EnquiryStatus.EXPIRED),
    "close": Transition({SENT, READ, ANSWERED}, EnquiryStatus.CLOSED),
}

# A demand that is over by its day is still stored as open: `expires_on` says so.
DEMAND_TRANSITIONS = {
    "close": Transition({DemandStatus.OPEN}, DemandStatus.CLOSED),
    "repost": Transition({DemandStatus.OPEN, DemandStatus.CLOSED}, DemandStatus.OPEN),
    "hide": Transition({DemandStatus.OPEN, DemandStatus.CLOSED}, DemandStatus.HIDDEN),
}
