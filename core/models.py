"""The kernel's only table: request counters."""

from django.db import models


class RequestCount(models.Model):
    """Requests of one caller in one minute; written by `core.throttling` only, unlogged (see its migration)."""

    pk = models.CompositePrimaryKey("scope", "caller", "window_start")
    scope = models.CharField(max_length=20)
    caller = models.CharField(max_length=80)
    window_start = models.BigIntegerField()  # seconds since 1970, start of the minute
    hits = models.PositiveIntegerField(default=0)
