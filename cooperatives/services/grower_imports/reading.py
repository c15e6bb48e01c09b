"""The job that reads a list of members in the fence and judges every row."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cooperatives import grower_lists
from cooperatives.grower_lists import ADD, AMBER, GREEN, MAX_ROWS, RED, SKIP, UPDATE
from cooperatives.grower_matching import Row, judge
from cooperatives.models import GrowerImport, GrowerImportStatus
from cooperatives.services.grower_imports.content import content_of, count_of, drop_document, locked, seal
from geofiles import encodings, sandbox
from geofiles.errors import GeoFileError
from geofiles.lists import TextTable
from office.models import Job
from office.sentences import Sentence
from office.services import notify, tell_progress

DOUBTFUL = 0.6  # share of accented words that are Vietnamese, below which a person is asked for the encoding


def read_growers(job: Job) -> dict[str, Any]:
    """Job: read the file in a fenced process, judge every row, leave the preview."""
    grower_import = GrowerImport.objects.select_related("document", "cooperative").get(pk=job.payload["import"])
    if grower_import.status != GrowerImportStatus.READING or grower_import.document is None:
        return {}
    tell_progress(job, 5, _("Đang đọc tệp"))
    encoding = content_of(grower_import).get("encoding", "")
    try:
        table, candidates = _read(grower_import.document.file.path, encoding)
    except GeoFileError as error:
        return _could_not_read(grower_import, error)
    tell_progress(job, 50, _("Đang đối chiếu với thành viên đã có"))
    with transaction.atomic():
        grower_import = locked(grower_import.pk)
        if grower_import.status != GrowerImportStatus.READING:
            return {}
        counts = _preview(grower_import, table, candidates)
        url = reverse("cooperatives:grower-import", args=[grower_import.pk])
        told = Sentence(gettext_lazy("Danh sách thành viên đã được kiểm tra, chờ xác nhận."), {})
        notify([grower_import.created_by], "cooperatives.growers_read", told, url)
    return {"counts": counts}


def _read(path: str, encoding: str) -> tuple[TextTable, list[dict[str, Any]]]:
    """Return the table with its letters right, and the other readings where they are in doubt."""
    known = grower_lists.KNOWN_HEADINGS
    table = sandbox.read_list(path, max_rows=MAX_ROWS, encoding=encoding or None, known=known)
    if table.format == "pdf":
        raise GeoFileError("unsupported_format", found="pdf")
    texts = [*table.headings, *(cell for _row, cells in table.rows for cell in cells if not cell.isascii())]
    if table.format == "csv":
        score = encodings.vietnamese_score(texts)
        if encoding or score is None or score >= DOUBTFUL:
            return table, []
        with open(path, "rb") as file:  # noqa: PTH123
            lines = file.read(200_000).splitlines()
        return table, _candidates(lines)
    if not encoding:
        encoding = encodings.decide(texts).encoding
        score = encodings.vietnamese_score(encodings.decode_text(text, encoding) for text in texts)
        candidates = _candidates(texts) if score is not None and score < DOUBTFUL else []
    else:
        candidates = []
    return _decoded(table, encoding), candidates


def _candidates(values: list[Any]) -> list[dict[str, Any]]:
    return [reading.as_dict() for reading in encodings.rank(values)[:4]]


def _decoded(table: TextTable, encoding: str) -> TextTable:
    """Workbooks hold the letters of old fonts as Latin-1 signs."""

    def decode(text: str) -> str:
        return encodings.decode_text(text, encoding)

    rows = tuple((number, tuple(decode(cell) for cell in cells)) for number, cells in table.rows)
    return TextTable(table.format, tuple(decode(heading) for heading in table.headings), rows)


def _could_not_read(grower_import: GrowerImport, error: GeoFileError) -> dict[str, Any]:
    with transaction.atomic():
        grower_import = locked(grower_import.pk)
        if grower_import.status != GrowerImportStatus.READING:
            return {}
        grower_import.status, grower_import.error_code = GrowerImportStatus.FAILED, error.code
        grower_import.error = grower_lists.file_error_text(error.code, error.params)
        seal(grower_import, {})
        drop_document(grower_import)
        grower_import.save(update_fields=["status", "error", "error_code", "rows_encrypted", "document"])
    return {"error_code": error.code}


def _preview(grower_import: GrowerImport, table: TextTable, candidates: list[dict[str, Any]]) -> dict[str, int]:
    content = content_of(grower_import)
    columns = grower_import.columns or grower_lists.guess_columns(table.headings)
    at = {field: table.headings.index(heading) for field, heading in columns.items() if heading in table.headings}
    rows: list[Row] = []
    if "full_name" in at:
        for number, cells in table.rows:
            values, findings = grower_lists.read_row(
                {field: cells[index] for field, index in at.items()}, evidence=content.get("evidence", "")
            )
            rows.append({"row": number, "values": values, "findings": findings})
    choices = content.get("choices", {})
    content |= {
        "headings": list(table.headings),
        "cells": {str(number): list(cells) for number, cells in table.rows},
        "rows": judge(grower_import.cooperative, rows, choices),
        "choices": choices,
        "encodings": candidates,
    }
    seal(grower_import, content)
    counts = count_of(content["rows"], "verdict", (GREEN, AMBER, RED))
    grower_import.columns = {field: heading for field, heading in columns.items() if field in at}
    grower_import.summary = {
        "format": table.format,
        "total": len(table.rows),
        "counts": counts,
        "actions": count_of(content["rows"], "action", (ADD, UPDATE, SKIP)),
        "missing": [] if "full_name" in at else ["full_name"],
        "is_encoding_doubtful": bool(candidates),
    }
    grower_import.status = GrowerImportStatus.PREVIEWED
    grower_import.save(update_fields=["rows_encrypted", "columns", "summary", "status"])
    return counts
