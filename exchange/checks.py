"""System checks of the catalogue: nothing personal is published."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from exchange import privacy


@register(Tags.security)
def check_columns_are_classed(**kwargs: Any) -> list[CheckMessage]:
    """A column that nobody has classed counts as personal; who adds one says so at once."""
    return [Error(wrong, hint="class it in <app>/personal.py", id="exchange.E001") for wrong in privacy.unclassed()]


@register(Tags.security)
def check_layers_reach_no_person(**kwargs: Any) -> list[CheckMessage]:
    """No field, key, geometry or filter of a layer reaches a column that must not leave by it."""
    return [
        Error(str(leak), hint="take it out of the layer, or ask the column's guard", id="exchange.E002")
        for leak in privacy.leaks()
    ]
