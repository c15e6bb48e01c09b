"""What is asked of somebody who makes an account, beside name and password."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.text import clean_line


class NameForm(forms.Form):
    """The full name, as it stands in histories and under decisions."""

    full_name = forms.CharField(label=_("Họ và tên"), max_length=120)

    field_order = ("full_name", "username", "email", "password1", "password2")

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Keep the name; called by allauth once the account is stored."""
        user.full_name = clean_line(self.cleaned_data["full_name"])
        user.save(update_fields=["full_name"])
