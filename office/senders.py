"""Ways out of the house: mail is built in, SMS and Zalo are classes that the setting MESSAGE_SENDERS names.

A sender is made without arguments and has `send(address, subject, text) -> str`, which returns the provider's id of
the message. It raises TemporaryFailure when the message certainly did not leave and may be tried again later,
PermanentFailure when it certainly did not and never will. Any other exception says that nobody knows: such a message
is shown and not sent again by itself.
"""

import os
import secrets
import smtplib
from email.utils import make_msgid
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone
from django.utils.module_loading import import_string

from office.models import MessageChannel


class TemporaryFailure(Exception):
    """Not sent; may be tried again later."""


class PermanentFailure(Exception):
    """Not sent, and trying again would not help."""


class Sender(Protocol):
    """What MESSAGE_SENDERS names."""

    def send(self, address: str, subject: str, text: str) -> str:
        """Send `text` to a mail address or phone number; return the provider's id."""


class MailSender:
    """Mail through EMAIL_URL."""

    def send(self, address: str, subject: str, text: str) -> str:
        """Hand one mail to the server; the returned id is its Message-ID."""
        number = make_msgid(domain=urlsplit(settings.PUBLIC_URL).hostname or "localhost")
        mail = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [address], headers={"Message-ID": number})
        connection = get_connection()
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as error:  # before the first word of the mail
            raise TemporaryFailure(f"{type(error).__name__}: {error}") from error
        try:
            connection.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            raise _refused(max(codes, default=550), str(error)) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, str(error)) from error
        finally:
            connection.close()
        return number


def _refused(code: int, text: str) -> Exception:
    """RFC 5321 §4.2.1: 4yz may be tried again, 5yz not."""
    return (PermanentFailure if code >= 500 else TemporaryFailure)(f"{code} {text}")


class FileSender:
    """Writes one file per message into MESSAGES_DIR: for trying out, until a real service is named."""

    def send(self, address: str, subject: str, text: str) -> str:
        """Write the message, readable by the service's user only; the returned id is the file's name."""
        name = f"{timezone.localtime():%Y%m%d-%H%M%S}-{secrets.token_hex(6)}.txt"
        try:
            settings.MESSAGES_DIR.mkdir(parents=True, exist_ok=True)
            self._write(Path(settings.MESSAGES_DIR) / name, f"{address}\n{subject}\n\n{text}\n")
        except OSError as error:
            raise TemporaryFailure(f"{type(error).__name__}: {error.strerror}") from error
        return name

    def _write(self, path: Path, content: str) -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)


def channels() -> list[str]:
    """Return the channels by which messages can leave this installation: mail, and those with a sender."""
    return [channel for channel in MessageChannel.values if channel == "mail" or settings.MESSAGE_SENDERS.get(channel)]


def sender_of(channel: str) -> Sender:
    """Return the sender of a channel. Raises PermanentFailure where the installation has none (any more)."""
    path = "office.senders.MailSender" if channel == MessageChannel.MAIL else settings.MESSAGE_SENDERS.get(channel)
    if not path:
        raise PermanentFailure("no sender is named for this channel")
    return _made(path)


@cache
def _made(path: str) -> Sender:
    return import_string(path)()
