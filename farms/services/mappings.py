"""What the columns of a cooperative's files mean, remembered per set of headings."""

import hashlib
from collections.abc import Iterable
from typing import Any

from cooperatives.models import Cooperative
from farms import imports
from farms.models import ColumnMapping, PlotImport

SAMPLE_ROWS = 200
SAMPLES = 3
KEPT_OPTIONS = ("columns", "crop", "crs", "encoding")
SETTLED = "columns_settled"  # in PlotImport.options: a person or a saved mapping has said what the columns mean


def headings_digest(headings: Iterable[str]) -> str:
    """Return what files with the same headings share, whatever their order, spelling of signs or case.

    Columns that our own file of refused rows added do not count, so a corrected file is known again.
    """
    forms = sorted(imports.heading_form(heading) for heading in sent_headings(headings))
    return hashlib.sha256("\n".join(forms).encode()).hexdigest()


def sent_headings(headings: Iterable[str]) -> list[str]:
    """Return the sender's own headings, without reasons, verdict, row and the outline as text."""
    outline = imports.heading_form(imports.WKT_HEADING)
    return [
        heading
        for heading in headings
        if not imports.is_own_heading(heading) and imports.heading_form(heading) != outline
    ]


def recall(cooperative: Cooperative, headings: list[str]) -> dict[str, Any] | None:
    """Return the options (columns, crop) saved for a file with these headings, in this file's spelling, or None."""
    saved = ColumnMapping.objects.filter(cooperative=cooperative, headings_digest=headings_digest(headings)).first()
    if saved is None:
        return None
    here = {imports.heading_form(heading): heading for heading in headings}
    columns = {
        field: here[imports.heading_form(heading)]
        for field, heading in saved.options.get("columns", {}).items()
        if field in imports.FIELDS and imports.heading_form(heading) in here
    }
    return {"columns": columns, "crop": saved.options.get("crop") or ""}


def settle_from_memory(plot_import: PlotImport, headings: list[str]) -> bool:
    """Set the columns of a file just read from what was saved; False when nothing was. The caller saves `options`."""
    if "columns" in plot_import.options:
        return False
    saved = recall(plot_import.cooperative, headings)
    if saved is None:
        return False
    plot_import.options["columns"] = saved["columns"]
    if saved["crop"]:
        plot_import.options.setdefault("crop", saved["crop"])
    plot_import.options[SETTLED] = "memory"
    return True


def remember(plot_import: PlotImport) -> None:
    """Keep how the columns of an import were read, for the next file with the same headings."""
    headings = plot_import.summary.get("headings") or []
    kept = {name: plot_import.options[name] for name in KEPT_OPTIONS if plot_import.options.get(name)}
    if headings and "columns" in kept:
        ColumnMapping.objects.update_or_create(
            cooperative_id=plot_import.cooperative_id,
            headings_digest=headings_digest(headings),
            defaults={"headings": sent_headings(headings), "options": kept},
        )


def samples_of(plot_import: PlotImport) -> dict[str, list[str]]:
    """Return heading -> the first three different values in the first rows."""
    found: dict[str, list[str]] = {heading: [] for heading in plot_import.summary.get("headings") or []}
    for attributes in plot_import.rows.order_by("row").values_list("attributes", flat=True)[:SAMPLE_ROWS]:
        for heading, value in attributes.items():
            values = found.get(heading)
            text = "" if value is None else str(value).strip()[:60]
            if values is not None and text and len(values) < SAMPLES and text not in values:
                values.append(text)
    return found
