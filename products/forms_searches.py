"""Forms of saved searches."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import CleanTextMixin


class SearchForm(CleanTextMixin, forms.Form):
    """The name of a saved search, and whether its news come by mail."""

    name = forms.CharField(label=_("Tên tìm kiếm"), max_length=80)
    is_mailed = forms.BooleanField(label=_("Gửi thư mỗi tuần khi có hàng mới"), required=False, initial=True)
