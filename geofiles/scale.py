"""Sums by unit over a folder of GeoParquet parts, on the workers of a dask cluster: here or on several machines.

The parts are those of `geofiles.partitions` with the columns of FACTS. Each worker reads whole parts, brings their rows
to units and sends back one line for each unit, or for distinct things one for each unit and thing: rows never meet in
one process. Workers need this package, its libraries (requirements-scale.lock) and the same path to the folder; no
Django, no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

# x, y: the point that stands for the row, EPSG:4326; unit: its own unit's id; value: what adds up; thing: what is
# counted once (text), empty where rows count by themselves.
X, Y, UNIT, VALUE, THING = FACTS = ("fact_x", "fact_y", "fact_unit", "fact_value", "fact_thing")
NOWHERE = -1  # unit of rows that belong to none
_COUNT = "count"
Sum = tuple[int, float]  # rows, and what they add up to


@dataclass(frozen=True, slots=True)
class Outlines:
    """Units by place: `ids` and `codes` of the units and `wkb` of their pieces, EPSG:4326, all of one length.

    A point that several pieces hold, at an edge, goes to the first unit by code.
    """

    ids: Sequence[int]
    codes: Sequence[str]
    wkb: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Sums:
    """Of each unit (None: of what belongs to none), and of all rows together."""

    by_unit: dict[int | None, Sum]
    total: Sum


@contextmanager
def cluster(workers: int, scheduler: str = "") -> Iterator[Any]:
    """Give a client of the cluster at `scheduler` ("tcp://host:8786"), without one of `workers` processes of our own.

    Raises OSError when nobody answers there within ten seconds.
    """
    from distributed import Client, LocalCluster

    if scheduler:
        with Client(scheduler, timeout=10) as client:
            yield client
        return
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as own,
        Client(own) as client,
    ):
        yield client


def sums(client: Any, folder: Path, by: Outlines | Mapping[int, int], *, counts_things: bool) -> Sums:
    """Return the sums over all parts below `folder`.

    `by`: outlines, or {own unit: unit it belongs to}, where a row whose unit is not named belongs to none. With
    `counts_things` the sum is the number of distinct things, else that of the values.
    """
    import dask.dataframe as dd
    import dask_geopandas
    import pandas as pd

    if not any(folder.glob("*/*.parquet")):
        return Sums({}, (0, 0.0))
    rows = dd.read_parquet(str(folder / "*" / "*.parquet"), columns=list(FACTS))
    points = dask_geopandas.from_dask_dataframe(
        rows, geometry=dask_geopandas.points_from_xy(rows, X, Y, crs="EPSG:4326")
    )
    partial = points.map_partitions(_partial, _table(by), counts_things, meta=_meta())
    # The graph is made here: made on the scheduler, that would have to know dask-geopandas.
    lines = pd.concat(client.gather(client.compute(partial.to_delayed())), ignore_index=True)
    return Sums(_by_unit(lines, counts_things), _total(lines, counts_things))


def _table(by: Outlines | Mapping[int, int]) -> Any:
    import geopandas as gpd
    import pandas as pd
    import shapely

    if not isinstance(by, Outlines):
        return pd.Series(dict(by), dtype="int64")
    pieces = gpd.GeoDataFrame(
        {"unit": list(by.ids), "code": list(by.codes)}, geometry=shapely.from_wkb(list(by.wkb)), crs="EPSG:4326"
    )
    return pieces.sort_values("code", kind="stable", ignore_index=True)


def _meta() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({UNIT: pd.Series(dtype="int64"), THING: pd.Series(dtype="object")}).assign(
        **{_COUNT: pd.Series(dtype="int64"), VALUE: pd.Series(dtype="float64")}
    )


def _partial(part: gpd.GeoDataFrame, table: Any, counts_things: bool) -> pd.DataFrame:
    """Bring the rows of one part to units and sum them up; on the worker."""
    import pandas as pd

    found = _placed(part, table) if isinstance(table, pd.DataFrame) else part[UNIT].map(table)
    lines = pd.DataFrame(
        {
            UNIT: found.fillna(NOWHERE).astype("int64").to_numpy(),
            THING: part[THING].astype("object").to_numpy() if counts_things else "",
            _COUNT: 1,
            VALUE: part[VALUE].fillna(0.0).to_numpy(dtype="float64"),
        }
    )
    return lines.groupby([UNIT, THING], as_index=False, dropna=False).agg({_COUNT: "sum", VALUE: "sum"})


def _placed(part: gpd.GeoDataFrame, pieces: gpd.GeoDataFrame) -> pd.Series:
    """Return the unit of each row in order, NaN where no piece holds its point."""
    import numpy as np
    import pandas as pd

    rows, found = pieces.sindex.query(part.geometry, predicate="intersects")
    order = np.lexsort((found, rows))  # pieces are sorted by code: the first one of a row is that of the first code
    rows, found = rows[order], found[order]
    rows, first = np.unique(rows, return_index=True)
    units = np.full(len(part), np.nan)
    units[rows] = pieces["unit"].to_numpy()[found[first]]
    return pd.Series(units)


def _by_unit(lines: pd.DataFrame, counts_things: bool) -> dict[int | None, Sum]:
    counted = lines.groupby(UNIT).agg({_COUNT: "sum", VALUE: "sum"})
    values = lines.dropna(subset=THING).groupby(UNIT)[THING].nunique() if counts_things else counted[VALUE]
    return {
        None if unit == NOWHERE else int(unit): (int(count), float(values.get(unit, 0)))
        for unit, count in counted[_COUNT].items()
    }


def _total(lines: pd.DataFrame, counts_things: bool) -> Sum:
    value = lines[THING].dropna().nunique() if counts_things else lines[VALUE].sum()
    return int(lines[_COUNT].sum()), float(value)
