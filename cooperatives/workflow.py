"""The registration of a cooperative, and the check of a certificate."""

from cooperatives.models import CertificateCheck as Check
from cooperatives.models import CooperativeStatus as Status
from core.workflow import Transition

REGISTRATION_TRANSITIONS = {
    "verify": Transition({Status.PENDING, Status.RETURNED}, Status.VERIFIED),
    "return": Transition({Status.PENDING}, Status.RETURNED),
    "resubmit": Transition({Status.RETURNED}, Status.PENDING),
}

# A new file is a new claim: what was checked against the old one has to be looked at again.
CERTIFICATE_TRANSITIONS = {
    "file": Transition({Check.DECLARED, Check.CHECKED, Check.REFUSED}, Check.DECLARED),
    "check": Transition({Check.DECLARED, Check.REFUSED}, Check.CHECKED),
    "refuse": Transition({Check.DECLARED, Check.CHECKED}, Check.REFUSED),
}
