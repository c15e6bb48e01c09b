"""`manage.py load_reference_data`: what the service cannot work without, by every app's own loader."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Load the reference data of all apps (geoapp/wiring.py, REFERENCE_LOADERS). Twice changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        for path in import_string(settings.REFERENCE_LOADERS):
            with transaction.atomic():
                line = import_string(path)()
            self.stdout.write(line)
