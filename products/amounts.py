"""Quantities in words: tonnes, or kilograms below a tonne, without zeros that say nothing."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def amount(quantity_t: float) -> str:
    """Return `quantity_t` tonnes as people say it, in the active language: "2,5 tấn", "350 kg"."""
    number, unit = (quantity_t, _("tấn")) if quantity_t >= 1 else (quantity_t * 1000, _("kg"))
    text = f"{round(number, 3):.3f}".rstrip("0").rstrip(".")
    places = len(text.partition(".")[2])
    return f"{number_format(text, decimal_pos=places, use_l10n=True, force_grouping=True)} {unit}"
