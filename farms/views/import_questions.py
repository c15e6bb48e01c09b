"""What the wizard asks about a file: layer, coordinate system on the map, encoding, columns."""

from collections.abc import Iterable
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from farms import imports
from farms.forms_imports import ColumnsForm, DoubtForm, ReadingForm, crs_label
from farms.models import PlotImport
from farms.services import mappings
from farms.views.import_rows import widened
from geofiles import encodings
from places.models import AdministrativeUnit

# One colour per candidate, told apart also by those who see red and green alike (after Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#56b4e9", "#5b2a86", "#444444")
FULL_DEGREES = 360.0
MAIN_FIELDS = frozenset({"ref", "grower", "crop", "variety", "declared_area"})  # the others are asked below, folded up


def question_context(plot_import: PlotImport, form: DoubtForm) -> dict[str, Any]:
    """Return the page of what is in doubt; coordinate systems come with a map."""
    context: dict[str, Any] = {"form": form, "is_crs": form.code == "crs_in_doubt"}
    if not context["is_crs"]:
        return context
    candidates = [
        _candidate(item, COLOURS[place % len(COLOURS)], plot_import) for place, item in enumerate(form.candidates)
    ]
    choices = list(form["answer"])
    for candidate, choice in zip(candidates, choices, strict=True):
        candidate["choice"] = choice
    features = [shape for candidate in candidates for shape in candidate.pop("features")]
    frame: dict[str, Any] = {
        "show": ["units"],
        "hash": False,
        "count": False,
        "legend": "closed",
        "features": {"type": "FeatureCollection", "features": features},
    }
    if candidates:
        frame["bounds"] = candidates[0]["box"]
    return context | {"candidates": candidates, "frame": frame}


def _candidate(item: dict[str, Any], colour: str, plot_import: PlotImport) -> dict[str, Any]:
    lon, lat = item["centre"]
    shapes = item.get("sample") or [{"type": "Point", "coordinates": [lon, lat]}]
    box = widened(_box_of(shapes))
    commune = _commune_at(lon, lat)
    return {
        "label": crs_label(item),
        "crs": item["crs"],
        "colour": colour,
        "commune": commune,
        "is_own": commune is not None and commune.pk == plot_import.cooperative.commune_id,
        "distance": number_format(item["distance_km"], 1 if item["distance_km"] < 10 else 0),
        "is_near": item["distance_km"] < 0.05,
        "box": box,
        "bbox": ",".join(f"{number:.6f}" for number in box),
        "features": [
            {"type": "Feature", "properties": {"colour": colour}, "geometry": geometry} for geometry in shapes
        ],
    }


def _commune_at(lon: float, lat: float) -> AdministrativeUnit | None:
    found = AdministrativeUnit.objects.current().communes().containing(Point(lon, lat, srid=4326))
    return found.without_shapes().first()


def _box_of(shapes: Iterable[dict[str, Any]]) -> tuple[float, float, float, float]:
    west, south, east, north = FULL_DEGREES, FULL_DEGREES, -FULL_DEGREES, -FULL_DEGREES
    for shape in shapes:
        for lon, lat in _positions(shape["coordinates"]):
            west, south, east, north = min(west, lon), min(south, lat), max(east, lon), max(north, lat)
    return west, south, east, north


def _positions(coordinates: Any) -> Iterable[tuple[float, float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for inner in coordinates:
        yield from _positions(inner)


def columns_context(plot_import: PlotImport, form: ColumnsForm) -> dict[str, Any]:
    """Return the page that says what each column means, with three values of each."""
    samples = mappings.samples_of(plot_import)
    shown = [
        {"heading": heading, "samples": values}
        for heading, values in samples.items()
        if not imports.is_own_heading(heading)
    ]
    chosen = {field.name: samples.get(field.value() or "", []) for field in form}
    readings = readings_of(plot_import)
    fields: list[dict[str, Any]] = [
        {
            "field": field,
            "samples": chosen[field.name],
            "is_shown": field.name in MAIN_FIELDS or bool(field.value()) or bool(field.errors),
        }
        for field in form
        if field.name in imports.FIELDS
    ]
    return {
        "form": form,
        "fields": [item for item in fields if item["is_shown"]],
        "more_fields": [item for item in fields if not item["is_shown"]],
        "crop_field": form["all_crop"],
        "columns": shown,
        "all_samples": samples,
        "readings": readings,
        "encoding": plot_import.summary.get("encoding"),
        "is_remembered": plot_import.options.get(mappings.SETTLED) == "memory",
        "reading_form": ReadingForm(summary=plot_import.summary, options=plot_import.options, readings=readings),
    }


def readings_of(plot_import: PlotImport) -> list[dict[str, Any]]:
    """Return how the text of the file would look in each encoding, the one in use first; [] for plain text.

    The raw bytes are made again from what was read, so nothing needs the file.
    """
    current = plot_import.summary.get("encoding")
    if not current:
        return []
    texts: list[str] = []
    for heading, values in mappings.samples_of(plot_import).items():
        texts += [heading, *values]
    raw = []
    for text in texts:
        try:
            raw.append(encodings.encode(text, current))
        except (UnicodeEncodeError, LookupError):
            continue
    raw = [value for value in raw if not value.isascii()]
    if not raw:
        return []
    found = [reading.as_dict() for reading in encodings.rank(raw)]
    return sorted(found, key=lambda item: item["encoding"] != current)


def sentence_of_place(candidate: dict[str, Any]) -> str:
    """Return where a candidate puts the data, as a sentence."""
    if candidate["is_own"]:
        return _("nằm trong xã, phường của hợp tác xã")
    return _("cách xã, phường của hợp tác xã %(km)s km") % {"km": candidate["distance"]}
