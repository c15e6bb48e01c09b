"""`manage.py rebuild_density_cells`: counts all plots anew."""

from typing import Any

from django.core.management.base import BaseCommand

from maps.services import rebuild_cells


class Command(BaseCommand):
    help = "Count all plots anew into density cells (needed only after plots were changed behind the services' back)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{rebuild_cells()} cells")
