"""`manage.py check_counters`: no counter is older than its codes; `make run` calls it before the service starts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from codes.services.counters import catch_up_counters, counters_behind


class Command(BaseCommand):
    help = "Fail where a counter of codes is older than its codes; --repair sets it to their highest serial."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="set such counters forward")

    def handle(self, *args: Any, **options: Any) -> None:
        behind = catch_up_counters() if options["repair"] else counters_behind()
        lines = [f"scheme {one.scheme_id}, {one.scope}: counter {one.last}, codes {one.highest}" for one in behind]
        if lines and not options["repair"]:
            raise CommandError("\n".join(["Counters older than their codes (run with --repair):", *lines]))
        self.stdout.write("\n".join(["Counters set forward:", *lines]) if lines else "Counters: none behind its codes.")
