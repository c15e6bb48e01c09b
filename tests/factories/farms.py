"""Factories of plots. They write rows directly: a plot made here announces nothing and checks no overlap."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from cooperatives.models import Cooperative
from crops.models import Crop
from farms.models import Plot
from places.models import AdministrativeUnit
from tests.shapes import square

_NUMBERS = count(1)
PlotFactory = Callable[..., Plot]


def make_plot(cooperative: Cooperative, crop: Crop, **fields: Any) -> Plot:
    """Create a plot; without `boundary` it is a 1 ha square, each 200 m east or north of the one before."""
    number = next(_NUMBERS)
    fields.setdefault("ref", f"T{number:04d}")
    fields.setdefault("commune", cooperative.commune)
    if "boundary" not in fields:
        column, row = number % 40, number // 40 % 40
        fields["boundary"] = square(105.56 + 0.002 * column, 10.40 + 0.002 * row, side_m=100)
    plot = Plot.objects.create(cooperative=cooperative, crop=crop, **fields)
    plot.refresh_from_db()
    return plot


@pytest.fixture
def plot_factory(cooperative: Cooperative, mango: Crop) -> PlotFactory:
    """Return `make_plot` for `cooperative` and mango unless others are given."""

    def make(**fields: Any) -> Plot:
        return make_plot(fields.pop("cooperative", cooperative), fields.pop("crop", mango), **fields)

    return make


@pytest.fixture
def plot(plot_factory: PlotFactory, commune: AdministrativeUnit) -> Plot:
    """A 1 ha square of `cooperative` in `commune`."""
    return plot_factory(ref="T-1", boundary=square(105.63, 10.45, side_m=100))
