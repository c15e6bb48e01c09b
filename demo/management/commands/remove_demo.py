"""Takes all demo data out."""

from typing import Any

from django.core.management.base import BaseCommand

from demo.removal import remove_demo


class Command(BaseCommand):
    help = "Remove everything that `manage.py demo` put in: holders, persons, codes, layers and demo accounts."

    def handle(self, *args: Any, **options: Any) -> None:
        removed = remove_demo()
        for table, rows in removed.items():
            self.stdout.write(f"{table}: {rows}")
        self.stdout.write("The demo data is gone." if removed else "There was no demo data.")
