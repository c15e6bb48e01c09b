"""Forms of the desk: giving files to officers, and who gets which files."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from casework.models import CodeRequest
from core.forms import CleanTextMixin
from crops.models import Crop
from places.models import AdministrativeUnit

NONE_CHOSEN = _("Hãy chọn ít nhất một hồ sơ.")


class AssignForm(forms.Form):
    """Which requests go to whom; with `whole_page` all that the page showed (`shown`)."""

    rows = forms.ModelMultipleChoiceField(CodeRequest.objects.none(), required=False)
    shown = forms.ModelMultipleChoiceField(CodeRequest.objects.none(), required=False)
    whole_page = forms.BooleanField(required=False)
    officer = forms.ModelChoiceField(User.objects.none(), error_messages={"required": _("Hãy chọn người nhận.")})

    def __init__(self, *args: Any, requests: QuerySet[CodeRequest], officers: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rows"].queryset = requests  # type: ignore[attr-defined]
        self.fields["shown"].queryset = requests  # type: ignore[attr-defined]
        self.fields["officer"].queryset = officers  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = data.get("shown") if data.get("whole_page") else data.get("rows")
        data["chosen"] = list(chosen) if chosen is not None else []
        if not data["chosen"] and not self.errors:
            raise forms.ValidationError(NONE_CHOSEN)
        return data


class RoutingForm(CleanTextMixin, forms.Form):
    """A rule: requests of a unit, of one crop or all, go to an officer from a day on."""

    unit = forms.ModelChoiceField(AdministrativeUnit.objects.none(), label=_("Địa bàn"))
    crop = forms.ModelChoiceField(
        Crop.objects.order_by("name_vi"), label=_("Cây trồng"), required=False, empty_label=_("Mọi cây trồng")
    )
    officer = forms.ModelChoiceField(User.objects.none(), label=_("Cán bộ nhận"))
    valid_from = forms.DateField(
        label=_("Từ ngày"),
        initial=localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self, *args: Any, units: QuerySet[AdministrativeUnit], officers: QuerySet[User], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["officer"].queryset = officers  # type: ignore[attr-defined]
