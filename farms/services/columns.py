"""A person says what the columns of a file mean."""

from typing import Any

from django.db import transaction

from core.permissions import require
from farms.models import PlotImport
from farms.permissions import can_commit_import
from farms.services.imports import answer_import
from farms.services.mappings import SETTLED


@transaction.atomic
def settle_columns(plot_import: PlotImport, *, columns: dict[str, str], crop: str, by: Any) -> PlotImport:
    """Take what a person said of the columns; the file is checked again only when that differs from the guess.

    `columns`: our field -> heading of the file. Raises NotAllowed, WrongState.
    """
    require(can_commit_import(by, plot_import))
    plot_import = PlotImport.objects.select_for_update(of=("self",)).get(pk=plot_import.pk)
    options = plot_import.options
    is_known = options.get("columns") == columns and (options.get("crop") or "") == crop
    plot_import.options = {**options, SETTLED: "person"}
    plot_import.save(update_fields=["options"])
    if is_known:
        return plot_import
    return answer_import(plot_import, {"columns": columns, "crop": crop}, by=by)
