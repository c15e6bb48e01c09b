"""The registration of a cooperative."""

from cooperatives.models import CooperativeStatus as Status
from core.workflow import Transition

REGISTRATION_TRANSITIONS = {
    "verify": Transition({Status.PENDING, Status.RETURNED}, Status.VERIFIED),
    "return": Transition({Status.PENDING}, Status.RETURNED),
    "resubmit": Transition({Status.RETURNED}, Status.PENDING),
}
