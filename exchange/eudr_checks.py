"""The EUDR check as page and API give it: of a file that somebody sends, or of a selection of ours.

A file is read in the fenced process and kept nowhere. What `geofiles.eudr` and `exchange.profiles.eudr` find comes out
in one form: a group for each kind of fault, with the first places.
"""

import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from core.errors import RuleViolated
from exchange.profiles.eudr import EUDR, report
from exchange.profiles.eudr_texts import SEVERITY_TEXTS, TEXTS, text_of
from exchange.selection import Selection
from geofiles import sandbox
from geofiles.errors import GeoFileError, TooComplex
from geofiles.eudr import SEVERITIES
from office.services.documents import FileTooLarge

MAX_UPLOAD_BYTES = 40_000_000  # more than TRACES takes, so that a file that is too large can be divided
MAX_ROWS = 10_000  # of a selection: two seconds on a busy machine; larger ones are checked by their export
MOST_PLACES = 20
TAKEN, MENDABLE, REFUSED = "taken", "mendable", "refused"
_ORDER = ("refused", "mendable", "notice")


@dataclass(frozen=True, slots=True)
class Place:
    """One occurrence: the feature's number in the file or its id with us, its name, where in the document, where on
    Earth (longitude, latitude), and what is wrong there."""

    feature: str
    name: str
    pointer: str
    point: tuple[float, float] | None
    detail: str


@dataclass(frozen=True, slots=True)
class Group:
    """All occurrences of one kind: how many, and the first places."""

    code: str
    severity: str
    detail: str
    count: int
    places: tuple[Place, ...]

    @property
    def severity_text(self) -> Any:
        return SEVERITY_TEXTS[self.severity]


@dataclass(frozen=True, slots=True)
class Check:
    """`rows`: features of the file or rows of the selection; `size` of a file in bytes; `files` an export takes."""

    rows: int
    groups: tuple[Group, ...]
    size: int | None = None
    files: int | None = None

    @property
    def verdict(self) -> str:
        """`refused` where something must be put right at its source, `mendable` where we can, else `taken`."""
        found = {group.severity for group in self.groups}
        return next((one for one in (REFUSED, MENDABLE) if one in found), TAKEN)

    @property
    def is_mended(self) -> bool:
        """Whether a corrected file differs from the file and has something in it."""
        return self.rows > 0 and any(group.severity == "mendable" for group in self.groups)


def check_file(raw: bytes) -> Check:
    """Check a GeoJSON; raises RuleViolated("no_file", "file_too_complex"), FileTooLarge."""
    _require_size(raw)
    try:
        found = sandbox.check_eudr(raw)
    except TooComplex as error:
        raise _too_complex() from error
    places: dict[str, list[Place]] = {}
    for one in found["findings"]:
        places.setdefault(one["code"], []).append(_place(one))
    groups = [
        Group(code, SEVERITIES[code], _heading(places[code]), int(count), tuple(places[code][:MOST_PLACES]))
        for code, count in found["counts"].items()
    ]
    return Check(int(found["features"]), _ordered(groups), size=int(found["bytes"]))


def _place(one: dict[str, Any]) -> Place:
    point = one["point"]
    return Place(
        str(one["feature"] or ""),
        str(one["name"]),
        str(one["pointer"]),
        (float(point[0]), float(point[1])) if point else None,
        text_of(one["code"], one["params"]),
    )


def _heading(places: Iterable[Place]) -> str:
    """The sentence of the group: that of its first place."""
    return next(iter(places)).detail


def _ordered(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda group: (_ORDER.index(group.severity), list(TEXTS).index(group.code))))


def check_selection(selection: Selection) -> Check:
    """Check rows of ours; raises RuleViolated("profile_not_for_layer", "profile_needs_wgs84", "too_many_rows")."""
    EUDR.require(selection, EUDR.formats[0])
    count = selection.count()
    if count > MAX_ROWS:
        text = _(
            "Có %(rows)s đối tượng; trang này kiểm được %(most)s. Hãy lọc bớt, hoặc xuất tệp: bản kiểm đi kèm tệp."
        )
        raise RuleViolated("too_many_rows", text % {"rows": count, "most": MAX_ROWS})
    told = report(selection)
    groups = [
        Group(
            finding.code,
            finding.extra["severity"],
            str(finding.message),
            finding.extra["count"],
            tuple(
                Place(one["id"], one["place"], "", (one["point"][0], one["point"][1]), str(finding.message))
                for one in finding.extra["examples"]
            ),
        )
        for finding in told.findings
    ]
    return Check(told.rows, _ordered(groups), files=told.files)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A file put right: its name, media type and bytes."""

    name: str
    content_type: str
    body: bytes


def correct_file(raw: bytes, name: str) -> Corrected:
    """Return the file put right where that changes no ground.

    One GeoJSON, or a ZIP where it has several parts or features were left out (`about.json` names them). Raises
    RuleViolated("no_file", "nothing_left", "file_too_complex" or the code of what can't be read), FileTooLarge.
    """
    _require_size(raw)
    try:
        parts, left_out = sandbox.correct_eudr(raw)
    except TooComplex as error:
        raise _too_complex() from error
    except GeoFileError as error:
        raise RuleViolated(error.code, text_of(error.code, error.params)) from error
    if not parts:
        raise RuleViolated("nothing_left", _("Không đối tượng nào sửa được tự động. Hãy sửa ở dữ liệu gốc."))
    stem = f"{PurePosixPath(name).stem[:80] or 'eudr'}-eudr"
    if len(parts) == 1 and not left_out:
        return Corrected(f"{stem}.geojson", "application/geo+json", parts[0])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, part in enumerate(parts, start=1):
            archive.writestr(f"{stem}-{number}.geojson", part)
        archive.writestr("about.json", json.dumps({"features_left_out": left_out}))
    return Corrected(f"{stem}.zip", "application/zip", packed.getvalue())


def _require_size(raw: bytes) -> None:
    if not raw:
        raise RuleViolated("no_file", _("Hãy chọn một tệp GeoJSON không trống."))
    if len(raw) > MAX_UPLOAD_BYTES:
        raise too_large()


def too_large() -> FileTooLarge:
    """Return the refusal of a file above MAX_UPLOAD_BYTES."""
    return FileTooLarge(detail=_("Tệp lớn hơn %(limit)s MB. Hãy chia nhỏ tệp.") % {"limit": MAX_UPLOAD_BYTES // 10**6})


def _too_complex() -> RuleViolated:
    return RuleViolated("file_too_complex", _("Kiểm tệp quá lâu nên đã dừng. Hãy chia nhỏ tệp."))
