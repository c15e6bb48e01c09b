"""The forms of the analysis; they never refuse, `AnalysisRequest.read` does."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crops.models import Crop
from exchange.analysis.measures import measures_for
from exchange.analysis.request import LEVELS
from exchange.areas import By
from farms.models import SeasonName
from landuse.models import LayerKind
from maps.forms import FilterForm
from places.models import UnitLevel

YEARS_BACK = 5


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, help_text=help_text)


class AnalysisForm(FilterForm):
    """What to measure, by which units of which day, of what."""

    measure = forms.ChoiceField(label=_("Chỉ tiêu"), required=False)
    level = forms.ChoiceField(
        label=_("Theo cấp"),
        required=False,
        choices=[(level, UnitLevel(level).label) for level in LEVELS],
    )
    on = _day(_("Địa giới vào ngày"), _("Để trống: hôm nay. Cấp huyện có đến 30/06/2025."))
    by = forms.ChoiceField(label=_("Đưa về đơn vị của ngày khác"), required=False, choices=By.choices, initial=By.PLACE)
    crop = forms.ChoiceField(label=_("Cây trồng"), required=False)
    season = forms.ChoiceField(label=_("Năm và vụ"), required=False)
    month = forms.ChoiceField(
        label=_("Tháng có hàng, thu hoạch"),
        required=False,
        choices=[("", _("Cả năm")), *((str(month), str(month)) for month in range(1, 13))],
    )
    unit = forms.CharField(label=_("Chỉ trong đơn vị (mã)"), required=False, max_length=12)
    as_of = _day(_("Số liệu thửa của ngày"), _("Để trống: hôm nay."))

    MAIN: tuple[str, ...] = ("measure", "level", "on", "crop")

    def __init__(self, params: QueryDict, user: Any) -> None:
        super().__init__(params)
        groups: dict[Any, list[tuple[str, Any]]] = {}
        offered = measures_for(user)
        for measure in offered:
            groups.setdefault(str(measure.entry.layer.title), []).append((measure.name, measure.title))
        self.offer("measure", list(groups.items()))
        name = "name_en" if get_language() == "en" else "name_vi"
        self.offer("crop", [("", _("Tất cả")), *Crop.objects.order_by(name).values_list("slug", name)])
        self.offer("season", seasons())
        if not any("season" in measure.takes for measure in offered):
            del self.fields["season"], self.fields["as_of"]

    @property
    def main(self) -> list[Any]:
        """The fields that stand open."""
        return [self[name] for name in self.MAIN]

    @property
    def more(self) -> list[Any]:
        """The fields that are folded."""
        return [field for field in self if field.name not in self.MAIN]

    @property
    def is_more_used(self) -> bool:
        """Whether a folded field holds something, so that it is not hidden."""
        return any(self.initial.get(field.name) for field in self.more)


class CompareForm(AnalysisForm):
    """The same, and what is other about the second side."""

    other_on = _day(_("Bên thứ hai: địa giới vào ngày"))
    other_level = forms.ChoiceField(
        label=_("Bên thứ hai: theo cấp"),
        required=False,
        choices=[("", _("Như bên thứ nhất")), *((level, UnitLevel(level).label) for level in LEVELS)],
    )
    other_season = forms.ChoiceField(label=_("Bên thứ hai: năm và vụ"), required=False)
    other_as_of = _day(_("Bên thứ hai: số liệu thửa của ngày"))

    MAIN = (
        "measure",
        "level",
        "on",
        "as_of",
        "season",
        "crop",
        "other_level",
        "other_on",
        "other_as_of",
        "other_season",
    )

    def __init__(self, params: QueryDict, user: Any) -> None:
        super().__init__(params, user)
        self.offer("other_season", seasons())
        if "season" not in self.fields:
            del self.fields["other_season"], self.fields["other_as_of"]

    @property
    def main(self) -> list[Any]:
        """The fields that stand open."""
        return [self[name] for name in self.MAIN if name in self.fields]


class ConflictSummaryForm(FilterForm):
    """Which crop, which kind of layer."""

    crop = forms.ChoiceField(label=_("Cây trồng"), required=False)
    kind = forms.ChoiceField(
        label=_("So với"), required=False, choices=[("", _("Hiện trạng và quy hoạch")), *LayerKind.choices]
    )

    def __init__(self, params: QueryDict) -> None:
        super().__init__(params)
        name = "name_en" if get_language() == "en" else "name_vi"
        self.offer("crop", [("", _("Tất cả")), *Crop.objects.order_by(name).values_list("slug", name)])


def seasons() -> list[tuple[str, Any]]:
    """Return the seasons of this year and the years before as choices."""
    year = localdate().year
    return [
        ("", _("Không theo vụ")),
        *(
            (f"{one}-{season}", f"{one} {SeasonName(season).label}")
            for one in range(year, year - YEARS_BACK, -1)
            for season in SeasonName.values
        ),
    ]
