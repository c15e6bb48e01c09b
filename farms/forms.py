"""Forms of plots and overlap cases; those of imports stand in `forms_imports`."""

from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative, Grower
from core.widgets import MonthsStrip
from crops.models import Variety
from farms.models import OverlapDecision, Plot

MONTHS = [(month, str(month)) for month in range(1, 13)]
ARCHIVE_CHOICES = [
    ("error", _("Ghi nhầm")),
    ("sold", _("Đã bán, chuyển nhượng")),
    ("crop_change", _("Đổi cây trồng")),
    ("other", _("Lý do khác")),
]


class PlotForm(forms.ModelForm):
    """Attributes of a plot; the boundary comes by import."""

    declared_area_ha = forms.FloatField(
        label=_("Diện tích kê khai (ha)"), min_value=0.0001, max_value=100_000, required=False
    )
    harvest_months = forms.TypedMultipleChoiceField(
        label=_("Tháng thu hoạch"), choices=MONTHS, coerce=int, required=False, widget=MonthsStrip
    )

    class Meta:
        model = Plot
        fields = (
            "ref", "grower", "crop", "variety", "declared_area_ha", "planted_year", "tree_count", "irrigation",
            "expected_yield_t", "harvest_months", "land_sheet", "land_parcel", "parcel_code", "determination",
            "determined_on", "note",
        )  # fmt: skip
        widgets = {
            "note": forms.Textarea(attrs={"rows": 2}),
            "determined_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, cooperative: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Grower.objects.current().filter(cooperative=cooperative).select_related("person").order_by("number")
        grower = self.fields["grower"]
        grower.queryset = members  # type: ignore[attr-defined]
        grower.label_from_instance = lambda member: f"{member.number} · {member.person.full_name}"  # type: ignore[attr-defined]
        self.fields["variety"].queryset = Variety.objects.select_related("crop")  # type: ignore[attr-defined]
        self.fields["variety"].label_from_instance = lambda item: f"{item.crop.name_vi}: {item.name_vi}"  # type: ignore[attr-defined]
        self.fields["expected_yield_t"].validators.append(MinValueValidator(0))
        if self.instance.declared_area_m2:
            self.initial["declared_area_ha"] = round(self.instance.declared_area_m2 / 10_000, 4)

    def validate_unique(self) -> None:
        """The service says whether a number is taken."""

    def _post_clean(self) -> None:
        """The service writes; the form must not touch the instance."""

    def fields_for_service(self) -> dict[str, Any]:
        """Return what differs from the stored plot, as `change_plot` takes it."""
        values = {name: value for name, value in self.cleaned_data.items() if name in self.changed_data}
        if "declared_area_ha" in values:
            declared = values.pop("declared_area_ha")
            values["declared_area_m2"] = None if declared is None else declared * 10_000
        return values


class ArchiveForm(forms.Form):
    reason = forms.ChoiceField(label=_("Lý do"), choices=ARCHIVE_CHOICES, widget=forms.RadioSelect)


class DecisionForm(forms.Form):
    """An officer's decision on an overlap."""

    decision = forms.ChoiceField(
        label=_("Cách giải quyết"),
        choices=[choice for choice in OverlapDecision.choices if choice[0]],
    )
    reason = forms.CharField(
        label=_("Lý do (hai bên đều đọc, không ghi tên người)"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
