"""What farms does when plots change."""

from farms.changes import PlotsArrived
from farms.models import Plot
from farms.services.parcel_codes import set_codes
from office.models import Job, JobStatus
from office.services import start_job

AT_ONCE = 50  # plots whose provisional codes are computed in the writer's transaction (under a millisecond each)
FILL_CODES = "farms.fill_parcel_codes"


def plots_arrived(change: PlotsArrived) -> None:
    """Give single plots their provisional parcel code at once; after a bulk write a job does it, one at a time."""
    ids = list(change.plots.order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])
    if len(ids) <= AT_ONCE:
        set_codes(Plot.objects.current().filter(pk__in=ids))
        return
    # Plots that were there before have moved: their codes no longer hold. New ones have none, so nothing is written.
    change.plots.exclude(provisional_parcel_code="").update(provisional_parcel_code="")
    if not Job.objects.filter(kind=FILL_CODES, status=JobStatus.QUEUED).exists():
        start_job(FILL_CODES, {}, by=None)
