"""One place that loads GDAL (through pyogrio) and fences it in.

GDAL opens much more than it is asked to: a ``.geojson`` that holds a VRT connects to any host. Here all
drivers but the few we read and write are taken out of the process, the network is pointed at a closed port
and WKB comes back through Arrow. Readers give GDAL only scratch copies whose kind they have already told by
content.
"""

from __future__ import annotations

import ctypes
import os
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles.errors import UnreadableFile

if TYPE_CHECKING:
    import pyarrow as pa

# LIBKML writes only; KML and GPX are parsed by us, GeoParquet by pyarrow.
DRIVERS = frozenset({
    "ESRI Shapefile", "GeoJSON", "GPKG", "FlatGeobuf", "MapInfo File", "DXF", "LIBKML", "MEM",
})  # fmt: skip

_OPTIONS = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",  # discard port: nothing listens
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "OGR_SQLITE_PRAGMA": "trusted_schema=0",
    "SHAPE_RESTORE_SHX": "NO",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "200",  # MB
    "LIBKML_USE_DOC.KML": "YES",
    "DXF_ENCODING": "ISO-8859-1",  # every byte a letter: the text is decoded by us
}
BATCH_SIZE = 50_000

_SCRATCH = re.compile(r"'?/[^\s']*geofiles-[^\s']*'?")
_lock = threading.Lock()
_ready = False


def prepare() -> Any:
    """The pyogrio module, fenced; cheap after the first call. RuntimeError when a foreign driver stays."""
    global _ready
    import pyogrio
    import pyogrio.raw

    with _lock:
        if not _ready:
            os.environ["PROJ_NETWORK"] = "OFF"
            pyogrio.set_gdal_config_options(_OPTIONS)
            _deregister_others(Path(pyogrio.__file__).parent.parent / "pyogrio.libs")
            if foreign := set(pyogrio.list_drivers()) - DRIVERS:
                raise RuntimeError(f"GDAL drivers still registered: {sorted(foreign)}")
            _ready = True
    return pyogrio


def _deregister_others(folder: Path) -> None:
    found = sorted(folder.glob("libgdal*"))
    if not found:
        raise RuntimeError(f"no libgdal in {folder}; install the pyogrio wheel")
    library = ctypes.CDLL(str(found[-1]))  # the same file that pyogrio loaded: one registry
    library.GDALGetDriver.restype = ctypes.c_void_p
    library.GDALGetDriver.argtypes = [ctypes.c_int]
    library.GDALGetDescription.restype = ctypes.c_char_p
    library.GDALGetDescription.argtypes = [ctypes.c_void_p]
    library.GDALDeregisterDriver.argtypes = [ctypes.c_void_p]
    for index in reversed(range(library.GDALGetDriverCount())):
        driver = library.GDALGetDriver(index)
        if library.GDALGetDescription(driver).decode() not in DRIVERS:
            library.GDALDeregisterDriver(driver)


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Turn the libraries' errors on damaged files into UnreadableFile; their warnings are not news to us."""
    import pyarrow as pa
    import pyogrio.errors
    import shapely

    known = (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        pyogrio.errors.GeometryError,
        pyogrio.errors.FieldError,
        pyogrio.errors.CRSError,
        shapely.errors.GEOSException,
        pa.ArrowException,
        OSError,
        UnicodeDecodeError,
        IndexError,  # a file without a single layer, where one is described
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except known as error:
            detail = _SCRATCH.sub("file", str(error))[:200]  # where our copies lie is nobody's business
            raise UnreadableFile(reason="damaged", format=what, detail=detail) from error


def describe(path: Path, layer: str | None, *, driver: str) -> dict[str, Any]:
    """pyogrio's description of one layer, with the certainty that the expected driver opened it."""
    pyogrio = prepare()
    with readable(driver):
        info: dict[str, Any] = pyogrio.read_info(str(path), layer=layer, **_encoding_for(driver))
    if info.get("driver") != driver:
        raise UnreadableFile(reason="wrong_driver", format=driver, detail=str(info.get("driver")))
    return info


def stream(
    path: Path, layer: str | None, *, driver: str, limit: int | None = None, key: str | None = None
) -> Iterator[tuple[pa.Table, pa.ChunkedArray]]:
    """Record batches of one layer as (attributes, WKB); with ``limit`` one batch of at most so many.

    ``key``: the name under which the feature's own number is kept as an attribute.
    """
    import pyarrow as pa

    pyogrio = prepare()
    options: dict[str, Any] = {**_encoding_for(driver), "use_pyarrow": True, "batch_size": limit or BATCH_SIZE}
    with (
        readable(driver),
        pyogrio.raw.open_arrow(str(path), layer=layer, return_fids=key is not None, **options) as (meta, reader),
    ):
        name = meta["geometry_name"] or "wkb_geometry"
        for batch in reader:
            table = pa.Table.from_batches([batch])
            if name not in table.column_names:
                raise UnreadableFile(reason="no_geometry_column", format=driver)
            shapes, table = table.column(name), table.drop_columns([name])
            if key is not None:
                names = table.column_names
                names[names.index(meta["fid_column"] or "OGC_FID")] = key
                table = table.rename_columns(names)
            yield table, shapes
            if limit is not None:
                return


def _encoding_for(driver: str) -> dict[str, str]:
    # Latin-1 maps every byte to one letter, so that the original bytes can be had back from the text.
    return {"encoding": "ISO-8859-1"} if driver == "ESRI Shapefile" else {}
