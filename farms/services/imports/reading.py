"""Job: a file is read in the fence, carried to the database by whole columns, checked, and left as a preview."""

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative
from farms import import_sql, imports, notifications, sql
from farms.models import ImportKind, ImportStatus, PlotImport
from farms.services import mappings
from farms.services.imports.checking import check_rows
from farms.services.imports.starting import lock_work, locked
from farms.services.imports.timing import Steps
from geofiles import copying, overlaps, sandbox
from geofiles.errors import GeoFileError
from geofiles.prepared import FileReading
from office.models import Job


class Abandoned(Exception):
    """The import was given up while we worked on it: what we wrote goes with the transaction."""


def read_import(job: Job) -> dict[str, Any]:
    """Job: read the file in a fenced process, check every row, leave the preview. Read again, it replaces the rows."""
    plot_import = PlotImport.objects.select_related("document", "cooperative__commune", "created_by").get(
        pk=job.payload["import"]
    )
    if plot_import.status != ImportStatus.READING:
        return {}
    steps = Steps(job)
    try:
        return read_file(plot_import, steps, max_features=settings.IMPORT_MAX_FEATURES, limits=sandbox.DEFAULT_LIMITS)
    except Abandoned:
        return {}


def read_file(
    plot_import: PlotImport, steps: Steps, *, max_features: int, limits: Any = sandbox.LARGE_LIMITS
) -> dict[str, Any]:
    """Read and check; the import is then previewed, or asks, or has failed with the reason."""
    with sandbox.workspace() as folder:
        try:
            with transaction.atomic():
                return _keep(plot_import, folder, steps, max_features=max_features, limits=limits)
        except GeoFileError as error:
            return _could_not_read(plot_import, error)


def _read(plot_import: PlotImport, folder: Path, steps: Steps, *, max_features: int, limits: Any) -> FileReading:
    """Read the file in the fence; each batch goes to `import_stage` while the fenced process makes the next."""
    options, document = plot_import.options, plot_import.document
    return sandbox.read_file_to(
        document.file.path,
        folder,
        layer=options.get("layer"),
        crs=options.get("crs"),
        encoding=options.get("encoding"),
        geometry=options.get("geometry"),
        filename=document.name,
        near=_near(plot_import.cooperative),
        max_features=max_features,
        max_vertices=settings.PLOT_MAX_VERTICES,
        on_progress=lambda done, total: steps.tell(2 + 43 * done // max(total, 1), _("Đang đọc tệp")),
        on_batch=_stage,
        limits=limits,
    )


def _near(cooperative: Cooperative) -> tuple[float, ...] | None:
    """Where the plots should fall: the box of the cooperative's commune, which tells VN-2000 meridians apart."""
    outline = cooperative.commune.boundary
    return outline.extent if outline is not None else None


def _could_not_read(plot_import: PlotImport, error: GeoFileError) -> dict[str, Any]:
    is_doubt = error.code in imports.DOUBTS and error.params.get("candidates")
    with transaction.atomic():
        plot_import = locked(plot_import)
        if plot_import.status != ImportStatus.READING:
            return {}
        plot_import.status = ImportStatus.NEEDS_ANSWER if is_doubt else ImportStatus.FAILED
        plot_import.error_code, plot_import.error = error.code, imports.file_error_text(error.code, error.params)
        plot_import.summary = {"doubt": json.loads(json.dumps(error.as_dict(), default=str))}
        plot_import.save(update_fields=["status", "error_code", "error", "summary"])
    return {"error_code": error.code}


def _keep(plot_import: PlotImport, folder: Path, steps: Steps, *, max_features: int, limits: Any) -> dict[str, Any]:
    """Read, stage, check and write the rows; the caller's transaction holds them or nothing.

    Raises Abandoned, and the GeoFileError of a file that can't be read.
    """
    with steps.step("read", 2, _("Đang đọc tệp")), connection.cursor() as cursor:
        cursor.execute(import_sql.WAIT_FOR_FENCE)
        cursor.execute(import_sql.STAGE)
        reading = _read(plot_import, folder, steps, max_features=max_features, limits=limits)
    lock_work(plot_import)  # what was done up to here nobody else sees
    with _in_file_overlaps(reading) as overlapping:
        with steps.step("stage", 45, _("Đang chuyển vào cơ sở dữ liệu")), connection.cursor() as cursor:
            plot_import.rows.all().delete()
            cursor.execute(import_sql.INDEX_STAGE)
        headings = list(reading.columns)
        if not mappings.settle_from_memory(plot_import, headings):
            plot_import.options.setdefault("columns", imports.guess_columns(headings))
        summary = {
            "crs": reading.crs,
            "layer": reading.layer,
            "encoding": reading.encoding,
            "headings": headings,
            "notices": [notice.code for notice in reading.notices],
            "told": [{"code": notice.code, "params": notice.params} for notice in reading.notices],
        }
        counts = check_rows(plot_import, steps, overlapping=lambda: _keep_overlaps(overlapping()))
    status = locked(plot_import).status  # now, not before: whoever gives up must not wait for us
    if status != ImportStatus.READING:
        raise Abandoned
    plot_import.summary = {**summary, **counts, "steps": steps.spent}
    plot_import.status = ImportStatus.PREVIEWED
    plot_import.save(update_fields=["summary", "options", "status"])
    if steps.job is not None and plot_import.kind == ImportKind.FILE:
        notifications.import_read(str(plot_import.pk), plot_import.created_by)
    return {"counts": counts["counts"]}


@contextmanager
def _in_file_overlaps(reading: FileReading) -> Iterator[Callable[[], Any]]:
    """Look for overlaps inside the file in a thread, while the database does its own part; gives a function that waits.

    GEOS works outside Python's lock, so both cores are busy. The thread touches no database.
    """
    is_over = Event()

    def go_on() -> None:
        if is_over.is_set():
            raise Abandoned

    copying.prepare_threads()
    given = sql.parameters(settings)
    tolerance = overlaps.Tolerance(given["min_m2"], given["min_share"], given["sliver_m"])
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="overlaps") as pool:
        work: Future[Any] = pool.submit(overlaps.find_overlaps, reading, tolerance, on_strip=go_on)
        try:
            yield work.result
        finally:
            is_over.set()


