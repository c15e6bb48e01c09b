"""What somebody wants to know: measure, units of a day, crop, season, area; read once, strictly."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, Finding
from core.filters import as_query_dict
from core.problems import parameter_finding
from crops.models import Crop
from exchange.analysis.measures import Asked, Measure, measures_for
from exchange.analysis.past import past_plots
from exchange.areas import PARAMETERS as AREA_PARAMETERS
from exchange.areas import Area
from exchange.catalogue import Entry
from exchange.selection import Selection
from farms.filters import PlotFilters
from farms.models import SeasonName
from places.models import AdministrativeUnit, UnitLevel

OWN = ("measure", "level", "crop", "season", "month", "as_of")
PARAMETERS = (*OWN, *AREA_PARAMETERS)
LEVELS = (UnitLevel.COMMUNE, UnitLevel.DISTRICT, UnitLevel.PROVINCE)


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """A question.

    area     units (any level) or polygon that narrow the rows, and the day and the way by which rows come to units
    crop     None: all; `season`: (year, name); `month`: 1 to 12 as sent, "" for the whole year
    as_of    the day whose data are meant (plots only); None: today's
    said     the parameters as sent, for addresses
    """

    user: Any
    measure: Measure
    level: str
    area: Area
    crop: Crop | None
    season: tuple[int, str] | None
    month: str
    as_of: dt.date | None
    said: QueryDict

    @classmethod
    def read(cls, user: Any, query: Mapping[str, Any], *, besides: Collection[str] = ()) -> Self:
        """Read `measure`, `level` (commune, district, province), `crop` (slug), `season` (2026-winter_spring), `month`,
        `as_of`, and `unit`, `on`, `by`, `within` (see `exchange.areas`); blank ones are as if not sent.

        Raises BadInput naming each parameter that is unknown, given twice, cannot be read, or does not fit the measure.
        """
        said = _filled(as_query_dict(query), besides)
        findings = _structure(said)
        if findings:
            raise BadInput(findings=findings)
        measure = _measure(user, said.get("measure", ""), findings)
        level = _level(said.get("level", ""), findings)
        area = None
        try:
            area = Area.read(said)
        except BadInput as error:
            findings += error.findings
        crop = _crop(said.get("crop", ""), findings)
        season = _season(said.get("season", ""), findings)
        as_of = _as_of(said.get("as_of", ""), findings)
        if measure is not None:
            findings += _misfits(measure, said)
        if area is not None and not AdministrativeUnit.objects.on(area.on).filter(level=level).exists():
            detail = _("Vào ngày %(day)s không có đơn vị nào ở cấp này. Cấp huyện có đến hết ngày 30/06/2025.")
            findings.append(parameter_finding("level", "no_units", detail % {"day": f"{area.on:%d/%m/%Y}"}))
        if findings or measure is None or area is None:
            raise BadInput(findings=findings)
        return cls(user, measure, level, area, crop, season, said.get("month", ""), as_of, said)

    @property
    def level_words(self) -> str:
        """The level in the reader's words."""
        return str(UnitLevel(self.level).label)

    @property
    def season_words(self) -> str:
        """The season in the reader's words; "" for none."""
        return f"{SeasonName(self.season[1]).label} {self.season[0]}" if self.season else ""

    def asked(self) -> Asked:
        """Return what a measure's sum must know."""
        return Asked(self.crop.pk if self.crop else None, self.season)

    def entry(self) -> Entry:
        """Return the layer of the rows: that of the measure, or plots as they were."""
        return self.measure.entry if self.as_of is None else past_plots(self.as_of)

    def selection(self, *, whole: bool = False) -> Selection:
        """Return the rows that are counted; `whole`: those that a share is a part of."""
        measure = self.measure
        params = QueryDict(mutable=True)
        params.update(dict((measure.whole if whole else measure.params) or {}))
        sent = {"crop": self.crop.slug if self.crop else "", "month": self.month, "season": self.said.get("season", "")}
        for name, value in sent.items():
            if value:
                params[measure.takes[name]] = value
        for name, values in self.area.query().items():
            params.setlist(name, values)
        return Selection.read(self.entry(), self.user, params)

    def rows(self, *, whole: bool = False) -> QuerySet[Any]:
        """Return the rows of `selection`."""
        return self.selection(whole=whole).rows()

    def address(self, **changes: str | None) -> str:
        """Return the question as the query of an address; `changes` set a parameter, or drop it by None."""
        kept = self.said.copy()
        for name, value in changes.items():
            kept.pop(name, None)
            if value is not None:
                kept[name] = value
        return kept.urlencode()


