"""How the database reads code strings: without dashes, and with look-alike signs folded."""

from django.db.models import CharField, Func

CONFUSABLE = {"O": "0", "I": "1", "L": "1"}  # what people mix up when they copy a code from a carton


class WithoutDashes(Func):
    """`replace(code, '-', '')`: the stored side of `numbering.squeeze`."""

    template = "replace(%(expressions)s, '-', '')"
    output_field = CharField()


class Twin(Func):
    """The code without dashes and with look-alike signs folded."""

    template = f"translate(%(expressions)s, '{''.join(CONFUSABLE)}-', '{''.join(CONFUSABLE.values())}')"
    output_field = CharField()
