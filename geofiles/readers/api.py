"""``inspect``, ``read`` and ``read_batches``; see the package's docstring."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import crs as systems
from geofiles import encodings, gdal
from geofiles.errors import (
    CrsInDoubt,
    EncodingInDoubt,
    GeoFileError,
    LayerInDoubt,
    TooManyFeatures,
    UnreadableFile,
)
from geofiles.features import FeatureBatch, Notice, concatenate
from geofiles.readers import text
from geofiles.readers.sources import Layer, open_source

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_SAMPLE = 1_000  # features looked at for candidates, samples and bounds
_SAMPLES_PER_FIELD = 3


@dataclass(frozen=True, slots=True)
class FieldSummary:
    """One attribute: its name, kind (``text, integer, number, date, datetime, boolean, other``), samples."""

    name: str
    kind: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """What one layer holds, as far as its first thousand features show.

    ``crs`` and ``encoding`` are None where they are in doubt: then ``crs_problem`` (``code`` and ``params``)
    says why, and the candidates are the answers to choose from. ``bounds`` are in the file's coordinates
    (west, south, east, north of the sample), ``geometry_types`` sorted names such as ``Polygon``.
    ``geometry_problem``: a table's columns do not say where its plots are (``code`` and ``params``).
    """

    name: str
    features: int
    geometry_types: tuple[str, ...]
    bounds: tuple[float, float, float, float] | None
    crs: str | None
    crs_problem: dict[str, Any] | None
    crs_candidates: tuple[dict[str, Any], ...]
    encoding: str | None
    encoding_candidates: tuple[dict[str, Any], ...]
    fields: tuple[FieldSummary, ...]
    notices: tuple[Notice, ...]
    geometry_problem: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FileSummary:
    """Format (``shapefile, mapinfo`` or one of ``sources.ACCEPTED``) and layers of a file."""

    format: str
    layers: tuple[LayerSummary, ...]


def inspect(
    path: Path | str,
    *,
    filename: str | None = None,
    near: tuple[float, ...] | None = None,
    geometry: dict[str, Any] | None = None,
) -> FileSummary:
    """What is in a file, without refusing it for what is in doubt.

    ``filename``: the user's name when ``path`` is temporary. ``near``: longitude and latitude, or a box,
    where the data should fall; it ranks CRS candidates. Raises GeoFileError for files that can't be read at
    all.
    """
    with tempfile.TemporaryDirectory(prefix="geofiles-") as scratch:
        kind, layers = open_source(Path(path), Path(scratch), filename=filename, geometry=geometry)
        return FileSummary(kind, tuple(_summarise(layer, near) for layer in layers))


def read(
    path: Path | str,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    filename: str | None = None,
    near: tuple[float, ...] | None = None,
    max_features: int | None = None,
    geometry: dict[str, Any] | None = None,
) -> FeatureBatch:
    """All features of one layer as one batch, in the file's CRS (``batch.in_wgs84()`` converts).

    ``layer``, ``crs`` (id, WKT, or a candidate's ``id`` such as ``EPSG:5897+swapped``) and ``encoding``
    override what the file says; ``geometry`` says which columns of a table make the plots. Raises LayerInDoubt,
    CrsInDoubt, EncodingInDoubt, GeometryColumnsInDoubt with candidates;
    TooManyFeatures above ``max_features``; UnreadableFile and its kin otherwise.
    """
    batches = read_batches(
        path,
        layer=layer,
        crs=crs,
        encoding=encoding,
        filename=filename,
        near=near,
        max_features=max_features,
        geometry=geometry,
    )
    return concatenate(list(batches))


def read_batches(
    path: Path | str,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    filename: str | None = None,
    near: tuple[float, ...] | None = None,
    max_features: int | None = None,
    geometry: dict[str, Any] | None = None,
) -> Iterator[FeatureBatch]:
    """As ``read``, in batches of at most 50,000 features, for files too large to be held at once."""
    for _total, batch in read_with_total(
        path,
        layer=layer,
        crs=crs,
        encoding=encoding,
        filename=filename,
        near=near,
        max_features=max_features,
        geometry=geometry,
    ):
        yield batch


def read_with_total(
    path: Path | str,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    filename: str | None = None,
    near: tuple[float, ...] | None = None,
    max_features: int | None = None,
    geometry: dict[str, Any] | None = None,
) -> Iterator[tuple[int, FeatureBatch]]:
    """As ``read_batches``, each batch with the number of features that the layer holds in all."""
    with tempfile.TemporaryDirectory(prefix="geofiles-") as scratch:
        _, layers = open_source(Path(path), Path(scratch), filename=filename, geometry=geometry)
        chosen = _choose(layers, layer)
        if chosen.geometry_problem is not None:
            raise chosen.geometry_problem
        count = chosen.features()
        if count == 0:
            raise UnreadableFile(reason="no_features", layer=chosen.name)
        if max_features is not None and count > max_features:
            raise TooManyFeatures(found=count, limit=max_features)
        seen = 0
        for batch in _batches(chosen, crs, encoding, near):
            seen += len(batch)
            if max_features is not None and seen > max_features:  # the number in a file's header is only a claim
                raise TooManyFeatures(found=seen, limit=max_features)
            yield max(count, seen), batch


def _batches(
    layer: Layer, crs: str | None, encoding: str | None, near: tuple[float, ...] | None
) -> Iterator[FeatureBatch]:
    import numpy as np

    system, swapped = _decide_crs(layer, crs, near)
    decided = _decide_encoding(layer, encoding)
    notices = list(layer.notices)
    if swapped:
        notices.append(Notice("axes_swapped"))
    if decided.detected:
        notices.append(Notice("encoding_detected", {"encoding": decided.encoding}))
    done = 0
    for attributes, wkb in layer.stream():
        shapes = _shapes(wkb)
        unreadable = _unreadable(shapes, wkb)
        if swapped:
            shapes = systems.swap_axes(shapes)
        _require_degrees(shapes, system, near)
        table, dropped = _clean(layer, attributes, decided.encoding)
        found = [*notices, Notice("columns_dropped", {"names": dropped})] if dropped else notices
        rows = np.arange(done + 1, done + 1 + len(shapes), dtype="int64")
        done += len(shapes)
        lost = tuple(rows[unreadable].tolist())
        yield FeatureBatch(shapes, table, rows, system, layer.name, decided.encoding, tuple(found), lost)


def _clean(layer: Layer, attributes: pa.Table, encoding: str) -> tuple[pa.Table, list[str]]:
    latin = layer.raw_text is not None
    return text.clean(
        attributes, encoding, latin=latin, drop=layer.dropped, html=layer.html_columns, escapes=layer.has_escapes
    )


def _choose(layers: tuple[Layer, ...], name: str | None) -> Layer:
    if name is None and len(layers) == 1:
        return layers[0]
    for layer in layers:
        if layer.name == name:
            return layer
    raise LayerInDoubt(asked=name, candidates=[layer.name for layer in layers], layers=[_choice(one) for one in layers])


def _choice(layer: Layer) -> dict[str, Any]:
    """What is shown to choose by: name, number of features and kinds of shapes."""
    try:
        return {"name": layer.name, "features": layer.features(), "geometry_types": _kinds(_sample_shapes(layer))}
    except GeoFileError as error:
        return {"name": layer.name, "features": None, "geometry_types": [], "problem": error.as_dict()}


def _kinds(shapes: np.ndarray[Any, Any]) -> list[str]:
    return sorted({shape.geom_type for shape in shapes if shape is not None})


def _decide_crs(layer: Layer, asked: str | None, near: tuple[float, ...] | None) -> tuple[str, bool]:
    if asked is not None:
        return systems.split_choice(asked)
    if layer.crs is not None:
        return layer.crs, False
    problem = layer.crs_problem or CrsInDoubt(reason="no_crs")
    if isinstance(problem, CrsInDoubt) or problem.params.get("reason") != "hanoi_1972":
        params = {**problem.params, "candidates": _candidates(_sample_shapes(layer), near)}
        raise CrsInDoubt(**params)
    raise problem


def _decide_encoding(layer: Layer, asked: str | None) -> encodings.Decision:
    if asked is not None:
        name = encodings.normalise_name(asked)
        if name is None:
            raise EncodingInDoubt(asked=asked[:100], candidates=[])
        return encodings.Decision(name, detected=False)
    if layer.raw_text is not None:
        return encodings.decide(layer.raw_text, declared=layer.declared_encoding)
    return encodings.decide(_sample_text(layer), declared=encodings.UTF8)


def _sample_text(layer: Layer) -> list[str]:
    for attributes, _ in layer.stream(limit=_SAMPLE):
        return [*attributes.column_names, *text.values(attributes)]
    return []


def _sample_shapes(layer: Layer) -> np.ndarray[Any, Any]:
    import numpy as np

    for _, wkb in layer.stream(limit=_SAMPLE):
        return _shapes(wkb)
    return np.empty(0, dtype=object)


def _shapes(wkb: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    import shapely

    with gdal.readable("wkb"):
        # One bad ring among thousands is that row's fault, not the file's: unclosed rings are closed, as every
        # program that draws them does, and what is no shape at all becomes None.
        shapes = _from_wkb(wkb.to_numpy())
        return shapely.set_srid(shapes, 0) if (shapely.get_srid(shapes) > 0).any() else shapes


def _from_wkb(wkb: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np
    import shapely

    try:
        return shapely.from_wkb(wkb, on_invalid="fix")
    except NotImplementedError:  # arcs and curves: one of them spoils the whole array
        shapes = np.empty(len(wkb), dtype=object)
        for at, one in enumerate(wkb):
            with contextlib.suppress(NotImplementedError):
                shapes[at] = shapely.from_wkb(one, on_invalid="fix")
        return shapes


def _unreadable(shapes: np.ndarray[Any, Any], wkb: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """(n,) bool: the file has a shape there and it could not be read."""
    import shapely

    return shapely.is_missing(shapes) & wkb.is_valid().to_numpy()  # type: ignore[no-any-return]


def _candidates(shapes: np.ndarray[Any, Any], near: tuple[float, ...] | None) -> list[dict[str, Any]]:
    import shapely

    found = systems.rank_candidates(shapely.get_coordinates(shapes), near=near, shapes=shapes)
    return [candidate.as_dict() for candidate in found]


def _require_degrees(shapes: np.ndarray[Any, Any], system: str, near: tuple[float, ...] | None) -> None:
    """Metres in a file that says degrees (GDAL takes them without a word) are asked about."""
    if systems.is_geographic(system) and not _in_degrees(shapes):
        raise CrsInDoubt(reason="not_degrees", crs=system, candidates=_candidates(shapes, near))


def _in_degrees(shapes: np.ndarray[Any, Any]) -> bool:
    """Whether at least half the points are degrees: a single bad row is told by its number, not by the CRS."""
    import numpy as np
    import shapely

    xy = shapely.get_coordinates(shapes)
    fits = (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90)
    return not len(xy) or bool(fits.mean() >= 0.5)


def _summarise(layer: Layer, near: tuple[float, ...] | None) -> LayerSummary:
    import shapely

    encoding, encoding_candidates = _encoding_summary(layer)
    shapes, table = _sample_shapes(layer), None
    for attributes, _ in layer.stream(limit=_SAMPLE):
        table = _clean(layer, attributes, encoding or encodings.CP1252)[0]
        break
    system, problem = layer.crs, layer.crs_problem
    if system is not None and systems.is_geographic(system) and not _in_degrees(shapes):
        problem, system = CrsInDoubt(reason="not_degrees", crs=system), None
    bounds = shapely.total_bounds(shapes).tolist() if len(shapes) else []
    return LayerSummary(
        name=layer.name,
        features=layer.features(),
        geometry_types=tuple(_kinds(shapes)),
        bounds=(bounds[0], bounds[1], bounds[2], bounds[3]) if bounds and bounds[0] == bounds[0] else None,
        crs=system,
        crs_problem=problem.as_dict() if isinstance(problem, GeoFileError) else None,
        crs_candidates=() if system else tuple(_candidates(shapes, near)),
        encoding=encoding,
        encoding_candidates=encoding_candidates,
        fields=_fields(table),
        notices=layer.notices,
        geometry_problem=layer.geometry_problem.as_dict() if layer.geometry_problem else None,
    )


def _encoding_summary(layer: Layer) -> tuple[str | None, tuple[dict[str, Any], ...]]:
    try:
        return _decide_encoding(layer, None).encoding, ()
    except EncodingInDoubt as error:
        return None, tuple(error.params["candidates"])


def _fields(table: pa.Table | None) -> tuple[FieldSummary, ...]:
    import pyarrow as pa

    if table is None:
        return ()
    found = []
    for name in table.column_names:
        column = table.column(name)
        if not pa.types.is_nested(column.type):  # lists and objects are not compared
            column = column.unique()
        samples = [str(value) for value in column.drop_null().slice(0, _SAMPLES_PER_FIELD).to_pylist()]
        found.append(FieldSummary(name, text.kind(column.type), tuple(sample[:80] for sample in samples)))
    return tuple(found)


__all__ = ["FieldSummary", "FileSummary", "LayerSummary", "inspect", "read", "read_batches", "read_with_total"]
