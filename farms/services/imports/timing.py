"""How long each step of an import takes: shown in its summary, printed by the command."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from office.models import Job
from office.services import tell_progress


class Steps:
    """Seconds per step in order; tells the job's progress when a step begins, and so sees that it was cancelled."""

    def __init__(self, job: Job | None) -> None:
        self.job = job
        self.spent: list[dict[str, Any]] = []

    @contextmanager
    def step(self, name: str, percent: int, told: str) -> Iterator[None]:
        """Time what happens inside; `told` is what a person who waits reads. Raises JobCancelled."""
        self.tell(percent, told)
        started = time.monotonic()
        yield
        self.spent.append({"name": name, "seconds": round(time.monotonic() - started, 3)})

    def tell(self, percent: int, told: str) -> None:
        """Say how far it is. Raises JobCancelled."""
        if self.job is not None:
            tell_progress(self.job, percent, told)
