"""Forms of overrides and alerts."""

from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest
from casework.reasons import reasons_for
from codes.models import ReasonUse


class OverrideForm(forms.Form):
    """Why a failed rule is let pass: a coded reason where the scheme has some, and words of one's own."""

    rule = forms.CharField(widget=forms.HiddenInput, max_length=40)
    reason_code = forms.ChoiceField(label=_("Mã lý do"), required=False)
    reason = forms.CharField(
        label=_("Lý do (ghi vào báo cáo)"), widget=forms.Textarea(attrs={"rows": 2}), max_length=4000
    )

    def __init__(self, code_request: CodeRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": False} | kwargs))
        rows = reasons_for(ReasonUse.OVERRIDE, code_request.scheme, localdate())
        choices = [("", _("(không chọn)")), *((row.slug, str(row)) for row in rows)]
        self.fields["reason_code"].choices = choices  # type: ignore[attr-defined]


class DismissForm(forms.Form):
    """Why an alert is put aside."""

    reason = forms.CharField(label=_("Lý do"), widget=forms.Textarea(attrs={"rows": 2}), max_length=4000)
