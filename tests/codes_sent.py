"""One-time codes as buyers get them: out of the mail, or out of the file that stands for an SMS."""

import re

from django.conf import settings
from django.core import mail

_CODE = re.compile(r"Mã (\d{6}) xác nhận")


def code_by_mail(address: str) -> str:
    """Return the newest code that a mail brought to `address`."""
    bodies = [message.body for message in mail.outbox if message.to == [address]]
    return next(found[1] for body in reversed(bodies) if (found := _CODE.search(body)))


def code_by_sms(number: str) -> str:
    """Return the newest code in the files of `office.senders.FileSender` for `number`."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(settings.MESSAGES_DIR.iterdir())]
    own = [text for text in texts if text.startswith(f"{number}\n")]
    return next(found[1] for text in reversed(own) if (found := _CODE.search(text)))


def code_sent(contact: str) -> str:
    """Return the newest code that went to a mail address or a phone number (digits only)."""
    return code_by_mail(contact) if "@" in contact else code_by_sms(contact)
