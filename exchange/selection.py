"""What somebody takes out of a layer: the rows, the columns, the coordinate system.

`Selection.rows()` is the one query object behind page, count, export, OGC items and the links of the analysis, so that
their numbers can't differ.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import remembering
from core.errors import BadInput, Finding
from core.filters import SHOWN_VALUE, as_query_dict
from core.layers import Layer, Source
from core.problems import parameter_finding
from exchange.areas import PARAMETERS, Area
from exchange.catalogue import Entry, entry
from exchange.crs import SYSTEMS, System, system_of
from geofiles.crs import WGS84

if TYPE_CHECKING:
    from exchange.models import Export

AREA_PARAMETERS = PARAMETERS
SHAPE_PARAMETERS = ("fields", "crs", "geometry")
OWN_PARAMETERS = (*AREA_PARAMETERS, *SHAPE_PARAMETERS)
WKT, LON_LAT = "wkt", "lonlat"  # `geometry`: how a table writes shapes


@dataclass(frozen=True, slots=True)
class Selection:
    """A layer's rows as `user` may see them, narrowed and shaped as asked for.

    params     parameters of the layer's own filters
    area       the units or the polygon that the rows must lie in
    columns    names of the layer's fields in the order asked for; empty: all of them
    crs        "EPSG:4326" or a zone of VN-2000
    geometry   how a table writes shapes: "wkt" or "lonlat"
    asked      everything asked for as it was sent, of these parameters
    found      the rows, not yet read; take them from `rows()`
    extra      columns beside the layer's, by name; only code that has checked the right and the purpose adds them
    """

    entry: Entry
    user: Any
    params: QueryDict
    area: Area
    columns: tuple[str, ...]
    crs: str
    geometry: str
    asked: QueryDict
    found: QuerySet[Any] = field(repr=False)
    extra: Mapping[str, Source] = field(default_factory=dict)

    @classmethod
    def read(cls, entry: Entry, user: Any, query: Mapping[str, Any], *, besides: Collection[str] = ()) -> Self:
        """Return what `query` asks for.

        `query`: parameters of the layer's filters, and `unit` (repeatable code), `on` (day whose boundaries the codes
        belong to), `by` (place, succession), `within` (polygon, WGS 84), `fields` (names, comma between, repeatable),
        `crs`, `geometry`. `besides`: parameters that belong to the caller. A form hands over
        `core.filters.without_blanks(request.GET)`. Raises BadInput with a finding for each parameter that is unknown
        or can't be read.
        """
        data = as_query_dict(query)
        asked = _without(data, besides)
        known = entry.layer.filterset.parameters()
        params = _without(asked, {name for name in OWN_PARAMETERS if name not in known})
        reader = _Reader()
        area = reader.take(lambda: Area.read(asked))
        columns = reader.take(lambda: _columns(entry.layer, asked.getlist("fields")))
        system = reader.take(lambda: _system(asked.getlist("crs")))
        geometry = reader.take(lambda: _geometry(asked.getlist("geometry")))
        found = reader.take(lambda: _narrowed(entry.layer, user, params, area))
        reader.refuse_if_any()
        return cls(entry, user, params, area, columns, system.crs, geometry, asked, found)

    @classmethod
    def of(cls, export: "Export") -> Self:
        """Return what `export` asked for, with the rights its requester has today (visitors: a visitor's).

        Raises BadInput where it can't be read any more: a field or a parameter that has gone.
        """
        found = entry(export.layer)
        if found is None:
            raise BadInput(detail=_("Lớp dữ liệu này không còn."))
        query = dict(export.query)
        if export.columns:
            query["fields"] = ",".join(export.columns)
        query["crs"] = export.crs
        return cls.read(found, export.requested_by or AnonymousUser(), query)

    @property
    def layer(self) -> Layer:
        return self.entry.layer

    @property
    def system(self) -> System:
        return SYSTEMS[self.crs]

    @property
    def fields(self) -> dict[str, Source]:
        """The columns that go out, by name, with where they come from."""
        chosen = self.columns or tuple(self.layer.fields)
        return {name: self.layer.fields[name] for name in chosen} | dict(self.extra)

    def rows(self) -> QuerySet[Any]:
        """Return the rows, in no order."""
        return self.found.all()

    def settled(self) -> Self:
        """Return the same selection for reading all of it: which units the user's posts open is asked now, by a query.

        Looked up inside the statement it is a recursion, with which PostgreSQL has one process read the rows, not all.
        """
        return replace(self, found=_narrowed(self.layer, remembering(self.user), self.params, self.area))

    def count(self) -> int:
        """Return how many rows there are now."""
        return self.rows().order_by().count()

    def query(self) -> dict[str, list[str]]:
        """Return the filters and the area as JSON for `Export.query`; columns and CRS stand beside it."""
        return {name: values for name, values in self.asked.lists() if name not in ("fields", "crs")}

    def address(self) -> str:
        """Return all that was asked for as the query of an address."""
        return self.asked.urlencode()

    def head(self, row_count: int | None) -> dict[str, Any]:
        """Return what a file says of itself: source, licence, filter, moment, count; DEMO where data is invented.

        Without `row_count` the file must say it elsewhere.
        """
        head: dict[str, Any] = {
            "name": self.layer.name,
            "title": str(self.layer.title),
            "source": f"Vùng Trồng, {settings.PUBLIC_URL}",
            "steward": str(self.entry.steward),
            "licence": self.entry.licence_for(self.user),
            "filter": {name: _single(values) for name, values in self.query().items() if name != "geometry"},
            "crs": self.crs,
            "written_at": timezone.localtime().isoformat(timespec="seconds"),
        }
        if row_count is not None:
            head["row_count"] = row_count
        if settings.DEMO:
            head["note"] = "DEMO: invented data"
        return head

    def file_stem(self) -> str:
        """Return the name of a file without its ending: the layer and today, in Viet Nam."""
        return f"{self.layer.name}-{timezone.localdate().isoformat()}"


class _Reader:
    """Gathers what each part finds wrong, so that one answer names everything."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.error: BadInput | None = None

    def take(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except BadInput as error:
            self.error = error
            self.findings.extend(error.findings)
            return None

    def refuse_if_any(self) -> None:
        if self.error is not None:
            raise BadInput(findings=self.findings) if self.findings else self.error


def _narrowed(layer: Layer, user: Any, params: QueryDict, area: Area | None) -> QuerySet[Any]:
    try:
        rows = layer.filtered(user, params)
    except BadInput as error:
        raise BadInput(findings=[_with_own_names(finding, layer) for finding in error.findings]) from error
    return rows if area is None else area.narrowed(layer, rows)


def _with_own_names(finding: Finding, layer: Layer) -> Finding:
    """Name the parameters of the selection too where one is told which there are."""
    if finding.code != "unknown_parameter":
        return finding
    known = ", ".join(sorted({*layer.filterset.parameters(), *OWN_PARAMETERS}))
    detail = _("Không có tham số này. Các tham số dùng được: %(known)s.") % {"known": known}
    return Finding(finding.code, detail, finding.pointer, finding.extra)


def _without(data: QueryDict, names: Collection[str]) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name, values in data.lists():
        if name not in names:
            kept.setlist(name, values)
    return kept


def _single(values: list[str]) -> str | list[str]:
    return values if len(values) > 1 else values[0]


def _columns(layer: Layer, values: Iterable[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for value in values for name in value.split(",") if name.strip()))
    unknown = [name for name in names if name not in layer.fields]
    if not unknown:
        return names
    text = _("Lớp này không có trường %(unknown)s. Các trường: %(known)s.") % {
        "unknown": ", ".join(name[:SHOWN_VALUE] for name in unknown[:5]),
        "known": ", ".join(layer.fields),
    }
    raise BadInput(findings=[parameter_finding("fields", "unknown_field", text)])


def _once(name: str, values: list[str]) -> str:
    if len(values) > 1:
        text = _("Tham số này chỉ được gửi một lần.")
        raise BadInput(findings=[parameter_finding(name, "repeated_parameter", text)])
    return values[0].strip() if values else ""


def _system(values: list[str]) -> System:
    text = _once("crs", values)
    found = system_of(text or WGS84)
    if found is None:
        detail = _("Không có hệ tọa độ %(crs)s. Các hệ dùng được: %(known)s.") % {
            "crs": text[:SHOWN_VALUE],
            "known": ", ".join(SYSTEMS),
        }
        raise BadInput(findings=[parameter_finding("crs", "unknown_crs", detail)])
    return found


def _geometry(values: list[str]) -> str:
    text = _once("geometry", values) or WKT
    if text not in (WKT, LON_LAT):
        detail = _("Hình ghi trong bảng là %(known)s.") % {"known": f"{WKT}, {LON_LAT}"}
        raise BadInput(findings=[parameter_finding("geometry", "invalid", detail)])
    return text
