"""The filters of the season map: those of the product map; the month is chosen above the table instead."""

from django.http import QueryDict

from maps.forms import ProductFilterForm


class SeasonFilterForm(ProductFilterForm):
    """What a buyer asks of a year."""

    def __init__(self, params: QueryDict) -> None:
        super().__init__(params)
        self.fields.pop("month", None)
