"""How a user wants to be told."""

from typing import Any

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from office.models import MessageChannel, MessagePreference
from office.senders import channels
from office.services.messages import address_of

MISSING = {
    MessageChannel.MAIL: _("Tài khoản chưa có địa chỉ thư điện tử; hãy báo người quản trị."),
    MessageChannel.SMS: _("Tài khoản chưa có số điện thoại; hãy báo người quản trị."),
    MessageChannel.ZALO: _("Tài khoản chưa có số điện thoại; hãy báo người quản trị."),
}


class MessagePreferenceForm(forms.ModelForm):
    """Language, and a box for each channel that this installation has; one without an address can't be ticked."""

    class Meta:
        model = MessagePreference
        fields = ("language", "by_mail", "by_sms", "by_zalo")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        possible = channels()
        for channel in MessageChannel:
            name = f"by_{channel}"
            if channel not in possible:
                del self.fields[name]
            elif address := address_of(user, channel):
                self.fields[name].help_text = escape(address)
            else:
                self.fields[name].disabled = True
                self.fields[name].help_text = MISSING[channel]
