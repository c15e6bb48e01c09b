"""A whole import in one go, for an administrator at the server: the same engine without a queue and its limits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pghistory
from django.core.files.base import File
from django.db import connection, transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative
from core.errors import RuleViolated
from farms.models import ImportStatus, PlotImport, RowAction
from farms.services.imports.reading import read_file
from farms.services.imports.starting import checked_options, refuse_same_file
from farms.services.imports.storing import store_rows
from farms.services.imports.timing import Steps
from geofiles import sandbox
from office.services import store_upload

MAX_BYTES = 8 * 1024**3
MAX_FEATURES = 5_000_000


class ToldSteps(Steps):
    """Steps that tell somebody at a terminal instead of a job."""

    def __init__(self, say: Callable[[int, str], None]) -> None:
        super().__init__(None)
        self._say = say

    def tell(self, percent: int, told: str) -> None:
        """Say how far it is."""
        self._say(percent, told)


def import_whole_file(
    cooperative: Cooperative,
    path: Path,
    *,
    by: Any,
    options: dict[str, Any],
    with_amber: bool,
    without_red: bool,
    is_dry: bool,
    say: Callable[[int, str], None] = lambda percent, step: None,
) -> PlotImport:
    """Read, check and store a file at once; the caller is the administrator, so that no right is asked for.

    With `is_dry` the preview is left and nothing is stored; nor is anything where red rows are found, unless
    `without_red` leaves them out: the preview shows them. Raises SameFile, RuleViolated("nothing_to_store").
    """
    with connection.cursor() as cursor:  # a command has nobody who waits for a page
        cursor.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
    with transaction.atomic(), path.open("rb") as raw:
        file = File(raw, name=path.name)
        refuse_same_file(cooperative, file)
        document = store_upload(file, by=by, max_bytes=MAX_BYTES)
        plot_import = PlotImport.objects.create(
            cooperative=cooperative, document=document, options=checked_options(options), created_by=by
        )
    with pghistory.context(user=by.pk, command="import_plots", file=path.name):
        read_file(plot_import, ToldSteps(say), max_features=MAX_FEATURES, limits=sandbox.LARGE_LIMITS)
        plot_import.refresh_from_db()
        if (
            plot_import.status == ImportStatus.PREVIEWED
            and not is_dry
            and (without_red or not plot_import.summary["counts"]["red"])
        ):
            if not plot_import.rows.exclude(action=RowAction.SAME).exists():
                raise RuleViolated("nothing_to_store", _("Không có dòng nào đạt để ghi."))
            store_rows(plot_import, ToldSteps(say), by=by, with_amber=with_amber)
            plot_import.refresh_from_db()
    return plot_import
