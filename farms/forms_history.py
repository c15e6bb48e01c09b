"""Forms of a plot's past: two days to compare, a season."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative
from crops.models import Crop, Variety
from farms.history import SetQuery
from farms.models import ImportStatus, PlotImport, PlotSeason, SeasonName
from places.models import AdministrativeUnit

FIRST_DAY = dt.date(2000, 1, 1)


class _DayField(forms.DateField):
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    input_formats = ("%Y-%m-%d", "%d/%m/%Y")


class ChangesForm(forms.Form):
    """`from`, `to`, `commune` (code), `crop` (slug), `import`: which plots of a cooperative, on which two days."""

    commune = forms.ModelChoiceField(
        AdministrativeUnit.objects.none(),
        to_field_name="code",
        label=_("Phường, xã"),
        required=False,
        empty_label=_("Tất cả"),
    )
    crop = forms.ModelChoiceField(
        Crop.objects.order_by("name_vi"),
        to_field_name="slug",
        label=_("Cây trồng"),
        required=False,
        empty_label=_("Tất cả"),
    )

    def __init__(self, data: Any, *, cooperative: Cooperative, communes: tuple[int, ...] | None = None) -> None:
        super().__init__(data)
        self.cooperative, self.communes = cooperative, communes
        today = timezone.localdate()
        self.fields["from"] = _DayField(label=_("Từ hết ngày"), initial=today - dt.timedelta(days=30))
        self.fields["to"] = _DayField(label=_("Đến hết ngày"), initial=today)
        self.fields["import"] = forms.ModelChoiceField(
            PlotImport.objects.filter(cooperative=cooperative, status=ImportStatus.COMMITTED),
            label=_("Lần nhập"),
            required=False,
            empty_label=_("Tất cả"),
        )
        used = cooperative.plots.order_by().values("commune")
        units = AdministrativeUnit.objects.filter(pk__in=used).without_shapes().order_by("name_vi", "-valid_from")
        self.fields["commune"].queryset = units  # type: ignore[attr-defined]
        self.order_fields(["from", "to", "commune", "crop", "import"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        old, new = cleaned.get("from"), cleaned.get("to")
        for name, day in (("from", old), ("to", new)):
            if day is not None and not FIRST_DAY <= day <= timezone.localdate():
                self.add_error(name, _("Ngày phải từ năm 2000 đến hôm nay."))
        if old and new and old > new:
            self.add_error("to", _("Ngày sau phải không trước ngày đầu."))
        return cleaned

    def query(self) -> SetQuery:
        """Return the question that the valid form asks."""
        given, communes = self.cleaned_data, self.communes
        if given["commune"] is not None:
            chosen = given["commune"].pk
            communes = (chosen,) if communes is None or chosen in communes else ()
        return SetQuery(
            cooperative_id=self.cooperative.pk,
            old=given["from"],
            new=given["to"],
            communes=communes,
            crop=given["crop"].pk if given["crop"] else None,
            plot_import=given["import"].pk if given["import"] else None,
        )


class SeasonForm(forms.Form):
    """What grew on a plot in a season."""

    year = forms.IntegerField(label=_("Năm"), min_value=1990, max_value=2100)
    season = forms.ChoiceField(label=_("Vụ"), choices=SeasonName.choices, initial=SeasonName.YEAR)
    crop = forms.ModelChoiceField(Crop.objects.order_by("name_vi"), label=_("Cây trồng"))
    variety = forms.ModelChoiceField(
        Variety.objects.select_related("crop").order_by("crop__name_vi", "name_vi"), label=_("Giống"), required=False
    )
    harvested_t = forms.FloatField(
        label=_("Sản lượng thu hoạch (tấn)"), min_value=0, max_value=1_000_000, required=False
    )
    note = forms.CharField(label=_("Ghi chú"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        variety = self.fields["variety"]
        variety.label_from_instance = lambda item: f"{item.crop.name_vi}: {item.name_vi}"  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(row: PlotSeason) -> dict[str, Any]:
        """Return what the form shows of a stored season."""
        return {name: getattr(row, name) for name in SeasonForm.base_fields}