def _filled(data: QueryDict, besides: Collection[str]) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name, values in data.lists():
        filled = [value.strip() for value in values if value.strip()]
        if filled and name not in besides:
            kept.setlist(name, filled)
    return kept


def _structure(said: QueryDict) -> list[Finding]:
    findings = []
    for name, values in said.lists():
        if name not in PARAMETERS:
            detail = _("Không có tham số này. Các tham số dùng được: %(known)s.") % {"known": ", ".join(PARAMETERS)}
            findings.append(parameter_finding(name[:100], "unknown_parameter", detail))
        elif name in OWN and len(values) > 1:
            findings.append(parameter_finding(name, "repeated_parameter", _("Tham số này chỉ được gửi một lần.")))
    return findings


def _choice(name: str, known: Collection[str], findings: list[Finding]) -> None:
    detail = _("Hãy chọn một trong: %(known)s.") % {"known": ", ".join(known)}
    findings.append(parameter_finding(name, "invalid_choice", detail))


def _measure(user: Any, name: str, findings: list[Finding]) -> Measure | None:
    offered = {measure.name: measure for measure in measures_for(user)}
    if not name:
        return next(iter(offered.values()))
    if name not in offered:
        _choice("measure", offered, findings)
    return offered.get(name)


def _level(text: str, findings: list[Finding]) -> str:
    if text and text not in LEVELS:
        _choice("level", [str(level) for level in LEVELS], findings)
    return text if text in LEVELS else UnitLevel.COMMUNE


def _crop(slug: str, findings: list[Finding]) -> Crop | None:
    found = Crop.objects.filter(slug=slug[:100].replace("\0", "")).first() if slug else None
    if slug and found is None:
        findings.append(parameter_finding("crop", "invalid_choice", _("Không có cây trồng này.")))
    return found


def _season(text: str, findings: list[Finding]) -> tuple[int, str] | None:
    form = PlotFilters(data={"season": text}, queryset=PlotFilters.Meta.model.objects.none()).form
    if text and not form.is_valid():
        findings.append(parameter_finding("season", "invalid", " ".join(form.errors["season"])))
    return form.cleaned_data.get("season") if text and form.is_valid() else None


def _as_of(text: str, findings: list[Finding]) -> dt.date | None:
    try:
        return Area.read({"on": text}).on if text else None
    except BadInput as error:
        findings += [parameter_finding("as_of", item.code, item.message) for item in error.findings]
        return None


def _misfits(measure: Measure, said: QueryDict) -> list[Finding]:
    """Say what a measure cannot be narrowed by: nothing that was asked for is left out in silence."""
    findings = []
    for name in ("crop", "season", "month"):
        if name in said and name not in measure.takes:
            detail = _("Chỉ tiêu này không chia được theo tham số đó.")
            findings.append(parameter_finding(name, "not_for_measure", detail))
    if measure.needs_season and "season" not in said:
        findings.append(parameter_finding("season", "missing", _("Chỉ tiêu này cần chọn năm và vụ.")))
    if "as_of" in said and not (
        measure.layer == "plots" and set(measure.params) == {"status"} and "season" not in said
    ):
        detail = _("Số liệu của một ngày đã qua chỉ có cho thửa: diện tích, số thửa, nông hộ, sản lượng dự kiến.")
        findings.append(parameter_finding("as_of", "not_for_measure", detail))
    if "month" in said and said["month"] not in {str(month) for month in range(1, 13)}:
        findings.append(parameter_finding("month", "invalid_choice", _("Tháng là một số từ 1 đến 12.")))
    return findings
