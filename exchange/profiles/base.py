"""What a profile is: columns, rules of shapes and a checker for one receiver, over a selection."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from core.errors import Finding, NotAllowed, RuleViolated
from exchange.exports.formats import FORMATS
from exchange.models import ExportFormat, ExportProfile
from exchange.selection import Selection

Progress = Callable[[int], None]
Statement = tuple[str, tuple[Any, ...]]
WGS84 = "EPSG:4326"


def everybody(user: Any) -> bool:
    """Whoever may take the layer out may take it out in this shape."""
    return True


@dataclass(frozen=True, slots=True)
class Profile:
    """The shape that a receiver asks for.

    layers     names of the layers that have what it needs
    formats    the formats that it is written in
    sql        sql(selection) -> statement and parameters of the rows that go out; None: it knows that there are none
    check      check(selection) -> what the receiver would refuse, and what is changed on the way
    write      write(selection, format, path, progress) -> number of rows written; progress takes percents
    may_use    may_use(user), besides the right to the layer
    note       what a reader must know before choosing it
    packed     formats that leave as something else: {format: (content type, suffix)}
    """

    name: ExportProfile
    layers: tuple[str, ...]
    formats: tuple[ExportFormat, ...]
    sql: Callable[[Selection], Statement | None]
    check: Callable[[Selection], list[Finding]]
    write: Callable[[Selection, ExportFormat, Path, Progress], int]
    may_use: Callable[[Any], bool] = everybody
    note: Any = ""
    packed: Mapping[ExportFormat, tuple[str, str]] = field(default_factory=dict)

    def suffix(self, format: ExportFormat) -> str:
        """Return the ending of the file's name, without the dot."""
        return self.packed[format][1] if format in self.packed else FORMATS[format].suffix

    def content_type(self, format: ExportFormat) -> str:
        """Return the file's media type."""
        return self.packed[format][0] if format in self.packed else FORMATS[format].content_type

    def require(self, selection: Selection, format: ExportFormat) -> None:
        """Raise RuleViolated ("profile_not_for_layer", "profile_not_for_format", "profile_needs_wgs84"), NotAllowed."""
        if not self.may_use(selection.user or AnonymousUser()):
            raise NotAllowed
        if selection.layer.name not in self.layers:
            text = _("Mẫu này chỉ dùng cho các lớp: %(layers)s.") % {"layers": ", ".join(self.layers)}
            raise RuleViolated("profile_not_for_layer", text)
        if format not in self.formats:
            text = _("Mẫu này chỉ có các định dạng: %(formats)s.") % {"formats": ", ".join(self.formats)}
            raise RuleViolated("profile_not_for_format", text)
        if selection.crs != WGS84:
            text = _("Mẫu này chỉ dùng tọa độ WGS 84 (EPSG:4326).")
            raise RuleViolated("profile_needs_wgs84", text)


def nobody_asks(percent: int) -> None:
    """Progress for those who do not watch."""
