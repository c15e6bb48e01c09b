"""PMTiles files of the installation, read by browsers in ranges (RFC 9110 §14)."""

import re
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.basemaps import archive_path
from core.problems import problem_response
from core.throttling import throttled

MOST_BYTES = 4 * 1024 * 1024  # of one answer; a tile or a directory of an archive is far smaller
MEDIA_TYPE = "application/vnd.pmtiles"
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})?")


@require_safe
@throttled("tiles")
def archive(request: HttpRequest, basemap_id: str) -> HttpResponse:
    """GET /tiles/archive/<id>.pmtiles with a Range: 206 and at most 4 MiB of it.

    404 where no such basemap is configured, 416 beyond the end, 400 without a range: an archive may be as large as a
    country, and a download of it would hold a worker for hours.
    """
    path = archive_path(basemap_id)
    if path is None:
        raise Http404
    size = path.stat().st_size
    common = {
        "Accept-Ranges": "bytes", "ETag": f'"{path.stat().st_mtime_ns:x}-{size:x}"',
        "Cache-Control": "public, max-age=3600",
    }  # fmt: skip
    if request.method == "HEAD" and "Range" not in request.headers:
        return HttpResponse(content_type=MEDIA_TYPE, headers=common | {"Content-Length": str(size)})
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None:
        return problem_response(
            request, 400, detail=_("Tệp này chỉ được đọc từng phần: hãy gửi Range: bytes=đầu-cuối.")
        )
    first = int(asked[1])
    last = min(int(asked[2]) if asked[2] else size - 1, size - 1, first + MOST_BYTES - 1)
    if first >= size or last < first:
        return problem_response(
            request,
            416,
            detail=_("Tệp không dài đến đó."),
            headers={"Content-Range": f"bytes */{size}"},
        )
    headers = common | {"Content-Range": f"bytes {first}-{last}/{size}"}
    return HttpResponse(_part(path, first, last), status=206, content_type=MEDIA_TYPE, headers=headers)


def _part(path: Path, first: int, last: int) -> bytes:
    with path.open("rb") as file:
        file.seek(first)
        return file.read(last - first + 1)
