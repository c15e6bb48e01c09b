"""Reads of administrative units."""

from django.db.models import QuerySet


class AdministrativeUnitQuerySet(QuerySet):
    """Chainable reads of `AdministrativeUnit`."""
