"""`manage.py load_basemap FILE --kind water --source "..."`: water or roads for the maps' own ground."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geofiles.errors import GeoFileError
from maps.base_features import BaseFeature, BaseKind
from maps.basemap import LAST_ZOOM
from maps.basemap_load import load_basemap


class Command(BaseCommand):
    help = (
        "Load water (areas or lines) or roads (lines) for the basemap from a file in any format that imports take. "
        "The same kind and source again replaces what was loaded; --remove takes it away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, nargs="?", help="GeoPackage, zipped shapefile, GeoJSON, KML, ...")
        parser.add_argument("--kind", choices=BaseKind.values, required=True)
        parser.add_argument("--source", required=True, help="whose data it is: stands in the corner of every map")
        parser.add_argument("--name-column", default="", help="column with the name to be written on the map")
        parser.add_argument("--class-column", default="", help="column with the road's class (primary, tertiary, ...)")
        parser.add_argument(
            "--min-zoom", type=int, help=f"drawn from this zoom on, at most {LAST_ZOOM}; default: class or size"
        )
        parser.add_argument("--remove", action="store_true", help="remove what was loaded of this kind and source")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            removed, _each = BaseFeature.objects.filter(kind=options["kind"], source=options["source"]).delete()
            self.stdout.write(f"{removed} rows removed")
            return
        path, zoom = options["path"], options["min_zoom"]
        if path is None or not path.is_file():
            raise CommandError(f"{path}: no such file")
        if zoom is not None and not 0 <= zoom <= LAST_ZOOM:
            raise CommandError(f"--min-zoom must be between 0 and {LAST_ZOOM}")
        if not options["source"].strip():
            raise CommandError("--source must say whose data it is")
        try:
            loaded = load_basemap(
                path, kind=options["kind"], source=options["source"].strip(), name_column=options["name_column"],
                class_column=options["class_column"], min_zoom=zoom,
            )  # fmt: skip
        except GeoFileError as error:
            raise CommandError(f"{path}: {error}") from error
        except KeyError as error:
            raise CommandError(f"{path}: there is no column {error}") from error
        self.stdout.write(
            f"{options['kind']}: {loaded.drawn} features in {loaded.rows} rows, {loaded.replaced} rows replaced, "
            f"{loaded.left_out} left out (no line or area, or outside the country)"
        )
