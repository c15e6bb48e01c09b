"""Everything the rules of one question look at, read by a handful of set-based queries before any rule speaks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models.functions import Intersection
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Greatest, Least

from casework import sql
from casework.eligibility.question import MAX_SHOWN_PLOTS, PlotAtFault, Question
from codes.models import (
    AreaPlot,
    CodeStatus,
    Market,
    ProductionArea,
    ProductionAreaCode,
    RequiredDocument,
    RuleKind,
    SchemeRule,
)
from cooperatives.models import CertificateKind
from core.expressions import SquareMetres
from farms.models import Plot
from people.models import Consent, Purpose
from places.models import AdministrativeUnit

SLIVER_M2 = 5.0  # docs/domain.md: smaller pieces are noise of drawing
DUPLICATE_SHARE = 0.02  # docs/domain.md: areas that agree within 2 %


@dataclass(frozen=True, slots=True)
class PlotFacts:
    """One plot of the area. `agrees`: its grower has a live consent to stand in the directory of growers."""

    id: int
    ref: str
    status: str
    crop_id: int
    variety_id: int | None
    variety: str
    grower_id: int | None
    agrees: bool
    area_m2: float
    tree_count: int | None


@dataclass(frozen=True, slots=True)
class Gaps:
    """How the pieces lie when gaps up to a threshold are bridged; `gap_m` None: all in one group."""

    groups: int
    gap_m: float | None


@dataclass(frozen=True, slots=True)
class NeighbourPlot:
    """Another holder's plot on the area's ground, above tolerance."""

    id: int
    status: str
    shared_m2: float
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class NeighbourArea:
    """Another holder's area on the area's ground, above tolerance; the name is told only of public ones."""

    name: str
    is_public: bool


@dataclass(frozen=True, slots=True)
class LandShare:
    """Ground of the plots in one class of the newest public layer of its kind (land_use or planning)."""

    kind: str
    layer: str
    code: str
    name: str
    is_agricultural: bool
    m2: float
    plot_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A plot that may be the same land parcel as an own one; `is_full`: the land office gave both one identifier."""

    plot_id: int
    other_id: int
    is_own: bool
    is_full: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so, for one question. Areas in m², distances in metres."""

    question: Question
    is_scheme_here: bool  # the scheme is of the area's province, or of all
    plots: tuple[PlotFacts, ...]
    rules: tuple[SchemeRule, ...]
    ground_difference_m2: float | None
    gaps: dict[float, Gaps]
    neighbours: tuple[NeighbourPlot, ...]
    areas: tuple[NeighbourArea, ...]
    land: tuple[LandShare, ...]
    duplicates: tuple[Duplicate, ...]
    live_codes: tuple[str, ...]
    certificates: tuple[str, ...]
    documents: dict[str, frozenset[int]]  # kind -> plots named by documents of that kind
    required_documents: tuple[RequiredDocument, ...]

    @property
    def plots_m2(self) -> float:
        """Ground of all plots, geodesic m²."""
        return sum(plot.area_m2 for plot in self.plots)

    def at_fault(self, ids: Iterable[int]) -> tuple[PlotAtFault, ...]:
        """Return the plots with these ids in the order of their refs, as many as are shown."""
        wanted = set(ids)
        found = [PlotAtFault(plot.id, plot.ref) for plot in self.plots if plot.id in wanted]
        return tuple(found[:MAX_SHOWN_PLOTS])


def load_facts(question: Question) -> Facts:
    """Read all facts of a question: at most 11 queries (12 for a scheme of one province), however many the plots."""
    area = question.area
    plots, rules = _plots(area), _rules(question)
    ids = [plot.id for plot in plots]
    keys = {"area": area.pk, "cooperative": area.cooperative_id}
    limit = {"limit": MAX_SHOWN_PLOTS}
    tolerance = {"min_m2": float(settings.OVERLAP_MIN_M2), "min_share": settings.OVERLAP_MIN_SHARE}
    differences = _rows(sql.GROUND_DIFFERENCE, keys)
    certificates, documents = _papers(question)
    required = _required(question) if question.request_id is not None else ()
    return Facts(
        question=question,
        is_scheme_here=_is_scheme_here(question),
        plots=plots,
        rules=rules,
        ground_difference_m2=differences[0][0] if differences else None,
        gaps=_gaps(area, rules),
        neighbours=tuple(
            NeighbourPlot(*row) for row in _rows(sql.NEIGHBOURS_PLOTS, keys | tolerance | limit | {"plots": ids})
        ),
        areas=_areas(area),
        land=tuple(
            LandShare(kind, layer, code, name, is_agricultural, m2, tuple(plot_ids))
            for kind, layer, code, name, is_agricultural, m2, plot_ids in _rows(
                sql.LAND, keys | {"on": question.on, "sliver_m2": SLIVER_M2}
            )
        ),
        duplicates=tuple(
            Duplicate(*row) for row in _rows(sql.DUPLICATE_PARCELS, keys | limit | {"share": _duplicate_share(rules)})
        ),
        live_codes=_live_codes(question, ids),
        certificates=certificates,
        documents=documents,
        required_documents=required,
    )


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _is_scheme_here(question: Question) -> bool:
    province, unit = question.scheme.province_id, Q(pk=question.area.commune_id)
    if province is None:
        return True
    below = Q(pk=province) | Q(parent=province) | Q(parent__parent=province)  # former districts lie between
    return AdministrativeUnit.objects.filter(unit, below).exists()


def _plots(area: ProductionArea) -> tuple[PlotFacts, ...]:
    consents = Consent.objects.live().filter(person=OuterRef("grower__person"), purpose=Purpose.DIRECTORY)
    rows = Plot.objects.filter(area_plots__area=area).annotate(
        agrees=Exists(consents), variety_name=Coalesce("variety__name_vi", Value(""))
    )
    values = rows.order_by("ref", "pk").values_list(
        "pk", "ref", "status", "crop_id", "variety_id", "variety_name", "grower_id", "agrees", "area_m2",
        "tree_count",
    )  # fmt: skip
    return tuple(PlotFacts(*row) for row in values)


def _for_crop_and_markets(question: Question) -> Q:
    markets = Q(market=None) | Q(market__in=[market.pk for market in question.markets])
    return (Q(crop=None) | Q(crop=question.area.crop_id)) & markets


def _rules(question: Question) -> tuple[SchemeRule, ...]:
    rows = SchemeRule.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=question.on),
        _for_crop_and_markets(question),
        scheme=question.scheme,
        valid_from__lte=question.on,
    )
    return tuple(rows.select_related("market").order_by("kind", "pk"))


def chosen_rules(facts: Facts, kind: str) -> list[SchemeRule]:
    """Return the rule of this kind for each market: in force, and of those the one made for market and crop."""
    rows = [rule for rule in facts.rules if rule.kind == kind]
    return _chosen(rows, facts.question.markets)


def _chosen(rows: list[SchemeRule], asked: tuple[Market, ...]) -> list[SchemeRule]:
    chosen: dict[int, SchemeRule] = {}
    markets: list[str | None] = [market.pk for market in asked]
    for market in markets or [None]:
        fitting = [rule for rule in rows if rule.market_id in (None, market)]
        if fitting:
            best = max(
                fitting, key=lambda rule: (rule.market_id is not None, rule.crop_id is not None, rule.valid_from)
            )
            chosen[best.pk] = best
    return list(chosen.values())


def _duplicate_share(rules: tuple[SchemeRule, ...]) -> float:
    given = [rule.threshold for rule in rules if rule.kind == RuleKind.DUPLICATE_PARCEL and rule.threshold is not None]
    return max(given) / 100 if given else DUPLICATE_SHARE


def _gaps(area: ProductionArea, rules: tuple[SchemeRule, ...]) -> dict[float, Gaps]:
    asked = {rule.threshold for rule in rules if rule.kind == RuleKind.PIECE_DISTANCE and rule.threshold is not None}
    if not asked:
        return {}
    rows = _rows(sql.PIECE_GAPS, {"area": area.pk, "metres": sorted({0.0, *asked})})
    return {metres: Gaps(groups, gap_m) for metres, groups, gap_m in rows}


def _areas(area: ProductionArea) -> tuple[NeighbourArea, ...]:
    tolerance = Greatest(
        Value(float(settings.OVERLAP_MIN_M2)),
        Least(F("area_m2"), Value(area.area_m2)) * settings.OVERLAP_MIN_SHARE,
    )
    public = ProductionArea.objects.public().filter(pk=OuterRef("pk"))
    rows = (
        ProductionArea.objects.filter(is_active=True, boundary__intersects=area.boundary)
        .exclude(cooperative=area.cooperative_id)
        .annotate(shared_m2=SquareMetres(Intersection("boundary", area.boundary)), is_public=Exists(public))
        .filter(shared_m2__gt=tolerance)
        .order_by("name")
    )
    return tuple(NeighbourArea(*row) for row in rows.values_list("name", "is_public")[:MAX_SHOWN_PLOTS])


def _live_codes(question: Question, plot_ids: list[int]) -> tuple[str, ...]:
    beside = AreaPlot.objects.filter(plot__in=plot_ids).values("area")
    rows = ProductionAreaCode.objects.filter(
        Q(valid_until=None) | Q(valid_until__gte=question.on),
        area__in=beside if plot_ids else [question.area.pk],
        scheme=question.scheme,
        status__in=(CodeStatus.ACTIVE, CodeStatus.SUSPENDED),
    ).exclude(pk=question.code_id)
    if question.scheme.is_market_bound:
        rows = rows.filter(market__in=question.markets)
    return tuple(rows.order_by("code").values_list("code", flat=True))


def _papers(question: Question) -> tuple[tuple[str, ...], dict[str, frozenset[int]]]:
    """Return the names of certificates, and the kinds of the request's documents with the plots they name."""
    area = question.area
    keys = {"cooperative": area.cooperative_id, "crop": area.crop_id, "on": question.on, "request": question.request_id}
    names, certificates, documents = dict(CertificateKind.choices), [], defaultdict[str, set[int]](set)
    for is_certificate, kind, number, plot_id in _rows(sql.PAPERS, keys):
        if is_certificate:
            certificates.append(f"{names[kind]} {number}")
        else:
            documents[kind] |= {plot_id} - {None}
    return tuple(certificates), {kind: frozenset(ids) for kind, ids in documents.items()}


def _required(question: Question) -> tuple[RequiredDocument, ...]:
    rows = RequiredDocument.objects.on(question.on).filter(_for_crop_and_markets(question), scheme=question.scheme)
    return tuple(rows.select_related("market").order_by("kind", "pk"))
