"""Nightly snapshots: the list of a layer, the files (whole or in ranges), their checksums. Everybody may read them."""

import datetime as dt
import re
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.problems import problem_response
from core.throttling import throttled
from core.views import show_domain_errors
from exchange.catalogue import Entry
from exchange.exports.formats import FORMATS
from exchange.models import ExportFormat, Snapshot
from exchange.services import snapshots as services

MOST_BYTES = 4 * 1024 * 1024  # of one answer to a range: a tile, an index page, a row group
DATED_SECONDS, LATEST_SECONDS = 365 * 86_400, 300
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})?|bytes=-(\d{1,15})", re.ASCII)


@require_safe
def snapshot_list(request: HttpRequest, name: str) -> HttpResponse:
    """GET /data/<layer>/snapshots/: the days with their files, sizes and checksums."""
    entry = _entry(name)
    days: dict[dt.date, list[dict[str, Any]]] = {}
    for row in Snapshot.objects.filter(layer=name).order_by("-made_on", "format"):
        suffix = FORMATS[ExportFormat(row.format)].suffix
        days.setdefault(row.made_on, []).append(
            {"row": row, "url": f"/data/{name}/{row.made_on.isoformat()}.{suffix}", "suffix": suffix}
        )
    latest = [
        {"row": row, "url": f"/data/{name}/latest.{FORMATS[ExportFormat(row.format)].suffix}"}
        for row in Snapshot.objects.newest().filter(layer=name).order_by("format")
    ]
    context = {
        "entry": entry,
        "layer": entry.layer,
        "days": list(days.items()),
        "latest": latest,
        "crumbs": [
            {"title": _("Dữ liệu"), "url": reverse("exchange:catalogue")},
            {"title": entry.layer.title, "url": f"/data/{name}/"},
        ],
    }
    return render(request, "exchange/snapshot_list.html", context)


@require_safe
@throttled("api")
def checksums(request: HttpRequest, name: str) -> HttpResponse:
    """GET /data/<layer>/SHA256SUMS: what `sha256sum -c` reads, of all snapshots that are kept."""
    _entry(name)
    return HttpResponse(
        services.checksums(name),
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": f"public, max-age={LATEST_SECONDS}"},
    )


@require_safe
@show_domain_errors
def latest_file(request: HttpRequest, name: str, suffix: str) -> Any:
    """GET /data/<layer>/latest.<ext>: the newest snapshot."""
    _entry(name)
    row = Snapshot.objects.newest().filter(layer=name, format=_format(suffix)).first()
    return _answer(request, row, LATEST_SECONDS)


@require_safe
@show_domain_errors
def dated_file(request: HttpRequest, name: str, day: str, suffix: str) -> Any:
    """GET /data/<layer>/<date>.<ext>: the snapshot of a day; it stays as it is, so caches may keep it for good."""
    _entry(name)
    try:
        made_on = dt.date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    row = Snapshot.objects.filter(layer=name, format=_format(suffix), made_on=made_on).first()
    return _answer(request, row, DATED_SECONDS)


def _entry(name: str) -> Entry:
    found = next((one for one in services.entries_with_snapshots() if one.layer.name == name), None)
    if found is None:
        raise Http404
    return found


def _format(suffix: str) -> ExportFormat:
    for format in services.SNAPSHOT_FORMATS:
        if FORMATS[format].suffix == suffix:
            return format
    raise Http404


def _answer(request: HttpRequest, row: Snapshot | None, seconds: int) -> HttpResponse | FileResponse:
    if row is None or not services.path_of(row).is_file():
        raise Http404
    if "Range" in request.headers:
        return _part(request, row, seconds)
    return _whole(request, row, seconds)


def _headers(row: Snapshot, seconds: int) -> dict[str, str]:
    return {
        "ETag": f'"{row.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": f"public, max-age={seconds}",
        "X-Content-Type-Options": "nosniff",
        "Last-Modified": http_date(row.written_at.timestamp()),
        "Access-Control-Allow-Origin": "*",  # maps of others read tiles and indexes from here; there is nothing private
    }


@throttled("takeaway")
def _whole(request: HttpRequest, row: Snapshot, seconds: int) -> HttpResponse | FileResponse:
    headers = _headers(row, seconds)
    if request.headers.get("If-None-Match", "") == headers["ETag"]:
        return HttpResponse(status=304, headers=headers)
    path = services.path_of(row)
    media = FORMATS[ExportFormat(row.format)].content_type
    name = f"{row.layer}-{path.name}"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=media, headers=headers)


@throttled("tiles")
def _part(request: HttpRequest, row: Snapshot, seconds: int) -> HttpResponse:
    """A range of the file (RFC 9110 §14), at most MOST_BYTES of it; by If-Range a file that has changed comes whole."""
    headers = _headers(row, seconds)
    condition = request.headers.get("If-Range")
    if condition not in (None, headers["ETag"], headers["Last-Modified"]):
        return _whole(request, row, seconds)
    asked = _RANGE.fullmatch(request.headers["Range"].strip())
    if asked is None:  # several ranges, other units: may be ignored
        return _whole(request, row, seconds)
    first = max(0, row.size - int(asked[3])) if asked[3] else int(asked[1])
    last = int(asked[2]) if asked[2] else row.size - 1
    last = min(last, row.size - 1, first + MOST_BYTES - 1)
    if first >= row.size or last < first:
        detail = _("Tệp không dài đến đó.")
        return problem_response(request, 416, detail=detail, headers={"Content-Range": f"bytes */{row.size}"})
    with services.path_of(row).open("rb") as file:
        file.seek(first)
        body = file.read(last - first + 1)
    headers["Content-Range"] = f"bytes {first}-{last}/{row.size}"
    media = FORMATS[ExportFormat(row.format)].content_type
    return HttpResponse(body, status=206, content_type=media, headers=headers)