def _stage(batch: Any) -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(import_sql.COPY_STAGE, io.BytesIO(copying.copy_csv(batch, import_sql.STAGED)))
    _copy_findings(_findings_of(batch))


def _findings_of(batch: Any) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    """What the reader has to say of shapes; only rows that it says something of are looked at."""
    import pyarrow.compute as pc

    for name in ("problem", "repair", "dropped_z", "dropped_parts"):
        column = batch.column(name)
        is_said = column.is_valid() if name in ("problem", "repair") else pc.not_equal(pc.cast(column, "int32"), 0)
        if not pc.any(is_said).as_py():
            continue
        said = batch.select(["row", name]).filter(is_said)
        for row, value in zip(said.column("row").to_pylist(), said.column(name).to_pylist(), strict=True):
            yield row, *_finding(name, value)


def _finding(name: str, value: Any) -> tuple[str, str, dict[str, Any]]:
    if name == "dropped_z":
        return imports.INFO, "z_dropped", {}
    if name == "dropped_parts":
        return imports.INFO, "parts_dropped", {"count": value}
    told = json.loads(value)
    place = {"at": told["point"]} if told.get("point") else {}
    if name == "repair":
        areas = {key: round(told[key], 2) for key in ("area_before_m2", "area_after_m2")}
        return imports.AMBER, "repaired", {"reason": told["reason"], **areas, **place}
    params = told["params"]
    reason = {"reason": str(params["reason"])} if "reason" in params else {}
    return imports.RED, told["code"], {**reason, **place}


def _copy_findings(findings: Any) -> None:
    lines = [
        f"{row},{severity},{code},{_quoted(json.dumps(extra, ensure_ascii=False))}\n"
        for row, severity, code, extra in findings
    ]
    if lines:
        with connection.cursor() as cursor:
            cursor.copy_expert(import_sql.COPY_FINDINGS, io.StringIO("".join(lines)))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _keep_overlaps(pairs: Any) -> None:
    _copy_findings(
        (int(pair["row"]), imports.RED, "overlaps_in_file",
         {"other_row": int(pair["other"]), "shared_m2": round(float(pair["shared_m2"]))})
        for pair in pairs
    )  # fmt: skip
