"""What codes does when it hears of plots and consents, in the writer's transaction; wired in geoapp/wiring.py."""

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from codes import services, sql
from codes.changes import AreasChanged, CodesChanged
from codes.models import AreaPlot, ProductionArea, ProductionAreaCode
from codes.services.certificates import OVER, ask_for_certificates
from farms.changes import PlotsArrived, PlotsCorrected, PlotsLeaving, PlotsReplaced, PlotsReplacing
from farms.models import Plot
from people.services import ConsentsChanged


def consents_changed(change: ConsentsChanged) -> None:
    """A consent to show the outline was given or withdrawn: effective at once."""
    with connection.cursor() as cursor:
        cursor.execute(sql.AREAS_OF_PERSONS, [list(change.person_ids)])
        ids = [pk for (pk,) in cursor.fetchall()]
    services.refresh_outlines(ProductionArea.objects.filter(pk__in=ids))


def plots_leaving(change: PlotsLeaving) -> None:
    """Plots that leave no longer count among the growers that make an outline public."""
    services.refresh_outlines(_areas_with(change.plots), without=change.plots)


def plots_arrived(change: PlotsArrived) -> None:
    """Plots that were only changed count again, with the growers they have now."""
    services.refresh_outlines(_areas_with(change.plots))


def codes_changed(change: CodesChanged) -> None:
    """What is printed of these codes may have changed: a job looks, after the commit."""
    ask_for_certificates(list(change.ids))


def areas_changed(change: AreasChanged) -> None:
    """Ground or its outline's publicity changed: the certificates of the living codes there say so."""
    codes = ProductionAreaCode.objects.filter(area__in=change.areas).exclude(status__in=OVER)
    ask_for_certificates(list(codes.order_by().values_list("pk", flat=True)))


def plots_corrected(change: PlotsCorrected) -> None:
    """Ground that an officer cut from plots leaves their areas in the same transaction."""
    services.redraw_corrected(_areas_with(change.plots))


def plots_replacing(change: PlotsReplacing) -> None:
    """A plot is about to be split or merged: not while a code or an open request stands on its ground."""
    services.refuse_if_bound(_areas_with(change.plots), change.plots)


def plots_replaced(change: PlotsReplaced) -> None:
    """Areas that held the old plots hold the new ones."""
    services.exchange_plots(change.old, change.new)


def _areas_with(plots: QuerySet[Plot]) -> QuerySet[ProductionArea]:
    links = AreaPlot.objects.filter(area=OuterRef("pk"), plot__in=plots.values("pk"))
    return ProductionArea.objects.filter(Exists(links))
