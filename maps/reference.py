"""Schedules that maps needs in every installation."""

from django.utils import timezone

from office.models import Schedule

EVERY_SECONDS = {"maps.fold_cells": 300, "maps.prune_changes": 300, "maps.decide_zooms": 600}


def load() -> str:
    """Make the missing schedules; return a line for the log. An administrator's own pace is kept."""
    made = [
        Schedule.objects.get_or_create(kind=kind, defaults={"every_seconds": seconds, "due_at": timezone.now()})[1]
        for kind, seconds in EVERY_SECONDS.items()
    ]
    return f"maps: {sum(made)} schedules"
