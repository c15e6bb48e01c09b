"""A selection as a folder of GeoParquet files, one for each commune: for DuckDB, Spark, dask and other machines.

Every row lies in exactly one of them: the commune in force today to which `exchange.areas` attributes it; what no
commune holds is a part of its own.
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from django.db.models import CharField, OuterRef, Subquery
from django.utils.timezone import localdate

from core import replicas
from exchange import table_sql
from exchange.areas import ANALYSIS_UNIT, By, unit_of
from exchange.exports.copying import Moment
from exchange.exports.tables import Progress, Table, batches, counted, table_of
from exchange.selection import Selection
from geofiles.copied import Column
from geofiles.partitions import Part, write_partitions
from places.models import AdministrativeUnit, UnitLevel

KEY = "commune"
CODE = "commune_code"


def write_partitioned(selection: Selection, folder: Path, progress: Progress | None = None) -> tuple[Part, ...]:
    """Write `folder` (`commune=<code>/part-0.parquet`, `_manifest.json`) and return its parts.

    The layer's own column `commune`, a name, is called `commune_name` there; `commune_code` stands in the files as
    text. Read from the replica where there is one. All or nothing: FileExistsError when `folder` is there already,
    and it appears only when it is whole.
    """
    if folder.exists():
        raise FileExistsError(folder)
    table = _by_commune(table_of(_with_commune(selection)))
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with replicas.reading(), Moment() as moment:
            head = selection.head(counted(moment, table).rows)
            parts = write_partitions(
                batches(moment, table, progress),
                scratch,
                schema=table.schema,
                key=KEY,
                column=CODE,
                crs=selection.crs,
                head={name: str(value) for name, value in head.items()},
            )
        scratch.chmod(0o755)
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch)
        raise
    return parts


def _with_commune(selection: Selection) -> Selection:
    """Return the selection with the code of each row's commune of today as a column."""
    layer = selection.layer
    rows = unit_of(layer, selection.rows(), level=UnitLevel.COMMUNE, on=localdate(), by=By.PLACE)
    code = AdministrativeUnit.objects.filter(pk=OuterRef(ANALYSIS_UNIT)).values("code")[:1]
    columns = tuple(name for name in selection.columns or tuple(layer.fields) if name != CODE)
    found = Subquery(code, output_field=CharField())
    return replace(selection, found=rows, columns=columns, extra={**selection.extra, CODE: found})


def _by_commune(table: Table) -> Table:
    """Return the table in the order of its communes, with the column `commune` under another name."""
    columns = tuple(Column(f"{KEY}_name", column.kind) if column.name == KEY else column for column in table.columns)
    if table.inner is None:
        return replace(table, columns=columns)
    alias = table.aliases[[column.name for column in columns].index(CODE)]
    return replace(table, columns=columns, inner=table_sql.ordered(*table.inner, alias))
