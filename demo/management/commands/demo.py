"""Fills the installation with the demonstration province, or a benchmark province."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cooperatives.models import Cooperative


class Command(BaseCommand):
    help = "Fill an empty installation with invented demo data; --plots N fills a benchmark province instead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plots", type=int, default=0, help="a benchmark province with so many plots")

    def handle(self, *args: Any, plots: int, **options: Any) -> None:
        if plots < 0:
            raise CommandError("--plots takes a positive number")
        if Cooperative.objects.exists():
            self.stdout.write("There is data already: nothing was added. `manage.py remove_demo` takes demo data out.")
            return
        started = time.monotonic()
        if plots:
            from demo.benchmark import build_benchmark

            stored = build_benchmark(plots)
            self.stdout.write(f"benchmark province: {stored} plots in {time.monotonic() - started:.1f} s")
            return
        from demo.story import build_demo

        for line in build_demo():
            self.stdout.write(line)
        self.stdout.write(f"demonstration province ready in {time.monotonic() - started:.1f} s")
