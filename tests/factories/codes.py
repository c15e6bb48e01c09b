"""Factories of markets, schemes, production areas and codes, made through the services that the pages use."""

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import pytest

from codes import services
from codes.models import CodeScheme, Confidence, Market, ProductionArea, ProductionAreaCode, SchemeRule, StepDeadline
from cooperatives.models import Cooperative
from crops.models import Crop
from tests.factories.cooperatives import make_grower
from tests.factories.farms import make_plot
from tests.shapes import square, square_east_of

_NUMBERS = count(1)
AreaFactory = Callable[..., ProductionArea]
CodeFactory = Callable[..., ProductionAreaCode]
SchemeFactory = Callable[..., CodeScheme]


def make_market(code: str) -> Market:
    """Return the market with this code."""
    names = {"CHN": ("Trung Quốc", "China"), "USA": ("Hoa Kỳ", "United States"), "VNM": ("Việt Nam", "Viet Nam")}
    name_vi, name_en = names.get(code, (code, code))
    return Market.objects.get_or_create(code=code, defaults={"name_vi": name_vi, "name_en": name_en})[0]


def make_scheme(**fields: Any) -> CodeScheme:
    """Create a confirmed scheme without rules; by default the old export style with the letters XX."""
    fields.setdefault("slug", f"che-do-thu-{next(_NUMBERS)}")
    fields.setdefault("name", f"Chế độ {fields['slug']}")
    fields.setdefault("regime", "Thử")
    fields.setdefault("pattern", "VN-{letters}OR-{serial}")
    fields.setdefault("counter_scope", ["letters"] if "{letters}" in fields["pattern"] else [])
    fields.setdefault("fixed_parts", {"letters": "XX"})
    fields.setdefault("is_confirmed", True)
    fields.setdefault("legal_ref", "Văn bản thử")
    fields.setdefault("confidence", Confidence.HIGH)
    fields.setdefault("deciding_level", "commune")  # where most tests have their officer
    fields.setdefault("valid_from", date(2020, 1, 1))
    scheme = CodeScheme.objects.create(**fields)
    for step, days in (("decision", 10), ("correction", 15), ("opinion", 5), ("inspection", 5), ("reply", 10)):
        make_deadline(scheme, step=step, days=days, is_working_days=step != "correction")
    return scheme


def make_deadline(scheme: CodeScheme, **fields: Any) -> StepDeadline:
    """Create the term of a step, in force since 2020."""
    fields.setdefault("legal_ref", "Thời hạn thử")
    fields.setdefault("valid_from", date(2020, 1, 1))
    return StepDeadline.objects.create(scheme=scheme, **fields)


def make_rule(scheme: CodeScheme, **fields: Any) -> SchemeRule:
    """Create a rule of a scheme, in force since 2020."""
    fields.setdefault("severity", "warn")
    fields.setdefault("legal_ref", "Quy tắc thử")
    fields.setdefault("valid_from", date(2020, 1, 1))
    return SchemeRule.objects.create(scheme=scheme, **fields)


def make_area(
    cooperative: Cooperative,
    crop: Crop,
    *,
    by: Any,
    growers: int = 3,
    lon: float = 105.60,
    lat: float = 10.45,
    side_m: float = 100,
    **fields: Any,
) -> ProductionArea:
    """Form an area of as many plots in a row, each of its own grower, from (lon, lat) eastwards."""
    fields.setdefault("name", f"Vùng thử {next(_NUMBERS)}")
    plots, shape = [], square(lon, lat, side_m)
    for _number in range(growers):
        plots.append(make_plot(cooperative, crop, boundary=shape, grower=make_grower(cooperative)))
        shape = square_east_of(shape)
    return services.form_area(cooperative, crop=crop, plots=plots, by=by, **fields)


@pytest.fixture
def china(db: None) -> Market:
    return make_market("CHN")


@pytest.fixture
def usa(db: None) -> Market:
    return make_market("USA")


@pytest.fixture
def old_scheme(db: None) -> CodeScheme:
    """Old export style, not bound to a market: VN-XXOR-0001."""
    return make_scheme(slug="kieu-cu", name="Xuất khẩu kiểu cũ")


@pytest.fixture
def new_scheme(db: None) -> CodeScheme:
    """2026 style, bound to a market: 99-PUC-XOAI01-000001-CHN; valid for a year."""
    return make_scheme(
        slug="kieu-2026",
        name="Nghị định 38/2026",
        pattern="{province}-PUC-{crop}01-{serial}-{market}",
        serial_width=6,
        counter_scope=["province", "crop", "market"],
        fixed_parts={},
        is_market_bound=True,
        validity_months=12,
    )


@pytest.fixture
def scheme_factory(db: None) -> SchemeFactory:
    """Return `make_scheme`, with the database open."""
    return make_scheme


@pytest.fixture
def area_factory(cooperative: Cooperative, mango: Crop, clerk: Any) -> AreaFactory:
    """Return `make_area` for `cooperative` and mango, entered by its clerk, unless others are given."""

    def make(**fields: Any) -> ProductionArea:
        fields.setdefault("by", clerk)
        return make_area(fields.pop("cooperative", cooperative), fields.pop("crop", mango), **fields)

    return make


@pytest.fixture
def area(area_factory: AreaFactory) -> ProductionArea:
    """An area of `cooperative`: three plots of 1 ha, three growers."""
    return area_factory(name="Vùng xoài Thử")


@pytest.fixture
def code_factory(area: ProductionArea, old_scheme: CodeScheme, china: Market, officer: Any) -> CodeFactory:
    """Issue one code, by default of the old style for `area` and China; takes the arguments of `issue_codes`."""

    def make(**fields: Any) -> ProductionAreaCode:
        fields = {"area": area, "scheme": old_scheme, "markets": [china], "by": officer} | fields
        return services.issue_codes(fields.pop("area"), fields.pop("scheme"), fields.pop("markets"), **fields)[0]

    return make


@pytest.fixture
def code(code_factory: CodeFactory) -> ProductionAreaCode:
    """VN-XXOR-0001 of `area`, active."""
    return code_factory()
