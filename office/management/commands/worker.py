"""`manage.py worker`: runs queued jobs, and once a second what falls due: schedules, lost jobs, outbox."""

import logging
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from office.tasks import tick

logger = logging.getLogger("office.worker")
TICK_SECONDS = 1.0


class Command(BaseCommand):
    """Ends by SIGTERM: at once when idle, else after the job at hand. Several workers may run side by side."""

    help = "Run the background worker: jobs, schedules, outbox."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until-idle", action="store_true", help="Do what waits now, then end.")
        parser.add_argument("--interval", type=float, default=0.5, help="Seconds between looks at the queue.")

    def handle(self, *args: Any, until_idle: bool, interval: float, **options: Any) -> None:
        worker = Worker(
            queue_names=["default"],
            interval=0 if until_idle else interval,
            batch=until_idle,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        if until_idle:
            tick()
            worker.run()
            return
        worker.configure_signals()
        # A thread, so that mail and lost jobs do not wait behind a long import.
        threading.Thread(target=_tick_for_ever, name="tick", daemon=True).start()
        worker.run()


def _tick_for_ever() -> None:
    pause = threading.Event()
    while True:
        try:
            tick()
        except Exception:
            logger.exception("tick failed")
            connections.close_all()
        pause.wait(TICK_SECONDS)
