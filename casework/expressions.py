"""Database expressions of casework."""

from django.db.models import DateField, DurationField, Expression, F, Func, IntegerField
from django.db.models.functions import Cast


class MonthsInterval(Func):
    """An interval of calendar months: the database knows that 31 January plus one month is the last of February."""

    template = "make_interval(months => %(expressions)s)"
    output_field = DurationField()


def plus_months(day: Expression, months: F) -> Cast:
    """Return the date `months` calendar months after `day`; null where either is null."""
    return Cast(day + MonthsInterval(months), DateField())


class DaysBetween(Func):
    """Whole days from the second date to the first (PostgreSQL: date - date is an integer)."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()
