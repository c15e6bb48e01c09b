"""Expressions for queries that become part of a larger statement."""

from django.db.models import BinaryField, Func


class AsStored(Func):
    """A geometry column as it is: Django's own selection would turn it into bytes."""

    template = "%(expressions)s"
    output_field = BinaryField()


class InWebMercator(Func):
    """A geometry of EPSG:4326 in EPSG:3857, as a geometry of the database."""

    template = "ST_Transform(%(expressions)s, 3857)"
    output_field = BinaryField()
