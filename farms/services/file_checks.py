"""A look into a file before anything is kept: what is in doubt is asked at once, what can't be read is refused."""

import json
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative
from core.errors import DomainError, Finding
from farms.file_errors import ANSWERED_BY, file_error_text
from geofiles import crs, encodings, sandbox
from geofiles.confined import Limits
from geofiles.errors import GeoFileError, TooComplex, UnsupportedCrs
from geofiles.readers import FileSummary, LayerSummary

# A look takes part of a request: what needs longer is left to the job, which has more time.
LIMITS = Limits(cpu_s=10, wall_s=20)


class FileRefused(DomainError):
    """422: the file can't be read, or leaves open what the caller must say; candidates stand in the finding."""

    status = 422
    code = "file_refused"


def refuse_doubts(file: File, cooperative: Cooperative, options: dict[str, Any]) -> None:
    """Raise FileRefused for a file that can't be read, or that needs a layer, CRS, encoding or columns not given.

    `options` as of `start_import`. Nothing is stored. A file that takes too long to look at passes: the job will say.
    """
    _check_answers(options)
    if not file.size or file.size > settings.UPLOAD_MAX_BYTES:
        return  # `start_import` has its own words for both
    try:
        summary = _look(file, cooperative, options)
    except TooComplex:
        return
    except GeoFileError as error:
        raise _refused(error.code, error.params) from error
    layer = _chosen(summary, options.get("layer"))
    if not layer.features:
        raise _refused("unreadable_file", {"reason": "no_features"})
    if layer.geometry_problem is not None:
        raise _refused(layer.geometry_problem["code"], layer.geometry_problem["params"])
    if layer.crs is None and not options.get("crs"):
        problem = layer.crs_problem or {"code": "crs_in_doubt", "params": {}}
        raise _refused(problem["code"], problem["params"] | {"candidates": list(layer.crs_candidates)})
    if layer.encoding is None and layer.encoding_candidates and not options.get("encoding"):
        raise _refused("encoding_in_doubt", {"candidates": list(layer.encoding_candidates)})


def _check_answers(options: dict[str, Any]) -> None:
    if options.get("crs"):
        try:
            crs.split_choice(options["crs"])
        except UnsupportedCrs as error:
            raise _refused(error.code, error.params, parameter="crs") from error
    if options.get("encoding") and encodings.normalise_name(options["encoding"]) is None:
        detail = _("Không có bảng mã này. Hãy gửi một trong: %(names)s.") % {"names": ", ".join(encodings.ENCODINGS)}
        finding = Finding("encoding_unknown", detail, extra={"parameter": "encoding"})
        raise FileRefused("encoding_unknown", detail, findings=[finding])


def _look(file: File, cooperative: Cooperative, options: dict[str, Any]) -> FileSummary:
    outline = cooperative.commune.boundary
    with tempfile.TemporaryDirectory(prefix="look-") as folder:
        path = Path(folder) / "source"
        with path.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        file.seek(0)
        return sandbox.inspect_file(
            path,
            filename=file.name or "",
            near=outline.extent if outline is not None else None,
            geometry=options.get("geometry"),
            limits=LIMITS,
        )


def _chosen(summary: FileSummary, name: str | None) -> LayerSummary:
    if name is None and len(summary.layers) == 1:
        return summary.layers[0]
    for layer in summary.layers:
        if layer.name == name:
            return layer
    candidates = [
        {"name": layer.name, "features": layer.features, "geometry_types": list(layer.geometry_types)}
        for layer in summary.layers
    ]
    raise _refused("layer_in_doubt", {"candidates": candidates})


def _refused(code: str, params: dict[str, Any], *, parameter: str = "") -> FileRefused:
    detail = file_error_text(code, params)
    extra: dict[str, Any] = {"parameter": parameter or ANSWERED_BY.get(code, "file")}
    for name in ("candidates", "headings"):
        if name in params:
            extra[name] = json.loads(json.dumps(params[name], default=str))
    return FileRefused(code, detail, findings=[Finding(code, detail, extra=extra)])
