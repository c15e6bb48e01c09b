"""`manage.py rebuild_tiles`: counts all plots anew and decides where shapes begin."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from maps.layers import MAP_LAYERS
from maps.services import decide_zooms, rebuild_cells


class Command(BaseCommand):
    help = "Count all plots anew into the density pyramid and decide where each layer's shapes begin. Service goes on."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        cells = rebuild_cells()
        self.stdout.write(f"{cells} cells in {time.monotonic() - started:.1f} s")
        for found in decide_zooms(MAP_LAYERS):
            self.stdout.write(f"{found.layer}: shapes from z{found.shapes_from} (fullest tile: {found.densest})")
