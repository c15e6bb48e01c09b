"""`manage.py rebuild_tiles`: counts all plots anew and decides where shapes begin."""

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from landuse.models import LandUseLayer
from maps.ground import count_ground
from maps.layers import MAP_LAYERS
from maps.services import decide_zooms, rebuild_cells


class Command(BaseCommand):
    help = (
        "Count all plots and all mapped ground anew for far-out zooms and decide where each layer's shapes begin. "
        "Service goes on."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        cells = rebuild_cells()
        self.stdout.write(f"{cells} cells in {time.monotonic() - started:.1f} s")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '15min'")
            ground = count_ground(LandUseLayer.objects.all())
        self.stdout.write(f"{ground} cells of land use")
        for found in decide_zooms(MAP_LAYERS):
            self.stdout.write(f"{found.layer}: shapes from z{found.shapes_from} (fullest tile: {found.densest})")
